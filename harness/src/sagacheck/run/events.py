"""The events of a run, and its listeners.

A run knows none of them: console, files and reports get the same events, in the order in which the
listeners were given.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sagacheck.language import Scenario
from sagacheck.run.run_result import RunResult
from sagacheck.run.scenario_result import ScenarioResult


class Listener:
    """Listens to the events of a run; a method that is not overridden does nothing."""

    def engine_started(self, engine: str, scenarios: Sequence[Scenario]) -> None:
        """An engine starts up, to play these scenarios."""

    def scenario_finished(self, result: ScenarioResult) -> None:
        """A scenario has its verdict; the check of its second run may change that later."""

    def engine_finished(self, engine: str) -> None:
        """An engine has played all, or has failed, or was interrupted."""

    def run_finished(self, run: RunResult) -> None:
        """All is played, or Ctrl-C has ended it."""


class Listeners(Listener):
    """Passes each event to several listeners.

    Args:
        listeners: The listeners, in this order.
    """

    def __init__(self, listeners: Iterable[Listener]) -> None:
        self._listeners = tuple(listeners)

    def engine_started(self, engine: str, scenarios: Sequence[Scenario]) -> None:
        """Pass the event to all listeners."""
        for each in self._listeners:
            each.engine_started(engine, scenarios)

    def scenario_finished(self, result: ScenarioResult) -> None:
        """Pass the event to all listeners."""
        for each in self._listeners:
            each.scenario_finished(result)

    def engine_finished(self, engine: str) -> None:
        """Pass the event to all listeners."""
        for each in self._listeners:
            each.engine_finished(engine)

    def run_finished(self, run: RunResult) -> None:
        """Pass the event to all listeners, also where one cannot write its file.

        Raises:
            OSError: One could not.
        """
        errors: list[OSError] = []
        for each in self._listeners:
            try:
                each.run_finished(run)
            except OSError as error:
                errors.append(error)
        if errors:
            raise errors[0]
