"""A worker for any saga: ``python -m sagacheck.load.worker --saga M:N``."""
