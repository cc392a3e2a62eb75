"""The shipping service of this shop: parcels.

Limitations: an address is valid when street, city, postal code and country are there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from fakes.keys import KEY_AT
from sagacheck.services import (
    ALREADY_SHIPPED,
    Operation,
    Refusal,
    RefusedError,
    Request,
    ShipmentService,
    refuse_unknown_fields,
)
from sagacheck.world import Effect, Ledger

INVALID_ADDRESS = Refusal(422, "invalid_address")
ADDRESS = ("street", "city", "state", "zip", "country")

CREATE = Operation(
    name="shipping.create",
    routes=("POST /shipments",),
    success=201,
    refusals=(INVALID_ADDRESS,),
    reply_fields=("shipment_id", "tracking_number"),
    key_at=KEY_AT,
    needs=("inventory.reserve", "payments.charge"),
    carries={"order_id": "id", "address": "address"},
    fields=(),
)
CANCEL = Operation(
    name="shipping.cancel",
    routes=("POST /shipments/{shipment_id}/cancel", "POST /shipments/cancel"),
    success=200,
    undoes=CREATE.name,
    refusals=(ALREADY_SHIPPED,),
    reply_fields=("status",),
    key_at=None,
    target_key_at="idempotency_key",
    target_id_at="shipment_id",
    fields=(),
)


class Shipping(ShipmentService):
    """Parcels to customers."""

    operations: ClassVar = (CREATE, CANCEL)
    id_prefix = "shp"

    def create(self, request: Request) -> tuple[Effect, Mapping[str, Any]]:
        """Label a parcel, if its address is valid."""
        request.required("order_id")
        address = request.fields.get("address")
        if not isinstance(address, dict):
            raise RefusedError(400, "invalid_request", "address must be an object")
        refuse_unknown_fields(address, ADDRESS, "address")
        for part in ("street", "city", "zip", "country"):
            if not isinstance(address.get(part), str) or not address[part].strip():
                raise RefusedError.of(INVALID_ADDRESS, f"{part} is missing")
        effect = self.label(request)
        return effect, {
            "shipment_id": effect.id,
            "tracking_number": effect.details["tracking_number"],
        }

    def undo_reply(self, request: Request, effect: Effect | None) -> Mapping[str, Any]:
        """The status of the parcel."""
        return {"status": "cancelled"}

    def reads(self, ledger: Ledger) -> Mapping[str, Any]:
        """``GET /shipments``."""
        return {"shipments": ledger.effects_by(CREATE.name)}
