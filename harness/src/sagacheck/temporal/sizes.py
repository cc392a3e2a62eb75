"""How large payloads may be: what Core refuses to send is a failure, here as there."""

from __future__ import annotations

from collections.abc import Iterable

from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure

from sagacheck.temporal.core import Outgoing
from sagacheck.temporal.errors import UnsupportedError
from sagacheck.temporal.local_core import Marker

MOST_BYTES = 2 * 1024 * 1024
"""Of what is given or told at once, such as all arguments of a call."""
_LISTS = ("arguments", "input", "args")
_SINGLE = ("result", "completed")


def too_large() -> Failure:
    """What comes of payloads that are too large."""
    failure = Failure(
        message="[TMPRL1103] Attempted to upload payloads with size that exceeded the error limit."
    )
    failure.application_failure_info.type = "PayloadsTooLarge"
    return failure


def are_too_large(payloads: Iterable[Payload]) -> bool:
    """Whether Core refuses to send these together."""
    return _size(payloads) > MOST_BYTES


def _size(payloads: Iterable[Payload]) -> int:
    """The size of `Payloads` of them, which is not made: all would be copied for each result."""
    sizes = [payload.ByteSize() for payload in payloads]
    # Before each there are its tag, of one byte, and its length, of seven bits a byte.
    return sum(size + 1 + (max(size, 1).bit_length() + 6) // 7 for size in sizes)


def is_too_large(command: Outgoing) -> bool:
    """Whether Core refuses to send a command for the sake of its payloads.

    Raises:
        UnsupportedError: It is large for another reason.
    """
    if isinstance(command, Marker):
        return any(each.ByteSize() > MOST_BYTES for each in command.details.values())
    if command.ByteSize() <= MOST_BYTES:
        return False
    kind = command.WhichOneof("variant") or ""
    said = getattr(command, kind)
    known = said.DESCRIPTOR.fields_by_name
    parts = [getattr(said, name) for name in _LISTS if name in known]
    parts += [[getattr(said, name)] for name in _SINGLE if name in known]
    sizes = [_size(each) for each in parts]
    if command.ByteSize() - sum(sizes) > MOST_BYTES:
        msg = f"more than 2 MiB in {kind.replace('_', ' ')}"
        raise UnsupportedError(msg)
    return max(sizes, default=0) > MOST_BYTES
