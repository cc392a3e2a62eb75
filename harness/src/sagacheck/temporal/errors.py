"""What can go wrong in the simulated service, beside what goes wrong in the real one."""

from __future__ import annotations


class UnsupportedError(Exception):
    """The simulated service lacks a feature; the message names it."""


class NondeterminismError(Exception):
    """A workflow that was replayed did something else than it had done before."""


class BadSearchAttributesError(Exception):
    """Somebody wants to set a search attribute that the service does not know, or not like this."""


class AlreadyStartedError(Exception):
    """The workflow id is taken, and the policies do not allow another run.

    Args:
        run_id: The run that has it.
    """

    def __init__(self, run_id: str) -> None:
        super().__init__("Workflow execution already started")
        self.run_id = run_id
