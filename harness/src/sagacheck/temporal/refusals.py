"""Commands that the service does not take: the workflow task that asks for them fails.

The rules, their order and their words are the server's (its ``command_attr_validator.go``, and what
that calls).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import temporalio.bridge.proto.workflow_commands as commands_pb
from temporalio.api.common.v1 import RetryPolicy
from temporalio.api.enums.v1 import WorkflowTaskFailedCause
from temporalio.api.failure.v1 import Failure

from sagacheck.temporal.backoff import with_defaults
from sagacheck.temporal.core import Outgoing, kind_of
from sagacheck.temporal.durations import NEGATIVE, is_any_negative
from sagacheck.temporal.errors import BadSearchAttributesError
from sagacheck.temporal.local_core import Marker

if TYPE_CHECKING:
    from sagacheck.temporal.execution import Execution

LONGEST_ID = 1000
_Cause = WorkflowTaskFailedCause
_BAD_ACTIVITY = _Cause.WORKFLOW_TASK_FAILED_CAUSE_BAD_SCHEDULE_ACTIVITY_ATTRIBUTES
_BAD_CHILD = _Cause.WORKFLOW_TASK_FAILED_CAUSE_BAD_START_CHILD_EXECUTION_ATTRIBUTES
_BAD_SEARCH_ATTRIBUTES = _Cause.WORKFLOW_TASK_FAILED_CAUSE_BAD_SEARCH_ATTRIBUTES
_DUPLICATE = _Cause.WORKFLOW_TASK_FAILED_CAUSE_SCHEDULE_ACTIVITY_DUPLICATE_ID
_ON = "on retry policy"
_SET = f"set {_ON}"
_TIMEOUT = "TemporalTimeout:"
_TIMEOUTS = {"StartToClose", "ScheduleToStart", "ScheduleToClose", "Heartbeat"}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the service does not take the commands of a workflow task."""

    cause: WorkflowTaskFailedCause.ValueType
    words: str

    def as_failure(self) -> Failure:
        """What the task fails with."""
        name = _Cause.Name(self.cause).removeprefix("WORKFLOW_TASK_FAILED_CAUSE_")
        failure = Failure(message=f"{name.title().replace('_', '')}: {self.words}")
        failure.server_failure_info.SetInParent()
        return failure


def refusal(run: Execution, commands: Sequence[Outgoing]) -> Refusal | None:
    """Why the service does not take what a workflow task wants; ``None`` if it does."""
    try:
        run.service.search_attributes.check_commands(commands)
    except BadSearchAttributesError as error:
        return Refusal(_BAD_SEARCH_ATTRIBUTES, str(error))
    wanted: set[str] = set()
    given_up: set[str] = set()
    for command in commands:
        if isinstance(command, Marker):
            continue
        kind = kind_of(command)
        if kind == "schedule_activity":
            activity = command.schedule_activity
            if words := _about_activity(activity):
                return Refusal(_BAD_ACTIVITY, words)
            name = activity.activity_id
            if name in wanted or (name in run.pending_ids and name not in given_up):
                return Refusal(_DUPLICATE, _TAKEN.format(name))
            wanted.add(name)
        elif kind == "request_cancel_activity":
            task = run.activities[command.request_cancel_activity.seq]
            if not task.is_running:
                given_up.add(task.command.activity_id)  # it ends at once, and leaves its id
        elif kind == "start_child_workflow_execution" and (
            words := _about_child(command.start_child_workflow_execution)
        ):
            return Refusal(_BAD_CHILD, words)
    return None


_TAKEN = (
    "invalid history builder state for action: add-activitytask-scheduled-event, ActivityID: {}"
)


def _about_activity(command: commands_pb.ScheduleActivity) -> str:
    """What is wrong with the command; empty if nothing is."""
    name, kind = command.activity_id, command.activity_type
    if not kind:
        return "activityType is not set"
    if command.HasField("retry_policy") and (words := about_policy(command.retry_policy)):
        return words
    if len(name) > LONGEST_ID or len(kind) > LONGEST_ID:
        what, text = ("activityId", name) if len(name) > LONGEST_ID else ("activityType", kind)
        return f"{what} exceeds length limit. Length={len(text.encode())} Limit={LONGEST_ID}"
    whole, start = command.schedule_to_close_timeout, command.schedule_to_start_timeout
    attempt, beat = command.start_to_close_timeout, command.heartbeat_timeout
    if is_any_negative(whole, start, attempt, beat):
        named = ("ScheduleToClose", whole), ("ScheduleToStart", start), ("StartToClose", attempt)
        negative = (what for what, timeout in named if is_any_negative(timeout))
        return f"invalid {next(negative, 'Heartbeat')}Timeout: {NEGATIVE}"
    return ""


def _about_child(command: commands_pb.StartChildWorkflowExecution) -> str:
    """What is wrong with the command; empty if nothing is."""
    where = "StartChildWorkflowExecutionCommand"
    name, kind = command.workflow_id, command.workflow_type
    space = f"Namespace={command.namespace}"
    if not kind:
        return f"Required field WorkflowType is not set on {where}. WorkflowId={name} {space}"
    size = f"exceeds length limit. WorkflowId={name}"
    if (length := len(name.encode())) > LONGEST_ID:
        limit = f"Length={length} Limit={LONGEST_ID}"
        return f"WorkflowId on {where} {size} {limit} WorkflowType={kind} {space}"
    if (length := len(kind.encode())) > LONGEST_ID:
        limit = f"Length={length} Limit={LONGEST_ID}"
        return f"WorkflowType on {where} {size} WorkflowType={kind} {limit} {space}"
    who = f"WorkflowId={name} WorkflowType={kind} {space}"
    for what, timeout in (
        ("Execution", command.workflow_execution_timeout),
        ("Run", command.workflow_run_timeout),
        ("Task", command.workflow_task_timeout),
    ):
        if is_any_negative(timeout):
            return f"Invalid Workflow{what}Timeout on {where}: {NEGATIVE}. {who}"
    if command.HasField("retry_policy") and (words := about_policy(command.retry_policy)):
        return f"invalid WorkflowRetryPolicy on {where}: {words}. {who}"
    return ""


def about_policy(policy: RetryPolicy) -> str:
    """What is wrong with a retry policy; empty if nothing is."""
    return _about_policy(policy.SerializeToString())


@lru_cache(maxsize=100)
def _about_policy(serialized: bytes) -> str:
    policy = with_defaults(RetryPolicy.FromString(serialized))
    if policy.maximum_attempts == 1:
        return ""  # nothing else of it matters
    rules = (
        (is_any_negative(policy.initial_interval), f"invalid InitialInterval {_SET}: {NEGATIVE}"),
        (policy.backoff_coefficient < 1, f"BackoffCoefficient cannot be less than 1 {_ON}."),
        (is_any_negative(policy.maximum_interval), f"invalid MaximumInterval {_SET}: {NEGATIVE}"),
        (_shrinks(policy), f"MaximumInterval cannot be less than InitialInterval {_ON}."),
        (policy.maximum_attempts < 0, f"MaximumAttempts cannot be negative {_ON}."),
    )
    unknown = (
        f"Invalid timeout type value: {kind}."
        for name in policy.non_retryable_error_types
        if name.startswith(_TIMEOUT) and (kind := name.removeprefix(_TIMEOUT)) not in _TIMEOUTS
    )
    return next((words for is_broken, words in rules if is_broken), next(unknown, ""))


def _shrinks(policy: RetryPolicy) -> bool:
    return policy.maximum_interval.ToNanoseconds() < policy.initial_interval.ToNanoseconds()
