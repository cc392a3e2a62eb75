"""Refusals that services of a kind have in common. The tables of operations name them."""

from sagacheck.services.operations import Refusal

OUT_OF_STOCK = Refusal(409, "out_of_stock")
ALREADY_SHIPPED = Refusal(409, "already_shipped", tells_state=True)
PAYMENT_DECLINED = Refusal(402, "payment_declined")
REFUND_REFUSED = Refusal(422, "refund_refused")
REFUND_EXCEEDS_CHARGE = Refusal(422, "refund_exceeds_charge", tells_state=True)
ALREADY_REFUNDED = Refusal(400, "already_refunded", tells_state=True)
