"""By what an undo finds what it undoes: a key that both requests send, or an id from a reply."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sagacheck.init.guessing import KEY_WORDS
from sagacheck.init.http_calls import HttpCall
from sagacheck.init.looking import FoundActivity
from sagacheck.init.naming import words_of
from sagacheck.init.values import fields_of, is_id, plain_type


@dataclass(frozen=True)
class UndoneBy:
    """How an undo names what it undoes.

    Attributes:
        create_key: Where the create has its key; empty where it has none that fits.
        key: Where the undo has it.
        id: Where the undo has the id of what was made, from the create's reply.
        missing: What is left to say; empty where nothing is.
    """

    create_key: str = ""
    key: str = ""
    id: str = ""
    missing: str = ""


def undone_by(create: FoundActivity, created: HttpCall, undone: HttpCall) -> UndoneBy:
    """How a request that undoes names what `created` has made.

    Args:
        create: The activity of the create.
        created: Its request.
        undone: The request of the undo.
    """
    for ours, theirs in _pairs(created, undone):
        return UndoneBy(create_key=ours, key=theirs)
    names = [name for name, _ in undone.sent]
    by_id = [name for name in names if name in created.reads]
    unknown = [n for n, value in undone.sent if is_id(n) or (value and is_id(value))]
    from_reply = [n for n in unknown if not {n, dict(undone.sent)[n]} & {*_inputs(create)}]
    if by_id or (from_reply and created.reads):
        return UndoneBy(id=(by_id or from_reply)[0])
    guess = (unknown or names or ["TODO"])[0]
    sends = ", ".join(name for name, _ in created.sent[:4]) or "nothing"
    missing = f"{created.route} sends {sends}: which is the key, which is `{guess}` here?"
    return UndoneBy(key=guess, missing=missing)


def _pairs(created: HttpCall, undone: HttpCall) -> Iterator[tuple[str, str]]:
    """Places of one key in both, the likeliest first: the same value, then the same name."""
    both = [(ours, theirs) for theirs in undone.sent for ours in created.sent]
    likely = [(o, t) for o, t in both if _may_be_key(o) and _may_be_key(t)]
    yield from ((o[0], t[0]) for o, t in likely if o[1] and o[1] == t[1])
    yield from ((o[0], t[0]) for o, t in likely if o[0] == t[0])
    yield from ((o[0], t[0]) for o, t in likely if o[1] == t[0] or o[0] == t[1])


def _may_be_key(sent: tuple[str, str]) -> bool:
    return any(is_id(each) or {*KEY_WORDS, "key"} & {*words_of(each)} for each in sent)


def _inputs(activity: FoundActivity) -> Iterator[str]:
    """The names of what an activity is called with."""
    for each in activity.inputs:
        yield each.name
        fields: Sequence[Any] = fields_of(plain_type(each.type)) or ()
        yield from (field.name for field in fields)


def same_key(create: str, undo: str) -> bool:
    """Whether two paths in the arguments of activities may be one key.

    ``booking.id`` and ``booking_id`` are, and so are ``order.id`` and ``id``.
    """
    ours, theirs = {*words_of(create)}, {*words_of(undo)}
    return ours <= theirs or theirs <= ours
