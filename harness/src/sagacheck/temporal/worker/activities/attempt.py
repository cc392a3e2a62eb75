"""One attempt of an activity in a worker: the call of its function, and the report of its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import temporalio.activity
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.failure.v1 import Failure
from temporalio.client import Client
from temporalio.common import RawValue
from temporalio.converter import DataConverter
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from sagacheck.temporal.base.errors import UnsupportedError
from sagacheck.temporal.base.payloads import MOST_BYTES, are_too_large, too_large_failure
from sagacheck.temporal.base.sdk_activities import (
    ActivityDefinition,
    Cancellation,
    CompleteAsync,
    enter_activity,
)
from sagacheck.temporal.worker.activities.facts import AttemptFacts
from sagacheck.temporal.worker.activities.failure_encoding import encode_failure
from sagacheck.temporal.worker.activities.interceptors import ContextServer, FunctionCaller
from sagacheck.temporal.worker.activities.report import (
    AttemptListener,
    AttemptReport,
    StopReason,
)
from sagacheck.temporal.worker.activities.threads import Threads

LOCAL_TIMEOUT_BUFFER_SECONDS = 5.0
"""How long after a timeout a worker stops an attempt by itself: Core's
``local_timeout_buffer_for_activities`` (``worker/mod.rs``)."""
Around = Callable[[AttemptFacts], AbstractContextManager[None]]
"""Entered around every attempt of an activity."""


class NeverReports(BaseException):
    """Raised around an attempt whose worker dies: the attempt ends without a report."""


class ActivityHost(Protocol):
    """What an attempt needs of its worker.

    Attributes:
        converter: How values become payloads.
        interceptors: Stand around activities, the first of them outermost.
        around: Entered around every attempt.
        attempts: The tasks of the attempts under way.
    """

    converter: DataConverter
    interceptors: list[Interceptor]
    around: Around
    attempts: set[asyncio.Task[None]]

    def activity(self, facts: AttemptFacts) -> ActivityDefinition:
        """The definition of the activity."""

    def converter_for(self, facts: AttemptFacts) -> DataConverter:
        """The converter for the payloads of an attempt."""

    def client(self) -> Client | None:
        """The client for the activities of the worker."""

    def threads(self) -> Threads:
        """The threads for functions that are no coroutines."""


class ActivityAttempt:
    """An attempt under way.

    Args:
        worker: The worker that runs it.
        facts: What is known of it.
        last_heartbeat: The details of the last heartbeat of an earlier attempt.
        listener: Gets its heartbeats and its report.
    """

    def __init__(
        self,
        worker: ActivityHost,
        facts: AttemptFacts,
        last_heartbeat: Payloads | None,
        listener: AttemptListener,
    ) -> None:
        self._worker = worker
        self._facts = facts
        self._last_heartbeat = last_heartbeat
        self._listener = listener
        self._converter = worker.converter_for(facts)
        self._is_plain = not (self._converter.payload_codec or self._converter.external_storage)
        self._cancellation = Cancellation()
        self._task: asyncio.Task[None] | None = None
        self._heartbeats: list[asyncio.Task[None]] = []
        self._heartbeat_details: list[Any] = []
        self._info: temporalio.activity.Info | None = None

    def begin(self) -> None:
        """Run the activity, from the loop's next turn on."""
        loop = asyncio.get_running_loop()
        self._task = loop.create_task(self._run())
        # The loop alone would let the garbage collector take a task that never ends.
        self._worker.attempts.add(self._task)

    def cancel(self, reason: StopReason) -> None:
        """Cancel the activity."""
        is_pending = self._cancellation.request(
            by_workflow=reason is StopReason.CANCELLED,
            not_found=reason is not StopReason.CANCELLED and not self._facts.is_local,
            timed_out=reason is StopReason.TIMED_OUT,
        )
        if is_pending and self._task is not None:
            self._task.cancel("Activity cancelled")

    def cancel_after_timeout(self, delay: float) -> None:
        """Cancel the activity some time after a timeout of the attempt.

        Args:
            delay: Seconds until the timeout; negative if it is over.
        """
        limit = max(delay, 0.0) + LOCAL_TIMEOUT_BUFFER_SECONDS
        asyncio.get_running_loop().call_later(limit, self.cancel, StopReason.TIMED_OUT)

    async def _run(self) -> None:
        try:
            report = await self._outcome()
            if report is not None:
                self._listener.report(report, self._facts.attempt)
        except Exception as error:  # noqa: BLE001 - what an activity raises is in its report
            context = {"message": "an activity attempt broke", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)
        finally:
            if self._task is not None:
                self._worker.attempts.discard(self._task)
            self._task = None  # the task refers to the attempt too

    async def _outcome(self) -> AttemptReport | None:
        """How the attempt ends; ``None`` if that is not reported."""
        try:
            result = await self._execute()
            [payload] = await self._encoded([result])
            if self._is_refused([payload]):
                return AttemptReport(failure=too_large_failure())
            return AttemptReport(result=payload)
        except (NeverReports, CompleteAsync) as reason:
            self._listener.ended_without_report(reason)
            return None
        except (asyncio.CancelledError, CancelledError) as error:
            return await self._cancelled(error)
        except Exception as error:  # noqa: BLE001 - whatever an activity raises is its failure
            return await self._failed(error)

    async def _execute(self) -> Any:
        definition = self._worker.activity(self._facts)
        try:
            arguments = await self._arguments(definition, self._facts.command.arguments)
        except Exception as error:
            msg = "Failed decoding arguments"
            raise ApplicationError(msg) from error
        if self._last_heartbeat is not None:
            self._heartbeat_details = await self._decoded(self._last_heartbeat.payloads)
        with self._worker.around(self._facts):
            return await self._intercepted(definition, arguments)

    async def _arguments(
        self, definition: ActivityDefinition, payloads: Sequence[Payload]
    ) -> Sequence[Any]:
        types = definition.argument_types
        if definition.is_dynamic:
            raw: list[type] = [RawValue] * len(payloads)
            return [await self._decoded(payloads, raw)]
        hints = types if types and len(types) == len(payloads) else None
        return await self._decoded(payloads, hints) if payloads else []

    async def _intercepted(self, definition: ActivityDefinition, arguments: Sequence[Any]) -> Any:
        worker, command = self._worker, self._facts.command
        threads = None if definition.is_async else worker.threads()
        converter = self._converter.payload_converter
        enter_activity(self._get_info, self._cancellation, converter, definition, worker.client)
        chain: ActivityInboundInterceptor = FunctionCaller(
            self._cancellation, threads, command.timeouts.heartbeat
        )
        for interceptor in reversed(worker.interceptors):
            chain = interceptor.intercept_activity(chain)
        chain.init(ContextServer(self._get_info, self._heartbeat))
        call = ExecuteActivityInput(
            fn=definition.fn,
            args=arguments,
            executor=threads.executor if threads else None,
            headers=command.headers,
        )
        return await chain.execute_activity(call)

    def _get_info(self) -> temporalio.activity.Info:
        self._info = self._info or self._facts.as_info(self._heartbeat_details)
        return self._info

    # -- payloads --------------------------------------------------------------------------------

    # Without a codec and an external storage the converter's own coroutines do nothing more.

    async def _encoded(self, values: Sequence[Any]) -> list[Payload]:
        if self._is_plain:
            return self._converter.payload_converter.to_payloads(values)
        return await self._converter.encode(values)

    async def _decoded(
        self, payloads: Sequence[Payload], hints: list[type] | None = None
    ) -> list[Any]:
        if self._is_plain:
            return self._converter.payload_converter.from_payloads(payloads, hints)
        return await self._converter.decode(payloads, hints)

    def _is_refused(self, payloads: Sequence[Payload]) -> bool:
        """Whether Core refuses to send the payloads; those of local activities it does not send."""
        return not self._facts.is_local and are_too_large(payloads)

    # -- heartbeats ------------------------------------------------------------------------------

    def _heartbeat(self, *details: Any) -> None:
        """Heartbeat; a codec encodes the details in a task of its own."""
        if self._worker.converter.payload_codec is not None:
            task = asyncio.get_running_loop().create_task(self._heartbeat_encoded(details))
            self._heartbeats.append(task)
            return
        payloads = self._converter.payload_converter.to_payloads(details)
        self._send_heartbeat(Payloads(payloads=payloads) if details else None)

    async def _heartbeat_encoded(self, details: Sequence[Any]) -> None:
        payloads = await self._converter.encode(details)
        self._send_heartbeat(Payloads(payloads=payloads) if details else None)

    def _send_heartbeat(self, details: Payloads | None) -> None:
        if details is not None and self._is_refused(details.payloads):
            report = AttemptReport(failure=too_large_failure())
            self._listener.report(report, self._facts.attempt)
            return
        reason = self._listener.heartbeat(details, self._facts.attempt)
        if reason is not None:
            self.cancel(reason)

    # -- failures --------------------------------------------------------------------------------

    async def _cancelled(self, error: BaseException) -> AttemptReport | None:
        if self._cancellation.by_request:
            return AttemptReport(is_cancelled=True)
        return await self._failed(error)

    async def _failed(self, error: BaseException) -> AttemptReport | None:
        failure = Failure()
        try:
            await encode_failure(self._converter, error, failure)
        except Exception as inner:  # noqa: BLE001 - the SDK reports this error in place of the first
            failure = Failure(message=f"Failed building exception result: {inner}")
            failure.application_failure_info.SetInParent()
        if not (self._facts.is_local or failure.HasField("application_failure_info")):
            # The server refuses any other failure: "Failure must have ApplicationFailureInfo"
            # (``RespondActivityTaskFailed`` in its ``service/frontend/workflow_handler.go``).
            self._listener.ended_without_report(error)
            return None
        if failure.ByteSize() > MOST_BYTES:
            self._listener.unsupported(UnsupportedError("a failure of more than 2 MiB"))
        return AttemptReport(failure=failure)
