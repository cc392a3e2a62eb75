"""The workflow instances that a worker has in memory, and the replay of those that it has not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import temporalio.bridge.proto.workflow_activation as activation_pb
import temporalio.bridge.proto.workflow_completion as completion_pb
from temporalio.converter import DataConverter
from temporalio.exceptions import ApplicationError
from temporalio.worker import WorkflowInboundInterceptor, WorkflowInstance, WorkflowRunner

from sagacheck.temporal.base.errors import NondeterminismError
from sagacheck.temporal.base.sdk_workflows import (
    ActivationCodec,
    WorkflowDefinition,
    abandon_instance,
    activate,
    clear_instance,
    new_instance,
)
from sagacheck.temporal.core.managed_run import ManagedRun
from sagacheck.temporal.core.replay import PastActivation, as_replay, difference
from sagacheck.temporal.worker.deadlock import SpinningCodeError, guarded
from sagacheck.temporal.worker.workflow_info import workflow_info

Externs = Mapping[str, Callable[..., Any]]


class WorkflowCache:
    """Workflow instances by the ids of their runs.

    Args:
        definitions: The workflow definitions, by the names of their types.
        runner: Runs workflow code.
        converter: How values become payloads.
        interceptors: The workflow interceptors, the outermost first.
        externs: Functions that interceptors need from outside the sandbox.
    """

    def __init__(
        self,
        definitions: Mapping[str | None, WorkflowDefinition],
        runner: WorkflowRunner,
        converter: DataConverter,
        interceptors: Sequence[type[WorkflowInboundInterceptor]],
        externs: Externs,
    ) -> None:
        self._definitions = definitions
        self._runner = runner
        self._converter = converter
        self._interceptors = interceptors
        self._externs = externs
        self._codec = ActivationCodec(converter) if converter.payload_codec else None
        self._instances: dict[str, WorkflowInstance] = {}
        self._spun: dict[str, tuple[SpinningCodeError, WorkflowInstance | None]] = {}

    def __contains__(self, run_id: str) -> bool:
        """Whether a run is in memory, and need not be replayed."""
        return run_id in self._instances

    def activate(
        self, activation: activation_pb.WorkflowActivation, run: ManagedRun
    ) -> completion_pb.WorkflowActivationCompletion:
        """Activate a run; one that is not in memory is rebuilt first by replaying its past.

        Raises:
            NondeterminismError: The replay did something else than the run had done.
        """
        run_id = activation.run_id
        if run_id in self._spun:
            return self._failed(self._spun[run_id][0])  # it would spin again, and take as long
        try:
            instance = self._instances.get(run_id) or self._rebuild(activation, run)
        except NondeterminismError:
            raise
        except Exception as error:  # noqa: BLE001 - code that cannot even begin fails its task
            return self._failed(error)
        completion = self._run(instance, activation)
        if completion.HasField("successful") and not activation.jobs[0].HasField("query_workflow"):
            run.past.append(PastActivation(activation, completion.successful.commands, self))
        return self._codec.encoded(completion) if self._codec is not None else completion

    def evict(self, run_id: str) -> None:
        """Drop the instance of a run; its next activation replays its past."""
        instance = self._instances.pop(run_id, None)
        if instance is None:
            return
        job = activation_pb.WorkflowActivationJob(
            remove_from_cache=activation_pb.RemoveFromCache(message="evicted")
        )
        # An instance that is merely dropped is collected later, and then its coroutines schedule
        # their commands in whatever instance happens to be running.
        activate(instance, activation_pb.WorkflowActivation(run_id=run_id, jobs=[job]))
        clear_instance(instance)

    def clear(self) -> None:
        """Drop all instances."""
        for run_id in list(self._instances):
            self.evict(run_id)

    def _rebuild(
        self, activation: activation_pb.WorkflowActivation, run: ManagedRun
    ) -> WorkflowInstance:
        """A workflow instance that is where the run is."""
        first = run.past[0].activation if run.past else activation
        instance = self._new_instance(first, run)
        self._instances[run.identity.run_id] = instance
        run.replays += bool(run.past)
        for number, past in enumerate(run.past, start=1):
            completion = self._run(instance, as_replay(past))
            if completion.HasField("failed"):
                found = f"the code failed: {completion.failed.failure.message}"
            else:
                found = difference(past, completion.successful.commands, self)
            if found:
                self.evict(run.identity.run_id)
                msg = f"{run.identity.workflow_id}, activation {number}: {found}"
                raise NondeterminismError(msg)
        return instance

    def _new_instance(
        self, first: activation_pb.WorkflowActivation, run: ManagedRun
    ) -> WorkflowInstance:
        identity = run.identity
        definition = self._definition(first.jobs[0].initialize_workflow.workflow_type)
        if self._codec is not None:
            first = self._codec.decoded(first, identity.workflow_id, identity.namespace)
        info = workflow_info(first, namespace=identity.namespace, task_queue=identity.task_queue)
        return new_instance(
            self._runner,
            definition,
            self._converter,
            info,
            first.jobs[0].initialize_workflow,
            interceptors=self._interceptors,
            extern=self._externs,
        )

    def _definition(self, workflow_type: str) -> WorkflowDefinition:
        definition = self._definitions.get(workflow_type) or self._definitions.get(None)
        if definition is None:
            known = ", ".join(sorted(filter(None, self._definitions)))
            msg = (
                f"Workflow class {workflow_type} is not registered on this worker, "
                f"available workflows: {known}"
            )
            raise ApplicationError(msg, type="NotFoundError")
        return definition

    def _run(
        self, instance: WorkflowInstance, activation: activation_pb.WorkflowActivation
    ) -> completion_pb.WorkflowActivationCompletion:
        if self._codec is not None:
            info = instance.get_info()
            activation = self._codec.decoded(activation, info.workflow_id, info.namespace)
        try:
            return guarded(activate, instance, activation)
        except SpinningCodeError as error:
            # Interrupted somewhere, it cannot be evicted, and must not be collected meanwhile.
            abandon_instance(instance)
            run_id = activation.run_id
            self._spun[run_id] = error, self._instances.pop(run_id, None)
            return self._failed(error)

    def _failed(self, error: Exception) -> completion_pb.WorkflowActivationCompletion:
        completion = completion_pb.WorkflowActivationCompletion()
        failure = completion.failed.failure
        self._converter.failure_converter.to_failure(
            error, self._converter.payload_converter, failure
        )
        return completion
