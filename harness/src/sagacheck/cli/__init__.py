"""The command line: ``sagacheck``."""
