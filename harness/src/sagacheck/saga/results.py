"""What it means that a workflow returns nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sagacheck.temporal import workflow_definition


def nothing_means_completed(workflow: type) -> bool | None:
    """Whether a workflow that returns nothing says that its order completed.

    It does where it never returns anything else. A workflow that returns a booking and ``None``
    says by the second that there is none, or nothing at all.

    Args:
        workflow: The workflow class.

    Returns:
        What the return type of its run method says; ``None`` where that leaves it open, and what
        the services hold has to show it.
    """
    returned = workflow_definition(workflow).ret_type
    if returned in (None, Any, object):
        return None
    return returned is type(None)


def reading(workflow: type, ending: Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    """How the ends of a workflow read: as `ending` says, else in the usual words.

    Args:
        workflow: The workflow class.
        ending: What the saga under test says.
    """
    if ending is not None or nothing_means_completed(workflow) is not False:
        return ending
    return _as_it_stands


def _as_it_stands(end: Any) -> Any:
    """A result as it stands, so that none is not understood; a failure says nothing more."""
    return None if isinstance(end, BaseException) else end
