"""A message service: mails, texts, push notifications.

Limitations: a message that was accepted was read; there are no templates and no bounces.
"""

from __future__ import annotations

from sagacheck.services.request import Request
from sagacheck.services.service import Service
from sagacheck.world import Effect, EffectState


class MessageService(Service):
    """Messages that were sent. Nothing can undo one.

    A subclass defines `create`, which calls `send`.
    """

    def send(self, request: Request, **details: str) -> Effect:
        """Send a message; its effect keeps `details` of what it said."""
        effect = self.new_effect(request, state=EffectState.FINAL, details=details)
        self.write(request.operation.name, effect)
        return effect
