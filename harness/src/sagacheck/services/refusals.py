"""Refusals that all services, or those of a kind, have in common."""

from sagacheck.services.operations import Refusal

INVALID_REQUEST = Refusal(400, "invalid_request", is_malformed=True)
BODY_TOO_LARGE = Refusal(413, "body_too_large", is_malformed=True)
UNKNOWN_FIELD = Refusal(400, "unknown_field", is_malformed=True)
KEY_MISMATCH = Refusal(400, "idempotency_key_mismatch", is_malformed=True)
KEY_REUSED = Refusal(422, "idempotency_key_reused", is_malformed=True)
IN_FLIGHT = Refusal(409, "request_in_flight", tells_state=True)
KEY_CANCELLED = Refusal(410, "key_cancelled", tells_state=True)
NOT_FOUND = Refusal(404, "not_found", tells_state=True)

COMMON_REFUSALS = (
    INVALID_REQUEST,
    BODY_TOO_LARGE,
    UNKNOWN_FIELD,
    KEY_MISMATCH,
    KEY_REUSED,
    IN_FLIGHT,
    KEY_CANCELLED,
    NOT_FOUND,
)
"""What any operation may answer, whatever its row says."""

INVALID_AMOUNT = Refusal(400, "invalid_amount", is_malformed=True)
INVALID_CURRENCY = Refusal(400, "invalid_currency", is_malformed=True)
OUT_OF_STOCK = Refusal(409, "out_of_stock")
ALREADY_SHIPPED = Refusal(409, "already_shipped", tells_state=True)
PAYMENT_DECLINED = Refusal(402, "payment_declined")
REFUND_REFUSED = Refusal(422, "refund_refused")
REFUND_EXCEEDS_CHARGE = Refusal(422, "refund_exceeds_charge", tells_state=True)
AUTHORISATION_EXPIRED = Refusal(409, "authorisation_expired", tells_state=True)
AUTHORISATION_VOIDED = Refusal(409, "authorisation_voided", tells_state=True)
ALREADY_CAPTURED = Refusal(409, "already_captured", tells_state=True)
CAPTURE_EXCEEDS_AUTHORISATION = Refusal(422, "capture_exceeds_authorisation", tells_state=True)
ALREADY_REFUNDED = Refusal(400, "already_refunded", tells_state=True)
