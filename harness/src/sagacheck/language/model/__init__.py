"""The models of a scenario file."""
