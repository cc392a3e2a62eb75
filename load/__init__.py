"""Orders of this shop under load: ``locust -f load/``.

Locust runs every file of this folder whose name has no leading underscore as a locustfile, so there
is one.
"""
