"""What a run offered: its moments, and the choices that could have been made at each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from sagacheck.engines import Trial
from sagacheck.explore.choices import Choice, EventChoice, FaultChoice, History, Menu
from sagacheck.language import When
from sagacheck.network import Moment
from sagacheck.world import Attempt

_LONG = 0.05
"""Seconds of a pause that is long enough for somebody to act in it."""
_AFTERWARDS = 60.0
"""Seconds after the last call of a run at which a client may still come."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A moment of a run: a call begins or is answered, or a planned event happens."""

    at: float
    moment: Moment | None = None
    attempt: Attempt | None = None
    event: EventChoice | None = None


class Trail:
    """Writes down the moments of a trial as they come; it must be made before the trial is played.

    Args:
        trial: The trial.
        history: The choices that were made in it.
        menu: What may be chosen.
    """

    def __init__(self, trial: Trial, history: History, menu: Menu) -> None:
        self._trial = trial
        self._history = history
        self._menu = menu
        self._seen: list[_Seen] = []
        # Before the trial's own observer, which holds calls while events happen.
        trial.network.observers.insert(0, self._write_down)

    def offered(self) -> list[Choice]:
        """The choices that could be made after the last of the history's, in order."""
        made = set(self._history)
        choices = list(self._choices())
        last = max((i for i, choice in enumerate(choices) if choice in made), default=-1)
        return choices[last + 1 :]

    async def _write_down(self, moment: Moment, attempt: Attempt) -> None:
        self._seen.append(_Seen(self._trial.clock.now(), moment, attempt))

    def _choices(self) -> Iterator[Choice]:
        yield from self._menu.of_worlds()
        moments = self._with_events()
        end = _Seen(moments[-1].at + 2 * _AFTERWARDS if moments else _AFTERWARDS)
        for now, following in pairwise([*moments, end]):
            yield from self._at(now)
            if following.at - now.at > _LONG:
                yield from self._between(now.at, following.at)

    def _with_events(self) -> list[_Seen]:
        """The moments, with the history's own events that waited for a time put in their places."""
        timed = [
            _Seen(choice.when.at, event=choice)
            for choice in self._history
            if isinstance(choice, EventChoice) and choice.when.at is not None
        ]
        # Nothing else happens at the very time of such an event: it was put into a pause.
        return sorted([*self._seen, *timed], key=lambda seen: seen.at)

    def _at(self, seen: _Seen) -> Iterator[Choice]:
        attempt = seen.attempt
        if seen.event is not None:
            yield seen.event
        if attempt is None or seen.moment is None:
            return
        when = When(seen.moment.value, attempt.operation, attempt.call)
        yield from self._menu.of_moment(attempt.order, when)
        if seen.moment is not Moment.BEFORE:
            return
        if attempt.fault:
            yield from (
                choice
                for choice in self._history
                if isinstance(choice, FaultChoice) and choice.strikes(attempt)
            )
        else:
            yield from self._menu.of_call(attempt)

    def _between(self, start: float, end: float) -> Iterator[Choice]:
        middle = When("at", at=round((start + end) / 2, 3))
        for order in self._trial.scenario.orders:
            yield from self._menu.of_moment(order.id, middle)
