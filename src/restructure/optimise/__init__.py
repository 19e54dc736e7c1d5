"""Best plans with a proof: mixed-integer programmes, and the location of facilities."""
