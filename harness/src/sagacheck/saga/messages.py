"""The messages that a saga under test is sent, as its setting writes them."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Collection, Sequence
from typing import Any

from sagacheck.errors import UnplayableError
from sagacheck.language import Event, EventKind, Message, Place, When
from sagacheck.network import Callback

Written = str | Sequence[Any]
"""The name of a signal or an update, or a sequence of its name and its arguments."""

REACTION_SECONDS = 60.0
"""Of virtual time: how long an order waits before a client sends the next message of `people`."""
_SETTING = Place("SagaUnderTest.people", 0, 0)
_WEBHOOK = Place("SagaUnderTest.webhook", 0, 0)

Webhook = Callable[[Callback], Written | None]
"""Makes the message of a callback; ``None`` where the saga is told nothing."""


def read_message(written: Written) -> Message:
    """The message that a setting means.

    Raises:
        ValueError: It has no name.
    """
    parts = [written] if isinstance(written, str) else [*written]
    name = parts[0] if parts else ""
    if not isinstance(name, str) or not name:
        msg = f'{written!r} names no message; write "approve", or ("approve", "ann") with arguments'
        raise ValueError(msg)
    return Message(name, tuple(parts[1:]))


def cancel_message(written: Written, handler: Callable[..., Any] | None, reason: str) -> Message:
    """What asks for a cancellation: the reason is sent where the handler takes an argument.

    Args:
        written: The name of the message; with arguments of its own it is sent as it is.
        handler: The function that handles it in the workflow; ``None`` where it is not known.
        reason: Why the order is to be cancelled.
    """
    message = read_message(written)
    if not isinstance(written, str):
        return message
    takes_reason = handler is None or len(inspect.signature(handler).parameters) > 1
    return Message(message.name, (reason,) if takes_reason else ())


def check_name(setting: str, written: Written, handled: Collection[str] | None) -> None:
    """Check that the workflow handles the message of a setting.

    Args:
        setting: The setting.
        written: What it says.
        handled: What the workflow handles; ``None`` where that is not known.

    Raises:
        ValueError: It does not.
    """
    name = read_message(written).name
    if handled is None or name in handled:
        return
    near = difflib.get_close_matches(name, handled, n=1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    msg = f"{setting}: {name!r}; the workflow handles {', '.join(sorted(handled)) or 'none'}{hint}"
    raise ValueError(msg)


def sent_by_people(people: Sequence[Written], updates: Collection[str], order: str) -> list[Event]:
    """What people send to an order, one after another, each time that it waits for a message.

    Args:
        people: The setting.
        updates: The names among them that are updates; the others are signals.
        order: The order.
    """
    messages = [read_message(each) for each in people]
    when = When("waiting", waited=REACTION_SECONDS)
    return [
        Event(
            EventKind.UPDATE if message.name in updates else EventKind.SIGNAL,
            order,
            when,
            "",
            None,
            _SETTING,
            message,
        )
        for message in messages
    ]


def sent_by_webhook(
    webhook: Webhook | None, callback: Callback, updates: Collection[str], at: float
) -> Event | None:
    """What a callback sends to its order; ``None`` for nothing.

    Args:
        webhook: The setting; without it a signal has the callback's name, and its body as argument.
        callback: The callback.
        updates: The names that are updates; the others are signals.
        at: When it arrives, in seconds of the world's clock.

    Raises:
        UnplayableError: The setting fails, or makes no message.
    """
    try:
        made = webhook(callback) if webhook else (callback.event, dict(callback.body))
        message = None if made is None else read_message(made)
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        msg = f"SagaUnderTest.webhook makes no message of callback {callback.event}: {why}"
        raise UnplayableError(msg) from error
    if message is None:
        return None
    kind = EventKind.UPDATE if message.name in updates else EventKind.SIGNAL
    return Event(kind, callback.order, When("at", at=at), "", None, _WEBHOOK, message)
