"""The whole country: one folder an office."""
