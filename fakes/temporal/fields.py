"""What a message may say: a field that the simulation does not know is an error that names it."""

from __future__ import annotations

from google.protobuf.message import Message

from fakes.temporal.errors import UnsupportedError


def only(message: Message, *supported: str) -> None:
    """Make sure that a message says nothing beyond what is supported.

    Raises:
        UnsupportedError: It does.
    """
    for field, value in message.ListFields():
        if field.name in supported:
            continue
        if field.message_type is not None and not field.is_repeated and not value.ByteSize():
            continue  # it is there, and says nothing
        msg = f"{field.name} of {message.DESCRIPTOR.name}"
        raise UnsupportedError(msg)
