"""The whole country: many offices, each worked out in a folder of its own."""
