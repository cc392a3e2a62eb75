"""Fields of messages that the simulation does not support: each is an error that names it."""

from __future__ import annotations

from functools import lru_cache

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from sagacheck.temporal.base.errors import UnsupportedError


def allow_only(message: Message, *supported: str) -> None:
    """Make sure that a message sets none but the supported fields.

    Raises:
        UnsupportedError: It sets another field.
    """
    for name, is_message in _other_fields(message.DESCRIPTOR, supported):
        if is_message and not message.HasField(name):
            continue
        value = getattr(message, name)
        if value.ByteSize() if is_message else value:
            msg = f"{name} of {message.DESCRIPTOR.name}"
            raise UnsupportedError(msg)


@lru_cache(maxsize=100)
def _other_fields(kind: Descriptor, supported: tuple[str, ...]) -> tuple[tuple[str, bool], ...]:
    """The fields that are not supported, and whether each is a single message."""
    return tuple(
        (field.name, field.message_type is not None and not field.is_repeated)
        for field in kind.fields
        if field.name not in supported
    )
