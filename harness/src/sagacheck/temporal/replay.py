"""Doing a run's past again, and seeing whether the code still does what it did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import temporalio.bridge.proto.workflow_activation as activation_pb
import temporalio.bridge.proto.workflow_commands as commands_pb

from sagacheck.temporal.local_core import as_replayed

Command = commands_pb.WorkflowCommand

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
"""What Core compares between two versions of the code; of other commands only the kind."""


class Step(msgspec.Struct, frozen=True):
    """One activation, what the code did in it, and whose code that was."""

    activation: activation_pb.WorkflowActivation
    commands: Sequence[Command]
    code: object


def as_replay(step: Step) -> activation_pb.WorkflowActivation:
    """The activation of a step, to be done again.

    Core knows from the history which patches were in use, and says so beforehand.
    """
    again = activation_pb.WorkflowActivation()
    again.CopyFrom(step.activation)
    again.is_replaying = True
    again.ClearField("jobs")
    for patch_id in _patches(step.commands):
        again.jobs.add().notify_has_patch.patch_id = patch_id
    jobs = list(step.activation.jobs)
    if jobs and jobs[0].HasField("initialize_workflow"):
        # The first job makes the instance; everything else comes after it.
        again.jobs.insert(0, jobs.pop(0))
    again.jobs.extend(as_replayed(job) for job in jobs)
    return again


def difference(step: Step, now: Sequence[Command], code: object) -> str:
    """The first difference between what was done and what is done now; empty if there is none.

    The same code has to do the very same. Other code, a new version, has to do what Core compares.
    """
    before = [command for command in step.commands if not command.HasField("set_patch_marker")]
    after = [command for command in now if not command.HasField("set_patch_marker")]
    show = _exactly if step.code is code else _identity
    for number, (was, is_) in enumerate(zip(before, after, strict=False), 1):
        if (old := show(was)) != (new := show(is_)):
            return f"command {number} was {_first(old, new)}, now it is {_first(new, old)}"
    if len(before) != len(after):
        more, what = (before, "is missing") if len(before) > len(after) else (after, "is new")
        return f"{' '.join(_identity(more[min(len(before), len(after))]))} {what}"
    lost = _lasting_patches(step.commands) - set(_patches(now))
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
    said: Any = getattr(command, kind)
    values = [f"{name}={getattr(said, name)}" for name in _IDENTITY.get(kind, ())]
    return [kind.replace("_", " "), *values]


def _exactly(command: Command) -> list[str]:
    kind = command.WhichOneof("variant") or ""
    if kind.endswith("_workflow_execution") and "external" not in kind and "child" not in kind:
        return _identity(command)  # how it ended may hold a stack, which is not the same
    return [*_identity(command), *str(getattr(command, kind)).splitlines()]


def _first(lines: Sequence[str], other: Sequence[str]) -> str:
    """What a command is, and the first line of it that is not in the other."""
    differing = (line for line, elsewhere in zip(lines, other, strict=False) if line != elsewhere)
    name = " ".join(line for line in lines[:3] if ":" not in line and "{" not in line)
    line = next(differing, "longer" if len(lines) > len(other) else "shorter").strip()
    return name if line in lines[:3] else f"{name} with {line}"
