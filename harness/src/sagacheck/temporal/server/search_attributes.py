"""Search attributes: which ones the service knows, and how it refuses the others.

A server keeps a list of names with their types, to which an operator adds. It refuses to set an
attribute that is not in the list, or to a value of another type: a client's start fails, or the
workflow task of the code that sets it (``common/searchattribute/validator.go``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import temporalio.bridge.proto.workflow_commands as commands_pb
from temporalio.api.common.v1 import SearchAttributes
from temporalio.common import SearchAttributeIndexedValueType, SearchAttributeKey

from sagacheck.temporal.base.errors import BadSearchAttributesError, UnsupportedError
from sagacheck.temporal.core.messages import Marker, Outgoing, kind_of
from sagacheck.temporal.server.run_start import NAMESPACE

LONGEST_VALUE_BYTES = 2048
MOST_VALUES = 100
MOST_BYTES = 40 * 1024
PATCH_ATTRIBUTE = "TemporalChangeVersion"

_SYSTEM = frozenset(
    {
        *("CloseTime", "ExecutionDuration", "ExecutionStatus", "ExecutionTime", "HistoryLength"),
        *("HistorySizeBytes", "ParentRunId", "ParentWorkflowId", "RootRunId", "RootWorkflowId"),
        *("RunId", "StartTime", "StateTransitionCount", "TaskQueue", "WorkflowId", "WorkflowType"),
    }
)
"""The attributes that only the server itself sets."""

_PREDEFINED = {
    PATCH_ATTRIBUTE: "KeywordList",
    "BatcherNamespace": "Keyword",
    "BatcherUser": "Keyword",
    "BinaryChecksums": "KeywordList",
    "BuildIds": "KeywordList",
    "TemporalNamespaceDivision": "Keyword",
    "TemporalPauseInfo": "KeywordList",
    "TemporalReportedProblems": "KeywordList",
    "TemporalScheduledById": "Keyword",
    "TemporalSchedulePaused": "Bool",
    "TemporalScheduledStartTime": "Datetime",
    "TemporalWorkerDeployment": "Keyword",
    "TemporalWorkerDeploymentVersion": "Keyword",
    "TemporalWorkflowVersioningBehavior": "Keyword",
}
"""The attributes that every server knows, and that clients and code may set."""


class KnownAttributes:
    """The search attributes that a service knows.

    Args:
        keys: Those that an operator has added.
    """

    def __init__(self, keys: Iterable[SearchAttributeKey[Any]] = ()) -> None:
        added = {key.name: type_name(key.indexed_value_type) for key in keys}
        self._types: Mapping[str, str] = _PREDEFINED | added if added else _PREDEFINED

    def check(self, attributes: SearchAttributes) -> None:
        """Check names and values of attributes.

        Raises:
            BadSearchAttributesError: A name is not known, or a value is of another type.
        """
        self._check_names(attributes)
        self._check_values(attributes)

    def check_commands(self, commands: Iterable[Outgoing]) -> None:
        """Check the attributes that commands of workflow code set.

        Raises:
            BadSearchAttributesError: A command sets attributes that `check` refuses.
        """
        for command in commands:
            if not isinstance(command, Marker) and (check := _CHECKS.get(kind_of(command))):
                check(self, command)

    def with_types(self, attributes: SearchAttributes) -> SearchAttributes:
        """The attributes as events have them: each with its type in the metadata."""
        typed = SearchAttributes()
        typed.CopyFrom(attributes)
        for name, payload in typed.indexed_fields.items():
            if "type" not in payload.metadata:
                payload.metadata["type"] = self._types[name].encode()
        return typed

    def check_upsert(self, attributes: SearchAttributes) -> None:
        """Check the attributes that workflow code sets for its own run.

        Raises:
            BadSearchAttributesError: The service refuses them.
        """
        if not attributes.indexed_fields:
            msg = "IndexedFields is not set on UpsertWorkflowSearchAttributesCommand."
            raise BadSearchAttributesError(msg)
        if PATCH_ATTRIBUTE in attributes.indexed_fields:
            raise UnsupportedError(f"setting {PATCH_ATTRIBUTE}, which is for Core to set")
        self.check(attributes)

    def check_for(self, what: str, attributes: SearchAttributes, whose: str) -> None:
        """Check the attributes of a run that workflow code starts.

        Args:
            what: The kind of command that starts it.
            attributes: The attributes.
            whose: How the server's message names the run.

        Raises:
            BadSearchAttributesError: The service refuses them.
        """
        self._check_names(attributes)
        try:
            self._check_values(attributes)
        except BadSearchAttributesError as error:
            msg = f"invalid SearchAttributes on {what}: {error}. {whose}"
            raise BadSearchAttributesError(msg) from None

    def _check_names(self, attributes: SearchAttributes) -> None:
        """Check the names, which the server does before it checks values."""
        for name in attributes.indexed_fields:
            if name not in self._types and name not in _SYSTEM:
                msg = f"Namespace {NAMESPACE} has no mapping defined for search attribute {name}"
                raise BadSearchAttributesError(msg)

    def _check_values(self, attributes: SearchAttributes) -> None:
        if len(attributes.indexed_fields) > MOST_VALUES or attributes.ByteSize() > MOST_BYTES:
            limit = f"{MOST_VALUES} values, or {MOST_BYTES:,} bytes of them"
            raise UnsupportedError(f"search attributes with more than {limit}, at once")
        for name, payload in attributes.indexed_fields.items():
            if name in _SYSTEM:
                msg = f"{name} attribute can't be set in SearchAttributes"
                raise BadSearchAttributesError(msg)
            if len(payload.data) > LONGEST_VALUE_BYTES:
                limit = f"{LONGEST_VALUE_BYTES:,} bytes"
                raise UnsupportedError(f"a search attribute with a value of more than {limit}")
            value = json.loads(payload.data) if payload.data else None
            if not _fits(value, self._types[name]):
                kind = self._types[name]
                msg = f"invalid value for search attribute {name} of type {kind}: {_printed(value)}"
                raise BadSearchAttributesError(msg)


def type_name(kind: SearchAttributeIndexedValueType) -> str:
    """A type as the server and its payloads name it."""
    return "".join(word.capitalize() for word in kind.name.split("_"))


# -- commands -----------------------------------------------------------------------------------


def _check_upsert(known: KnownAttributes, command: commands_pb.WorkflowCommand) -> None:
    known.check_upsert(command.upsert_workflow_search_attributes.search_attributes)


def _check_child(known: KnownAttributes, command: commands_pb.WorkflowCommand) -> None:
    child = command.start_child_workflow_execution
    known.check_for(
        "StartChildWorkflowCommand",
        child.search_attributes,
        f"WorkflowId={child.workflow_id} WorkflowType={child.workflow_type} "
        f"Namespace={child.namespace}",
    )


def _check_next_run(known: KnownAttributes, command: commands_pb.WorkflowCommand) -> None:
    following = command.continue_as_new_workflow_execution
    known.check_for(
        "ContinueAsNewWorkflowExecutionCommand",
        following.search_attributes,
        f"WorkflowType={following.workflow_type} TaskQueue={following.task_queue}",
    )


_CHECKS: dict[str, Callable[[KnownAttributes, commands_pb.WorkflowCommand], None]] = {
    "upsert_workflow_search_attributes": _check_upsert,
    "start_child_workflow_execution": _check_child,
    "continue_as_new_workflow_execution": _check_next_run,
}

# -- values -------------------------------------------------------------------------------------


def _fits(value: Any, kind: str) -> bool:
    """Whether a value is of a type; a list of one is, as the SDK's untyped attributes are."""
    if value is None:
        return True
    if kind == "KeywordList":
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if isinstance(value, list):
        return len(value) <= 1 and all(_IS[kind](each) for each in value)
    return _IS[kind](value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_moment(value: Any) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False


_IS: dict[str, Callable[[Any], bool]] = {
    "Bool": lambda value: isinstance(value, bool),
    "Datetime": _is_moment,
    "Double": _is_number,
    "Int": _is_whole,
    "Keyword": _is_text,
    "Text": _is_text,
}


def _printed(value: Any) -> str:
    """A value as the server prints it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:g}"
    if isinstance(value, list):
        return f"[{' '.join(map(_printed, value))}]"
    return str(value)
