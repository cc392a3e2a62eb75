"""The worker's half: workflow instances with their cache, and activity functions."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import temporalio.activity
import temporalio.bridge.proto.workflow_activation as activation_pb
import temporalio.bridge.proto.workflow_completion as completion_pb
import temporalio.converter
from temporalio.api.common.v1 import Payload
from temporalio.testing import ActivityEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, WorkflowInstance, WorkflowRunner

from fakes.temporal import sdk
from fakes.temporal.errors import NondeterminismError, UnsupportedError

Around = Callable[[temporalio.activity.Info], AbstractContextManager[None]]
"""Entered around every activity attempt."""


@dataclass
class _Run:
    """A run that this worker knows, with all it did so far, to be able to do it again."""

    definition: Any
    info: Any
    init: activation_pb.InitializeWorkflow
    instance: WorkflowInstance | None = None
    done: list[tuple[activation_pb.WorkflowActivation, bytes]] = field(default_factory=list)


class SimulatedWorker:
    """Runs workflow code and activity functions for a simulated service.

    Args:
        workflows: The workflow classes.
        activities: The activity functions.
        data_converter: How values become payloads.
        runner: How workflow code is run; without the sandbox by default.
        around: Entered around every activity attempt.
        cached: Whether workflows stay in memory between their tasks; if not, each task begins with
            a replay of all before it.
    """

    def __init__(  # noqa: PLR0913 - as the SDK's worker, all of them named
        self,
        *,
        workflows: Sequence[type],
        activities: Sequence[Callable[..., Any]],
        data_converter: temporalio.converter.DataConverter,
        runner: WorkflowRunner | None = None,
        around: Around = lambda _info: nullcontext(),
        cached: bool = True,
    ) -> None:
        if data_converter.payload_codec is not None:
            raise UnsupportedError("payload codecs")
        self._converter = data_converter
        self._runner = runner or UnsandboxedWorkflowRunner()
        self._workflows = {d.name: d for d in map(sdk.workflow_definition, workflows)}
        self._activities = {d.name: d for d in map(sdk.activity_definition, activities)}
        self._around = around
        self._cached = cached
        self._runs: dict[str, _Run] = {}
        self._waiting: list[Callable[[], None]] | None = []
        self._executor: ThreadPoolExecutor | None = None

    def start(self) -> None:
        """Begin to take tasks; what was due before comes first."""
        waiting, self._waiting = self._waiting or [], None
        for task in waiting:
            asyncio.get_running_loop().call_soon(task)

    def take(self, task: Callable[[], None]) -> None:
        """Do `task` as soon as the worker has begun."""
        if self._waiting is None:
            asyncio.get_running_loop().call_soon(task)
        else:
            self._waiting.append(task)

    # -- workflows ----------------------------------------------------------------------------

    def activate(
        self, activation: activation_pb.WorkflowActivation, *, namespace: str, task_queue: str
    ) -> completion_pb.WorkflowActivationCompletion:
        """Let a run go on. A run that is not in memory is rebuilt by replaying it first.

        Raises:
            NondeterminismError: The replay did not do what the run had done.
            UnsupportedError: Nobody registered the workflow.
        """
        first = activation.jobs[0] if activation.jobs else None
        if first is not None and first.HasField("initialize_workflow"):
            self._begin(activation.run_id, first.initialize_workflow, namespace, task_queue)
        run = self._runs[activation.run_id]
        if run.instance is None:
            self._rebuild(run)
        completion = sdk.activate(_present(run), activation)
        if completion.HasField("successful") and not _is_query(activation):
            kept = activation_pb.WorkflowActivation()
            kept.CopyFrom(activation)
            run.done.append((kept, _fingerprint(completion)))
        return completion

    def mark(self, run_id: str) -> int:
        """Where the run's past ends now."""
        return len(self._runs[run_id].done) if run_id in self._runs else 0

    def forget_since(self, run_id: str, mark: int) -> None:
        """A workflow task failed: what it had done so far did not happen."""
        self.evict(run_id)
        if run_id in self._runs:
            del self._runs[run_id].done[mark:]

    def task_done(self, run_id: str) -> None:
        """A workflow task has ended; without a cache the workflow is forgotten until the next."""
        if not self._cached:
            self.evict(run_id)

    def evict(self, run_id: str) -> None:
        """Forget the workflow, not its past: its next task will replay it."""
        run = self._runs.get(run_id)
        if run is None or run.instance is None:
            return
        job = activation_pb.WorkflowActivationJob(
            remove_from_cache=activation_pb.RemoveFromCache(message="evicted")
        )
        # An instance that is merely dropped is collected later, and then its coroutines schedule
        # their commands in whatever instance happens to be running.
        sdk.activate(run.instance, activation_pb.WorkflowActivation(run_id=run_id, jobs=[job]))
        run.instance = None

    def close(self) -> None:
        """Forget everything."""
        for run_id in list(self._runs):
            self.evict(run_id)
        self._runs.clear()
        if self._executor is not None:
            self._executor.shutdown()

    def _begin(
        self,
        run_id: str,
        init: activation_pb.InitializeWorkflow,
        namespace: str,
        task_queue: str,
    ) -> None:
        definition = self._workflows.get(init.workflow_type)
        if definition is None:
            msg = f"workflow {init.workflow_type!r}, which is not registered"
            raise UnsupportedError(msg)
        info = sdk.workflow_info(init, run_id=run_id, namespace=namespace, task_queue=task_queue)
        run = self._runs[run_id] = _Run(definition, info, init)
        run.instance = self._new_instance(run)

    def _new_instance(self, run: _Run) -> WorkflowInstance:
        return sdk.new_instance(self._runner, run.definition, self._converter, run.info, run.init)

    def _rebuild(self, run: _Run) -> None:
        run.instance = self._new_instance(run)
        for number, (activation, fingerprint) in enumerate(run.done, start=1):
            replayed = activation_pb.WorkflowActivation()
            replayed.CopyFrom(activation)
            replayed.is_replaying = True
            completion = sdk.activate(run.instance, replayed)
            if _fingerprint(completion) != fingerprint:
                msg = f"activation {number} of {run.info.workflow_id} went otherwise: {completion}"
                raise NondeterminismError(msg)

    # -- activities ---------------------------------------------------------------------------

    async def run_activity(
        self,
        info: temporalio.activity.Info,
        arguments: Sequence[Payload],
        environment: ActivityEnvironment,
    ) -> Payload:
        """Run one attempt of an activity function and return its result.

        Raises:
            Exception: Whatever the activity raises.
        """
        definition = self._activities.get(info.activity_type)
        if definition is None:
            known = ", ".join(sorted(self._activities))
            msg = (
                f"Activity function {info.activity_type} for workflow {info.workflow_id} is not "
                f"registered on this worker, available activities: {known}"
            )
            raise temporalio.exceptions.ApplicationError(msg, type="NotFoundError")
        environment.info = info
        environment.payload_converter = self._converter.payload_converter
        types = definition.argument_types
        hints = types if types and len(types) == len(arguments) else None
        values = self._converter.payload_converter.from_payloads(arguments, hints)
        with self._around(info):
            if definition.is_async:
                result = await environment.run(definition.fn, *values)
            else:
                result = await self._run_in_thread(environment, definition.fn, values)
        return self._converter.payload_converter.to_payload(result)

    async def _run_in_thread(
        self, environment: ActivityEnvironment, fn: Callable[..., Any], values: Sequence[Any]
    ) -> Any:
        if self._executor is None:
            self._executor = ThreadPoolExecutor(max_workers=32)
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(
            self._executor, lambda: context.run(environment.run, fn, *values)
        )

    @property
    def converter(self) -> temporalio.converter.DataConverter:
        """How values become payloads."""
        return self._converter


def _present(run: _Run) -> WorkflowInstance:
    assert run.instance is not None, "a run is rebuilt before it goes on"
    return run.instance


def _is_query(activation: activation_pb.WorkflowActivation) -> bool:
    return any(job.HasField("query_workflow") for job in activation.jobs)


def _fingerprint(completion: completion_pb.WorkflowActivationCompletion) -> bytes:
    """The commands of an activation, to be compared with those of its replay."""
    commands = completion_pb.Success(commands=completion.successful.commands)
    return commands.SerializeToString(deterministic=True)
