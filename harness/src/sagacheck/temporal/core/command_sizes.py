"""Commands that are too large: Core fails the workflow task, and so does the simulation."""

from __future__ import annotations

from sagacheck.temporal.base.errors import UnsupportedError
from sagacheck.temporal.base.payloads import MOST_BYTES, size_bytes
from sagacheck.temporal.core.messages import Marker, Outgoing

_LISTS = ("arguments", "input", "args")
_SINGLE = ("result", "completed")


def is_too_large(command: Outgoing) -> bool:
    """Whether Core refuses to send a command because of its payloads.

    Raises:
        UnsupportedError: It is large for another reason.
    """
    if isinstance(command, Marker):
        return any(each.ByteSize() > MOST_BYTES for each in command.details.values())
    if command.ByteSize() <= MOST_BYTES:
        return False
    kind = command.WhichOneof("variant") or ""
    attributes = getattr(command, kind)
    fields = attributes.DESCRIPTOR.fields_by_name
    parts = [getattr(attributes, name) for name in _LISTS if name in fields]
    parts += [[getattr(attributes, name)] for name in _SINGLE if name in fields]
    sizes = [size_bytes(each) for each in parts]
    if command.ByteSize() - sum(sizes) > MOST_BYTES:
        msg = f"more than 2 MiB in {kind.replace('_', ' ')}"
        raise UnsupportedError(msg)
    return max(sizes, default=0) > MOST_BYTES
