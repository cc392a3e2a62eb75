"""Names of activities: service and verb, what undoes what, and which have no effect."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

UNDOES: Mapping[str, tuple[str, ...]] = {
    "cancel": ("book", "create", "reserve", "place", "schedule", "start", "order", "open"),
    "refund": ("charge", "pay", "withdraw", "debit", "capture", "take", "collect"),
    "release": ("reserve", "hold", "lock", "allocate", "block"),
    "free": ("hold", "reserve", "block"),
    "return": ("hold", "take", "borrow", "withdraw"),
    "restore": ("use", "remove", "deduct", "consume"),
    "restock": ("reserve", "deduct", "take"),
    "void": ("authorize", "authorise", "charge", "capture", "issue"),
    "reverse": ("charge", "debit", "transfer", "post", "deposit"),
    "delete": ("create", "add", "insert", "register"),
    "remove": ("add", "create", "insert", "register"),
    "credit": ("debit", "withdraw", "charge"),
    "close": ("open",),
    "revoke": ("grant", "issue"),
    "deallocate": ("allocate",),
    "deregister": ("register",),
    "unregister": ("register",),
    "undo": (),
    "revert": (),
    "rollback": (),
    "compensate": (),
}
"""The verbs of undos, and those that they usually undo."""

READS = frozenset(
    {
        *("get", "fetch", "check", "validate", "verify", "find", "list", "read", "lookup", "look"),
        *("calculate", "compute", "estimate", "quote", "is", "has", "log", "print", "load"),
        *("search", "query", "wait", "poll", "score", "inspect", "describe", "format", "parse"),
    }
)
"""The verbs of activities that change nothing."""

MESSAGES = frozenset({"send", "notify", "email", "mail", "sms", "message", "inform", "alert"})
_BAD_NEWS = re.compile(r"fail|reject|declin|refus|cancel|sorry|apolog|unavailable", re.IGNORECASE)
_GOOD_NEWS = re.compile(r"confirm|success|receipt|complet|welcome|thank", re.IGNORECASE)
_PARTICLES = frozenset({"over", "up", "out", "off", "down", "to", "in", "on", "for"})
_SERVICES: Mapping[str, str] = {
    **dict.fromkeys(("charge", "refund", "pay", "capture", "authorize", "void"), "payments"),
    **dict.fromkeys(("withdraw", "deposit", "debit", "credit", "transfer"), "bank"),
    **dict.fromkeys(("ship", "deliver", "dispatch"), "shipping"),
    **dict.fromkeys(("reserve", "release", "allocate"), "inventory"),
    **dict.fromkeys(MESSAGES, "messages"),
}
"""The service of a verb that stands alone."""


def words_of(name: str) -> list[str]:
    """The words of a name in snake or camel case, in lower case."""
    spread = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return [each.lower() for each in re.split(r"[^A-Za-z0-9]+", spread) if each]


def verb_and_noun(name: str) -> tuple[str, str]:
    """The verb of an activity, and what it is about; empty where the name is a verb alone."""
    words = [each for each in words_of(name) if each not in ("activity", "step")]
    first, *rest = words or [name]
    if rest[:1] == ["back"] and first == "roll":
        first, rest = "rollback", rest[1:]
    while len(rest) > 1 and rest[0] in _PARTICLES:
        first, rest = f"{first}_{rest[0]}", rest[1:]
    return first, "_".join(rest)


def is_read(name: str) -> bool:
    """Whether an activity of this name changes nothing."""
    return verb_and_noun(name)[0] in READS


def tells_of(name: str) -> str:
    """What a message of this name tells the customer; ``nothing`` where it is none."""
    verb, _ = verb_and_noun(name)
    if verb not in MESSAGES and "notification" not in words_of(name):
        return "nothing"
    if _BAD_NEWS.search(name):
        return "failure"
    return "success" if _GOOD_NEWS.search(name) else "anything"


def undos_among(names: Sequence[str]) -> dict[str, str]:
    """For each activity that is an undo the one that it undoes; undos without one are left out."""
    found: dict[str, str] = {}
    creates = [each for each in names if not is_undo(each, names)]
    for name in names:
        create = _undone_by(name, [e for e in creates if e not in found.values()])
        if name not in creates and create:
            found[name] = create
    return found


def is_undo(name: str, names: Sequence[str]) -> bool:
    """Whether an activity is an undo by its name."""
    verb, _ = verb_and_noun(name)
    return verb in UNDOES or any(
        verb == f"un{verb_and_noun(each)[0]}" for each in names if each != name
    )


def _undone_by(name: str, creates: Sequence[str]) -> str:
    verb, noun = verb_and_noun(name)
    by_verb = [
        each
        for each in creates
        if verb_and_noun(each)[0] in UNDOES.get(verb, ()) or verb == f"un{verb_and_noun(each)[0]}"
    ]
    same = [each for each in creates if noun and noun in (verb_and_noun(each)[1], each.lower())]
    both = [each for each in same if each in by_verb]
    for found in (both, same):
        if found:
            return found[0]
    # A verb alone, such as refund: the first step that it usually undoes.
    alone = [each for each in by_verb if not noun or not verb_and_noun(each)[1]]
    return alone[0] if alone else (by_verb[0] if len(by_verb) == 1 else "")


def operation_of(name: str, owner: str = "") -> tuple[str, str]:
    """The service and the verb of an activity.

    Args:
        name: The activity.
        owner: The class that has it.
    """
    verb, noun = verb_and_noun(name)
    own = "_".join(w for w in words_of(owner) if w not in ("activities", "activity", "service"))
    service = noun or own or _SERVICES.get(verb, "service")
    return service, verb
