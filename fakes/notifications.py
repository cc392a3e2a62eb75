"""The notification service of this shop: mails to customers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from fakes.keys import KEY_AT
from sagacheck.services import MessageService, Operation, Request
from sagacheck.world import Effect, Ledger

SEND = Operation(
    name="notifications.send",
    routes=("POST /emails",),
    success=202,
    reply_fields=("email_id",),
    key_at=KEY_AT,
    needs=("shipping.create",),
    carries={
        "order_id": "id",
        "customer_id": "customer",
        "tracking_number": "shipping.create.tracking_number",
    },
    fields=(),
)


class Notifications(MessageService):
    """Mails that were sent."""

    operations: ClassVar = (SEND,)
    id_prefix = "mail"

    def create(self, request: Request) -> tuple[Effect, Mapping[str, Any]]:
        """Send the confirmation."""
        request.required("order_id")
        request.required("customer_id")
        effect = self.send(request, tracking_number=request.text("tracking_number") or "")
        return effect, {"email_id": effect.id}

    def reads(self, ledger: Ledger) -> Mapping[str, Any]:
        """``GET /emails``."""
        return {"emails": ledger.effects_by(SEND.name)}
