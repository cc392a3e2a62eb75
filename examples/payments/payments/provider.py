"""The services around an order: a payment provider and a carrier.

Each is a table of what it offers, and the names of its fields: the rules are the library's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from sagacheck.services import (
    ALREADY_CAPTURED,
    ALREADY_REFUNDED,
    ALREADY_SHIPPED,
    AUTHORISATION_EXPIRED,
    AUTHORISATION_VOIDED,
    CAPTURE_EXCEEDS_AUTHORISATION,
    INVALID_AMOUNT,
    PAYMENT_DECLINED,
    REFUND_REFUSED,
    CardPaymentService,
    Operation,
    Request,
    Service,
    ShipmentService,
    minor_units,
)
from sagacheck.world import Effect, Ledger, World

AUTHORISE = Operation(
    name="payments.authorise",
    routes=("POST /authorisations",),
    success=201,
    refusals=(PAYMENT_DECLINED, INVALID_AMOUNT),
    reply_fields=("authorisation_id", "status"),
    callback="authorised",
    carries={"order_id": "id", "card": "card", "amount": "amount", "currency": "currency"},
    fields=(),
)
VOID = Operation(
    name="payments.void",
    routes=("DELETE /authorisations",),
    success=204,
    undoes=AUTHORISE.name,
    refusals=(ALREADY_CAPTURED,),
    key_at=None,
    target_key_at="idempotency_key",
    fields=(),
)
CAPTURE = Operation(
    name="payments.capture",
    routes=("POST /captures",),
    success=201,
    uses_up=AUTHORISE.name,
    needs=(AUTHORISE.name,),
    refusals=(
        AUTHORISATION_EXPIRED,
        AUTHORISATION_VOIDED,
        ALREADY_CAPTURED,
        CAPTURE_EXCEEDS_AUTHORISATION,
    ),
    reply_fields=("capture_id",),
    callback="captured",
    target_key_at="authorisation_key",
    moves_money=True,
    fields=("amount",),
)
REFUND = Operation(
    name="payments.refund",
    routes=("POST /refunds",),
    success=201,
    undoes=CAPTURE.name,
    refusals=(REFUND_REFUSED, ALREADY_REFUNDED),
    reply_fields=("refund_id", "status"),
    target_key_at="capture_key",
    fields=("amount",),
)
LOOK = Operation(
    name="payments.refunds",
    routes=("GET /refunds",),
    success=200,
    reads="refunds",
    fields=("idempotency_key",),
)
LOOK_AT_AUTHORISATIONS = Operation(
    name="payments.authorisations",
    routes=("GET /authorisations",),
    success=200,
    reads="authorisations",
    fields=("idempotency_key",),
)
SEND = Operation(
    name="shipping.create",
    routes=("POST /parcels",),
    success=201,
    needs=(AUTHORISE.name,),
    reply_fields=("tracking_number",),
    carries={"order_id": "id"},
    fields=(),
)
STOP = Operation(
    name="shipping.cancel",
    routes=("DELETE /parcels",),
    success=204,
    undoes=SEND.name,
    refusals=(ALREADY_SHIPPED,),
    key_at=None,
    target_key_at="idempotency_key",
    fields=(),
)


class AuthorisationRow(msgspec.Struct, frozen=True):
    """An authorisation as a read shows it."""

    id: str
    order: str
    key: str
    status: str


class Provider(CardPaymentService):
    """A payment provider."""

    operations: ClassVar = (AUTHORISE, VOID, CAPTURE, REFUND, LOOK, LOOK_AT_AUTHORISATIONS)

    def create(self, request: Request) -> tuple[Effect, Mapping[str, Any]]:
        """Set money aside, or take what was set aside."""
        if request.operation is CAPTURE:
            captured = self.capture(request)
            return captured, {"capture_id": captured.id}
        currency = request.required("currency")
        authorised = self.authorise(
            request,
            method=request.required("card"),
            amount=minor_units(request.fields.get("amount"), currency),
            currency=currency,
        )
        return authorised, {"authorisation_id": authorised.id, "status": "pending"}

    def undo_reply(self, request: Request, effect: Effect | None) -> Mapping[str, Any] | None:
        """The refund's id and state; a void has no body."""
        if request.operation is VOID:
            return None
        return {
            "refund_id": self.refund_id(request, effect),
            "status": self.refund_status(effect),
        }

    def reads(self, ledger: Ledger) -> Mapping[str, Any]:
        """``GET /refunds`` and ``GET /authorisations``."""
        made = [each for each in ledger.effects.values() if each.operation == AUTHORISE.name]
        rows = [
            AuthorisationRow(each.id, each.order, each.key or "", "authorised") for each in made
        ]
        return {"refunds": self.refund_rows(ledger), "authorisations": rows}


class Carrier(ShipmentService):
    """A carrier of parcels."""

    operations: ClassVar = (SEND, STOP)

    def create(self, request: Request) -> tuple[Effect, Mapping[str, Any]]:
        """Label a parcel."""
        request.required("order_id")
        effect = self.label(request)
        return effect, {"tracking_number": effect.details["tracking_number"]}


def services(world: World) -> list[Service]:
    """The services in the order of the saga's steps."""
    return [Provider(world), Carrier(world)]
