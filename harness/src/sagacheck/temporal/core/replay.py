"""Replaying the past of a run, and finding where the code does something else than before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import temporalio.bridge.proto.workflow_activation as activation_pb

from sagacheck.temporal.core.local_activity_results import as_replayed
from sagacheck.temporal.core.messages import Command

_IDENTITY: dict[str, tuple[str, ...]] = {
    "schedule_activity": ("activity_id", "activity_type"),
    "schedule_local_activity": ("activity_id", "activity_type"),
    "start_child_workflow_execution": ("workflow_id", "workflow_type"),
    "start_timer": ("seq",),
    "cancel_timer": ("seq",),
    "request_cancel_activity": ("seq",),
    "request_cancel_local_activity": ("seq",),
    "cancel_child_workflow_execution": ("child_workflow_seq",),
    "signal_external_workflow_execution": ("signal_name",),
    "update_response": ("protocol_instance_id",),
}
"""What Core compares between two versions of the code, by the kind of the command; of other
commands it compares the kind alone (the machines in its ``worker/workflow/machines``)."""


class PastActivation(msgspec.Struct, frozen=True):
    """An activation that a run has been through.

    Attributes:
        activation: The jobs that the code got.
        commands: What the code asked for then.
        code: Identifies the code: the cache of the worker that ran it.
    """

    activation: activation_pb.WorkflowActivation
    commands: Sequence[Command]
    code: object


def as_replay(past: PastActivation) -> activation_pb.WorkflowActivation:
    """The activation as a replay repeats it.

    Core knows from the history which patches were in use, and tells the code beforehand.
    """
    again = activation_pb.WorkflowActivation()
    again.CopyFrom(past.activation)
    again.is_replaying = True
    again.ClearField("jobs")
    for patch_id in _patches(past.commands):
        again.jobs.add().notify_has_patch.patch_id = patch_id
    jobs = list(past.activation.jobs)
    if jobs and jobs[0].HasField("initialize_workflow"):
        # The first job makes the instance; everything else comes after it.
        again.jobs.insert(0, jobs.pop(0))
    again.jobs.extend(as_replayed(job) for job in jobs)
    return again


def difference(past: PastActivation, now: Sequence[Command], code: object) -> str:
    """The first difference between what the code did and what it does now; empty if there is none.

    The same code has to repeat every detail. A new version of it has to repeat what Core compares.

    Args:
        past: The activation, and what the code did then.
        now: What the code does now.
        code: Identifies the code that does it.
    """
    before = [command for command in past.commands if not command.HasField("set_patch_marker")]
    after = [command for command in now if not command.HasField("set_patch_marker")]
    show = _exactly if past.code is code else _identity
    for number, (was, is_) in enumerate(zip(before, after, strict=False), 1):
        if (old := show(was)) != (new := show(is_)):
            return f"command {number} was {_first(old, new)}, now it is {_first(new, old)}"
    if len(before) != len(after):
        more, what = (before, "is missing") if len(before) > len(after) else (after, "is new")
        return f"{' '.join(_identity(more[min(len(before), len(after))]))} {what}"
    lost = _lasting_patches(past.commands) - set(_patches(now))
    return f"the patch {min(lost)!r} is missing" if lost else ""


def _patches(commands: Iterable[Command]) -> list[str]:
    return [
        command.set_patch_marker.patch_id
        for command in commands
        if command.HasField("set_patch_marker")
    ]


def _lasting_patches(commands: Iterable[Command]) -> set[str]:
    return {
        command.set_patch_marker.patch_id
        for command in commands
        if command.HasField("set_patch_marker") and not command.set_patch_marker.deprecated
    }


def _identity(command: Command) -> list[str]:
    kind = command.WhichOneof("variant") or ""
    attributes: Any = getattr(command, kind)
    values = [f"{name}={getattr(attributes, name)}" for name in _IDENTITY.get(kind, ())]
    return [kind.replace("_", " "), *values]


def _exactly(command: Command) -> list[str]:
    kind = command.WhichOneof("variant") or ""
    if kind.endswith("_workflow_execution") and "external" not in kind and "child" not in kind:
        return _identity(command)  # a failure may hold a stack trace, which differs
    return [*_identity(command), *str(getattr(command, kind)).splitlines()]


def _first(lines: Sequence[str], other: Sequence[str]) -> str:
    """The kind of a command, and its first line that differs from the other command's."""
    differing = (line for line, elsewhere in zip(lines, other, strict=False) if line != elsewhere)
    name = " ".join(line for line in lines[:3] if ":" not in line and "{" not in line)
    line = next(differing, "longer" if len(lines) > len(other) else "shorter").strip()
    return name if line in lines[:3] else f"{name} with {line}"
