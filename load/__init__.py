"""Load on a real Temporal server, and the ledger checked afterwards: ``locust -f load/``.

Locust runs every file of this folder whose name has no leading underscore as a locustfile, so there
is one, and all else is a private module.
"""
