"""The services' books and journal, read over HTTP, as the evidence that invariants look at."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from fakes import (
    Account,
    AccountKind,
    Attempt,
    Books,
    Delivery,
    Effect,
    EffectState,
    Entry,
    Journal,
    Posting,
    Seen,
)
from load._fakes import FakesClient
from load._orders import Planner


class WorldTime:
    """Tells what the services' clock showed at a moment of ours.

    Args:
        fakes: The services.
    """

    def __init__(self, fakes: FakesClient) -> None:
        now = float(fakes.health()["now"])
        # The answer is a little old when it arrives; so a moment is never taken for an earlier one.
        self._began_at = time.time() - now

    def of(self, moment: float) -> float:
        """The services' time at a moment of Unix time, both in seconds."""
        return moment - self._began_at


def read_books(fakes: FakesClient, planner: Planner) -> Books:
    """The books, as far as they are about orders of the run or about no order."""
    words = fakes.books()
    books = Books()
    for entry in words["entries"]:
        if not entry["order"] or planner.is_ours(entry["order"]):
            books.entries.append(_entry(entry))
    for effect in words["effects"]:
        if planner.is_ours(effect["order"]):
            books.effects[effect["id"]] = _effect(effect)
    return books


def read_journal(fakes: FakesClient, planner: Planner) -> Journal:
    """The journal of the run's orders."""
    journal = Journal()
    for words in fakes.journal():
        if planner.is_ours(words["order"]):
            journal.attempts.append(_attempt(words))
    return journal


def _entry(words: Mapping[str, Any]) -> Entry:
    postings = tuple(
        Posting(_account(each["account"]), each["unit"], each["amount"])
        for each in words["postings"]
    )
    return Entry(**{**words, "postings": postings})


def _account(words: Mapping[str, Any]) -> Account:
    return Account(**{**words, "kind": AccountKind(words["kind"])})


def _effect(words: Mapping[str, Any]) -> Effect:
    return Effect(**{**words, "state": EffectState(words["state"])})


def _attempt(words: Mapping[str, Any]) -> Attempt:
    deliveries = [
        Delivery(**{**each, "entries": tuple(each["entries"])}) for each in words["deliveries"]
    ]
    return Attempt(**{**words, "seen": Seen(words["seen"]), "deliveries": deliveries})
