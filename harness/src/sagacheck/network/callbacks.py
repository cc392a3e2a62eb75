"""What a service tells the saga by itself, after it has done what a call has asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from sagacheck.network.faults import Fault


class Callback(msgspec.Struct, frozen=True):
    """A message of a service about an order, as a webhook of the team gets it.

    Attributes:
        event: What it is about, such as ``authorised`` (`Operation.callback`).
        order: The order.
        operation: The operation that has caused it.
        body: What the service says; see `Service.callback_body`.
    """

    event: str
    order: str
    operation: str
    body: Mapping[str, Any]


CallbackSink = Callable[[Callback, Fault | None], None]
"""Takes a callback at the moment at which its service has done what it is about, with its fault."""
