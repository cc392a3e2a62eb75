"""Failures of workflows in the words of a person."""

from __future__ import annotations

from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    ChildWorkflowError,
    FailureError,
)


def describe_failure(error: BaseException) -> str:
    """The innermost failure as ``Type: message``."""
    while isinstance(error, ActivityError | ChildWorkflowError) and error.cause is not None:
        error = error.cause
    if isinstance(error, ApplicationError):
        return f"{error.type or 'ApplicationError'}: {error.message}"
    message = error.message if isinstance(error, FailureError) else str(error)
    return f"{type(error).__name__}: {message}"
