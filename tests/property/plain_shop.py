"""What the services around an order should be, as plainly as it can be said.

It has no HTTP, no network, no ledger and no effects: a slip of paper for each idempotency key, a
few counters, and a list of what is still to happen. The fakes are held against it.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

Answer = tuple[int, str]
"""An HTTP status and an error code, which is empty for a success."""

CANCELLED = (410, "key_cancelled")
IN_FLIGHT = (409, "request_in_flight")
REUSED = (422, "idempotency_key_reused")
ALREADY_SHIPPED = (409, "already_shipped")


@dataclass
class Slip:
    """What a create has made, or is never to make.

    Attributes:
        operation: The create.
        order: The order it was made for.
        fields: What was asked for; ``None`` for what was undone before it was asked for.
        state: ``live``, ``gone`` or ``final``.
        is_answered: Whether the first reply has left.
        lines: Pieces per SKU.
        cents: Money.
    """

    operation: str
    order: str
    fields: Mapping[str, Any] | None
    state: str = "live"
    is_answered: bool = True
    lines: Counter[str] = field(default_factory=Counter)
    cents: int = 0


class PlainShop:
    """Inventory, payments, shipping and notifications.

    Args:
        stock: Pieces per SKU at the beginning.
        expires_after: How long a reservation holds, in seconds; ``None`` for ever.
    """

    def __init__(self, stock: Mapping[str, int], expires_after: float | None) -> None:
        self.now = 0.0
        self.available = Counter(stock)
        self.reserved: Counter[str] = Counter()
        self.shipped: Counter[str] = Counter()
        self.cents = 0
        self.slips: list[Slip] = []
        self._expires_after = expires_after
        self._by_key: dict[tuple[str, str], Slip] = {}
        self._refunds: dict[str, tuple[Mapping[str, Any], Slip]] = {}
        self._to_come: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()

    # -- time -----------------------------------------------------------------------------------

    def later(self, delay: float, act: Callable[[], None]) -> None:
        """Let something happen in `delay` seconds."""
        heapq.heappush(self._to_come, (self.now + delay, next(self._numbers), act))

    def pass_time(self, until: float) -> None:
        """Let everything happen that is due by then."""
        while self._to_come and self._to_come[0][0] <= until:
            self.now, _, act = heapq.heappop(self._to_come)
            act()
        self.now = until

    # -- requests -------------------------------------------------------------------------------

    def create(
        self, operation: str, order: str, fields: Mapping[str, Any], *, answers_in: float = 0.0
    ) -> Answer:
        """A create arrives; its reply leaves after a while."""
        key = fields.get("idempotency_key")
        slip = self._by_key.get((operation, key)) if key else None
        if slip is not None:
            return self._answer_again(slip, fields)
        slip = Slip(operation, order, fields, is_answered=not answers_in)
        refusal = self._refusal(slip, fields)
        if refusal:
            return refusal
        self.slips.append(slip)
        if key:
            self._by_key[operation, key] = slip
        self._take_effect(slip)
        if answers_in:
            self.later(answers_in, lambda: setattr(slip, "is_answered", True))
        return (202 if operation == "notifications.send" else 201), ""

    def undo(self, creating: str, success: int, key: str) -> Answer:
        """An undo by key arrives."""
        slip = self._by_key.get((creating, key))
        if slip is None:
            self._by_key[creating, key] = Slip(creating, "", None, state="gone")
        elif slip.state == "final":
            return ALREADY_SHIPPED
        elif slip.state == "live":
            self._end(slip)
        return success, ""

    def refund(self, fields: Mapping[str, Any], *, answers_in: float = 0.0) -> Answer:
        """A refund arrives; it has an idempotency key of its own."""
        key = fields.get("idempotency_key")
        if key and key in self._refunds:
            first, slip = self._refunds[key]
            if first != fields:
                return REUSED
            return (201, "") if slip.is_answered else IN_FLIGHT
        answer = self.undo("payments.charge", 201, fields["charge_idempotency_key"])
        if key:
            slip = Slip("payments.refund", "", fields, is_answered=not answers_in)
            self._refunds[key] = (fields, slip)
            if answers_in:
                self.later(answers_in, lambda: setattr(slip, "is_answered", True))
        return answer

    def parcels_leave(self) -> None:
        """The carrier comes."""
        for slip in self.slips:
            if slip.operation == "shipping.create" and slip.state == "live":
                slip.state = "final"
                self._goods_leave(slip.order)

    # -- what they do ---------------------------------------------------------------------------

    def _answer_again(self, slip: Slip, fields: Mapping[str, Any]) -> Answer:
        if slip.state == "gone":
            return CANCELLED
        if slip.fields != fields:
            return REUSED
        if not slip.is_answered:
            return IN_FLIGHT
        return (202 if slip.operation == "notifications.send" else 201), ""

    def _refusal(self, slip: Slip, fields: Mapping[str, Any]) -> Answer | None:
        match slip.operation:
            case "inventory.reserve":
                slip.lines.update({item["sku"]: item["qty"] for item in fields["items"]})
                if any(self.available[sku] < pieces for sku, pieces in slip.lines.items()):
                    return 409, "insufficient_inventory"
            case "payments.charge":
                if fields["payment_method_id"] == "pm_declined":
                    return 402, "payment_declined"
                slip.cents = round(100 * float(fields["amount"]))
            case "shipping.create":
                if not fields["address"]["zip"]:
                    return 422, "invalid_address"
        return None

    def _take_effect(self, slip: Slip) -> None:
        self.cents += slip.cents
        self.available.subtract(slip.lines)
        self.reserved.update(slip.lines)
        if slip.operation == "notifications.send":
            slip.state = "final"
        if slip.lines and self._expires_after is not None:
            self.later(self._expires_after, lambda: self._expire(slip))

    def _end(self, slip: Slip) -> None:
        slip.state = "gone"
        self.cents -= slip.cents
        self.reserved.subtract(slip.lines)
        self.available.update(slip.lines)

    def _expire(self, slip: Slip) -> None:
        if slip.state == "live":
            self._end(slip)

    def _goods_leave(self, order: str) -> None:
        """The goods of an order; where nothing is reserved any more, others from the shelf."""
        mine = [slip for slip in self.slips if slip.lines and slip.order == order]
        held = [slip for slip in mine if slip.state == "live"]
        for slip in held:
            slip.state = "final"
            self.reserved.subtract(slip.lines)
            self.shipped.update(slip.lines)
        if mine and not held:
            self.available.subtract(mine[-1].lines)
            self.shipped.update(mine[-1].lines)
