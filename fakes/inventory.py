"""The inventory service of this shop: reservations of goods."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, ClassVar

from fakes.keys import KEY_AT
from sagacheck.services import (
    ALREADY_SHIPPED,
    Operation,
    Refusal,
    RefusedError,
    Request,
    StockService,
    refuse_unknown_fields,
)
from sagacheck.world import Effect, Ledger

INSUFFICIENT = Refusal(409, "insufficient_inventory")

RESERVE = Operation(
    name="inventory.reserve",
    routes=("POST /reservations",),
    success=201,
    refusals=(INSUFFICIENT,),
    reply_fields=("reservation_id",),
    key_at=KEY_AT,
    carries={"order_id": "id"},
    fields=("items",),
)
RELEASE = Operation(
    name="inventory.release",
    routes=("DELETE /reservations/{reservation_id}", "DELETE /reservations"),
    success=204,
    undoes=RESERVE.name,
    refusals=(ALREADY_SHIPPED,),
    key_at=None,
    target_key_at="idempotency_key",
    target_id_at="reservation_id",
    fields=(),
)


class Inventory(StockService):
    """Goods: available, reserved by an order, or shipped."""

    operations: ClassVar = (RESERVE, RELEASE)
    id_prefix = "res"
    out_of_stock = INSUFFICIENT

    def create(self, request: Request) -> tuple[Effect, Mapping[str, Any]]:
        """Reserve all lines, or none."""
        request.required("order_id")
        effect = self.reserve(request, lines_of(request.fields.get("items")))
        return effect, {"reservation_id": effect.id}

    def reads(self, ledger: Ledger) -> Mapping[str, Any]:
        """``GET /reservations`` and ``GET /stock``."""
        return {"reservations": ledger.effects_by(RESERVE.name), "stock": self.stock(ledger)}


def lines_of(items: Any) -> dict[str, int]:
    """Pieces per SKU of the ``items`` of a request.

    Raises:
        RefusedError: They are not well formed.
    """
    if not isinstance(items, list) or not items:
        raise RefusedError(400, "invalid_request", "items must be a list with at least one line")
    lines: Counter[str] = Counter()
    for item in items:
        sku = item.get("sku") if isinstance(item, dict) else None
        quantity = item.get("qty") if isinstance(item, dict) else None
        if not isinstance(sku, str) or not sku:
            raise RefusedError(400, "invalid_request", f"{item!r} has no sku")
        refuse_unknown_fields(item, ("sku", "qty"), "items")
        if type(quantity) is not int or quantity < 1:
            raise RefusedError(400, "invalid_request", f"qty of {sku} must be a whole number >= 1")
        lines[sku] += quantity
    return dict(lines)
