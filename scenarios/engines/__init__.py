"""Engines: what plays a trial. Today a real Temporal server, embedded or by its address."""
