"""Errors of the simulation that a real service does not have.

Exception
├── UnsupportedError           the simulation lacks a feature
├── NondeterminismError        a replay differs from what the workflow did before
├── BadSearchAttributesError   the service refuses search attributes
└── AlreadyStartedError        the service refuses to start another run with this id
RuntimeError
└── DeadlockError              virtual time cannot go on
"""

from __future__ import annotations


class UnsupportedError(Exception):
    """The simulated service lacks a feature; the message names it."""


class NondeterminismError(Exception):
    """The code of a workflow did something else in a replay than before."""


class BadSearchAttributesError(Exception):
    """A search attribute has a name or a value that the service refuses."""


class AlreadyStartedError(Exception):
    """The workflow id is taken, and the id policies do not allow another run.

    Args:
        run_id: The run that has the id.
    """

    def __init__(self, run_id: str) -> None:
        super().__init__("Workflow execution already started")
        self.run_id = run_id


class DeadlockError(RuntimeError):
    """All tasks of a loop in virtual time wait, and no timer is set that could wake one."""
