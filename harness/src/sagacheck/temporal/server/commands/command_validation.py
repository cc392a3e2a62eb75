"""Validation of commands: the service fails the workflow task that sends one it refuses.

The rules, their order and their messages are those of ``service/history/api/
command_attr_validator.go``, and of what that calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import msgspec
import temporalio.bridge.proto.workflow_commands as commands_pb
from temporalio.api.common.v1 import RetryPolicy
from temporalio.api.enums.v1 import WorkflowTaskFailedCause
from temporalio.api.failure.v1 import Failure

from sagacheck.temporal.base.backoff import with_defaults
from sagacheck.temporal.base.durations import NEGATIVE, is_any_negative
from sagacheck.temporal.base.errors import BadSearchAttributesError
from sagacheck.temporal.core.messages import Marker, Outgoing, kind_of
from sagacheck.temporal.server.commands.activities import Activities
from sagacheck.temporal.server.search_attributes import KnownAttributes

LONGEST_ID = 1000
"""The server's ``limit.maxIDLength``, in bytes."""
_Cause = WorkflowTaskFailedCause
_BAD_ACTIVITY = _Cause.WORKFLOW_TASK_FAILED_CAUSE_BAD_SCHEDULE_ACTIVITY_ATTRIBUTES
_BAD_CHILD = _Cause.WORKFLOW_TASK_FAILED_CAUSE_BAD_START_CHILD_EXECUTION_ATTRIBUTES
_BAD_SEARCH_ATTRIBUTES = _Cause.WORKFLOW_TASK_FAILED_CAUSE_BAD_SEARCH_ATTRIBUTES
_DUPLICATE = _Cause.WORKFLOW_TASK_FAILED_CAUSE_SCHEDULE_ACTIVITY_DUPLICATE_ID
_ON = "on retry policy"
_SET = f"set {_ON}"
_TIMEOUT = "TemporalTimeout:"
_TIMEOUTS = {"StartToClose", "ScheduleToStart", "ScheduleToClose", "Heartbeat"}


class CommandRefusal(msgspec.Struct, frozen=True):
    """Why the service refuses the commands of a workflow task.

    Attributes:
        cause: The kind of reason.
        message: The reason, in the server's words.
    """

    cause: WorkflowTaskFailedCause.ValueType
    message: str

    def as_failure(self) -> Failure:
        """The failure of the task."""
        name = _Cause.Name(self.cause).removeprefix("WORKFLOW_TASK_FAILED_CAUSE_")
        failure = Failure(message=f"{name.title().replace('_', '')}: {self.message}")
        failure.server_failure_info.SetInParent()
        return failure


def command_refusal(
    commands: Sequence[Outgoing], known: KnownAttributes, activities: Activities
) -> CommandRefusal | None:
    """Why the service refuses commands; ``None`` if it takes them.

    Args:
        commands: The commands of one workflow task.
        known: The search attributes that the service knows.
        activities: The activities of the run.
    """
    try:
        known.check_commands(commands)
    except BadSearchAttributesError as error:
        return CommandRefusal(_BAD_SEARCH_ATTRIBUTES, str(error))
    taken: set[str] = set()
    released: set[str] = set()
    for command in commands:
        if isinstance(command, Marker):
            continue
        kind = kind_of(command)
        if kind == "schedule_activity":
            activity_id = command.schedule_activity.activity_id
            if reason := _about_activity(command.schedule_activity):
                return CommandRefusal(_BAD_ACTIVITY, reason)
            if activity_id in taken or (
                activity_id not in released and _is_pending(activities, activity_id)
            ):
                return CommandRefusal(_DUPLICATE, _ID_TAKEN.format(activity_id))
            taken.add(activity_id)
        elif kind == "request_cancel_activity":
            activity = activities[command.request_cancel_activity.seq]
            if not activity.is_running:
                released.add(activity.command.activity_id)  # it ends at once
        elif kind == "start_child_workflow_execution" and (
            reason := _about_child(command.start_child_workflow_execution)
        ):
            return CommandRefusal(_BAD_CHILD, reason)
    return None


def _is_pending(activities: Activities, activity_id: str) -> bool:
    activity = activities.with_id(activity_id)
    return activity is not None and not activity.closed


_ID_TAKEN = (
    "invalid history builder state for action: add-activitytask-scheduled-event, ActivityID: {}"
)


def _about_activity(command: commands_pb.ScheduleActivity) -> str:
    """What is wrong with the command; empty if nothing is."""
    name, kind = command.activity_id, command.activity_type
    if not kind:
        return "activityType is not set"
    if command.HasField("retry_policy") and (reason := retry_policy_error(command.retry_policy)):
        return reason
    if len(name) > LONGEST_ID or len(kind) > LONGEST_ID:
        what, text = ("activityId", name) if len(name) > LONGEST_ID else ("activityType", kind)
        return f"{what} exceeds length limit. Length={len(text.encode())} Limit={LONGEST_ID}"
    whole, start = command.schedule_to_close_timeout, command.schedule_to_start_timeout
    attempt, heartbeat = command.start_to_close_timeout, command.heartbeat_timeout
    if is_any_negative(whole, start, attempt, heartbeat):
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
    if command.HasField("retry_policy") and (reason := retry_policy_error(command.retry_policy)):
        return f"invalid WorkflowRetryPolicy on {where}: {reason}. {who}"
    return ""


def retry_policy_error(policy: RetryPolicy) -> str:
    """What is wrong with a retry policy; empty if nothing is.

    The rules are those of ``common/retrypolicy/retry_policy.go``.
    """
    return _retry_policy_error(policy.SerializeToString())


@lru_cache(maxsize=100)
def _retry_policy_error(serialized: bytes) -> str:
    policy = with_defaults(RetryPolicy.FromString(serialized))
    if policy.maximum_attempts == 1:
        return ""  # the rest of the policy does not matter
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
    return next((reason for is_broken, reason in rules if is_broken), next(unknown, ""))


def _shrinks(policy: RetryPolicy) -> bool:
    return policy.maximum_interval.ToNanoseconds() < policy.initial_interval.ToNanoseconds()
