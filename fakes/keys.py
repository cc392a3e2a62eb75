"""Where the services of this shop look for the idempotency key of a request."""

from sagacheck.services import HEADER

KEY_AT = ("idempotency_key", f"{HEADER}Idempotency-Key")
"""In the body, or in the header that Stripe and others read; in both, it must be the same."""
