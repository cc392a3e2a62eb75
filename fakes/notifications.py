"""The notification service: mails to customers.

Limitations: a mail that was accepted is a mail that was read; there are no templates, no bounces.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from sagacheck.services import Operation, Request, Service
from sagacheck.world import Effect, EffectState

SEND = Operation(
    name="notifications.send",
    routes=("POST /emails",),
    success=202,
    reply_fields=("email_id",),
    needs=("shipping.create",),
)


class Notifications(Service):
    """Mails that were sent; nobody can take one back."""

    operations: ClassVar = (SEND,)

    def create(self, request: Request) -> tuple[Effect, Mapping[str, Any]]:
        """Send the confirmation."""
        request.required("order_id")
        request.required("customer_id")
        effect = Effect(
            id=self.new_id("mail"),
            operation=SEND.name,
            order=request.order,
            key=request.key,
            at=self.clock.now(),
            state=EffectState.FINAL,
            details={"tracking_number": request.text("tracking_number") or ""},
        )
        self.ledger.write(
            at=effect.at, operation=SEND.name, order=effect.order, effect=effect.id, key=effect.key
        )
        return effect, {"email_id": effect.id}

    def reads(self) -> Mapping[str, Any]:
        """``GET /emails``."""
        return {"emails": list(self.effects(SEND.name))}
