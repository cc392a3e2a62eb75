"""The choice points of a trial: its moments, and the choices that could be made at each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from sagacheck.engines import Trial
from sagacheck.explore.choice_space import ChoiceSpace
from sagacheck.explore.choices import Choice, EventChoice, FaultChoice, History
from sagacheck.language import When
from sagacheck.network import Moment
from sagacheck.world import Attempt

_LONG = 0.05
"""Seconds of a pause that is long enough for a client to act in it."""
_AFTERWARDS = 60.0
"""Seconds after the last call of a run at which a client may still come."""


@dataclass(frozen=True, slots=True)
class _Point:
    """A moment of a trial: a call begins or is answered, or a planned event happens."""

    at: float
    moment: Moment | None = None
    attempt: Attempt | None = None
    event: EventChoice | None = None


class ChoicePoints:
    """Records the moments of a trial as they come; it must be made before the trial is played.

    Args:
        trial: The trial.
        history: The choices that were made in it.
        space: The choices that can be made.
    """

    def __init__(self, trial: Trial, history: History, space: ChoiceSpace) -> None:
        self._trial = trial
        self._history = history
        self._space = space
        self._points: list[_Point] = []
        # Before the trial's own observer, which holds calls while events happen.
        trial.network.observers.insert(0, self._record)

    def offered(self) -> list[Choice]:
        """The choices that could be made after the last of the history's, in order."""
        made = set(self._history)
        choices = list(self._choices())
        last = max((i for i, choice in enumerate(choices) if choice in made), default=-1)
        return choices[last + 1 :]

    async def _record(self, moment: Moment, attempt: Attempt) -> None:
        if moment is Moment.DURING:
            return  # one point with the beginning of the call: nothing happens in between
        self._points.append(_Point(self._trial.clock.now(), moment, attempt))

    def _choices(self) -> Iterator[Choice]:
        yield from self._space.of_worlds()
        moments = self._with_events()
        end = _Point(moments[-1].at + 2 * _AFTERWARDS if moments else _AFTERWARDS)
        for now, following in pairwise([*moments, end]):
            yield from self._at(now)
            if following.at - now.at > _LONG:
                yield from self._between(now.at, following.at)

    def _with_events(self) -> list[_Point]:
        """The moments, with the history's own events that waited for a time put in their places."""
        timed = [
            _Point(choice.when.at, event=choice)
            for choice in self._history
            if isinstance(choice, EventChoice) and choice.when.at is not None
        ]
        # Nothing else happens at the very time of such an event: it was put into a pause.
        return sorted([*self._points, *timed], key=lambda point: point.at)

    def _at(self, point: _Point) -> Iterator[Choice]:
        attempt = point.attempt
        if point.event is not None:
            yield point.event
        if attempt is None or point.moment is None:
            return
        when = When(point.moment.value, attempt.operation, attempt.call)
        yield from self._space.of_moment(attempt.order, when)
        if point.moment is not Moment.BEFORE:
            return
        if attempt.fault:
            yield from (
                choice
                for choice in self._history
                if isinstance(choice, FaultChoice) and choice.caused(attempt)
            )
        else:
            yield from self._space.of_call(attempt)
        # Whatever the fault is, it happens before its caller knows of it, and before all else.
        during = When(Moment.DURING.value, attempt.operation, attempt.call)
        yield from self._space.of_moment(attempt.order, during)

    def _between(self, start: float, end: float) -> Iterator[Choice]:
        middle = When("at", at=round((start + end) / 2, 3))
        for order in self._trial.scenario.orders:
            yield from self._space.of_moment(order.id, middle)
