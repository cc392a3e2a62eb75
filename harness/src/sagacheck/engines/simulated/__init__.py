"""The simulated engine: scenarios in virtual time, one event loop each, no server.

The real workflow code and the real activities run on `sagacheck.temporal`. The same seed gives the
same run, down to the last byte of its journal.
"""
