"""The worker's half of one activity attempt: the activity function, and what it reports."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import temporalio.activity
from google.protobuf.duration_pb2 import Duration
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.failure.v1 import Failure
from temporalio.client import Client
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ActivityOutboundInterceptor,
    ExecuteActivityInput,
)

from sagacheck.temporal import sdk
from sagacheck.temporal.activity_info import AttemptFacts
from sagacheck.temporal.durations import seconds
from sagacheck.temporal.errors import UnsupportedError
from sagacheck.temporal.loop import running_loop
from sagacheck.temporal.sizes import MOST_BYTES, are_too_large, too_large
from sagacheck.temporal.stacks import encode_failure
from sagacheck.temporal.thread_time import ThreadTime
from sagacheck.temporal.threads import Threads

if TYPE_CHECKING:
    from sagacheck.temporal.worker import SimulatedWorker

CANCELLED = "cancelled"
GONE = "gone"
TIMED_OUT = "timed out"
PATIENCE_SECONDS = 5.0
"""How long after a timeout a worker stops an attempt that nobody waits for any more."""


class NeverReports(BaseException):
    """Raised around an attempt whose worker dies: the service must not hear of it."""


class Report(msgspec.Struct, frozen=True):
    """What comes of an attempt: a result unless it says otherwise.

    Attributes:
        result: What the activity returned.
        failure: What it failed with.
        is_cancelled: Whether it gave in to its cancellation.
        details: What it says of its cancellation.
        heartbeat: What its last heartbeat said.
    """

    result: Payload | None = None
    failure: Failure | None = None
    is_cancelled: bool = False
    details: Payloads | None = None
    heartbeat: Payloads | None = None


class Attempt:
    """An attempt under way.

    Args:
        worker: Runs it.
        facts: What is known of it.
        last_heartbeat: What the last heartbeat of an earlier attempt said.
        report: Told what came of it.
        heartbeat: Told of each sign of life; says why the attempt should stop, if it should.
        silent: Told why an attempt ends without a report.
    """

    def __init__(  # noqa: PLR0913 - an attempt is between so many
        self,
        worker: SimulatedWorker,
        facts: AttemptFacts,
        last_heartbeat: Payloads | None,
        *,
        report: Callable[[Report], bool],
        heartbeat: Callable[[Payloads | None], str],
        silent: Callable[[BaseException], None] = lambda _reason: None,
    ) -> None:
        self._worker = worker
        self._facts = facts
        self._last_heartbeat = last_heartbeat
        self._report = report
        self._heartbeat = heartbeat
        self._silent = silent
        self._converter = worker.converter_for(facts)
        self._is_plain = not (self._converter.payload_codec or self._converter.external_storage)
        self._cancellation = sdk.Cancellation()
        self._task: asyncio.Task[None] | None = None
        self._beats: list[asyncio.Task[None]] = []
        self._heartbeat_details: list[Any] = []
        self._info: temporalio.activity.Info | None = None

    def begin(self) -> None:
        """Run the activity, from the loop's next step on."""
        loop = asyncio.get_running_loop()
        self._task = loop.create_task(self._run())
        # The loop itself would let a task that hangs for ever be collected as garbage.
        self._worker.attempts.add(self._task)

    def cancel(self, reason: str) -> None:
        """Let the activity know that it is not wanted any more."""
        wants = self._cancellation.request(
            by_workflow=reason == CANCELLED,
            not_found=reason != CANCELLED and not self._facts.is_local,
            timed_out=reason == TIMED_OUT,
        )
        if wants and self._task is not None:
            self._task.cancel("Activity cancelled")

    def outlive(self, delay: float) -> None:
        """Let the worker stop the attempt some time after a timeout, `delay` seconds from now."""
        limit = max(delay, 0.0) + PATIENCE_SECONDS
        asyncio.get_running_loop().call_later(limit, self.cancel, TIMED_OUT)

    async def _run(self) -> None:
        try:
            report = await self._outcome()
            if report is not None:
                self._report(report)
        except Exception as error:  # noqa: BLE001 - what an activity raises is in its report
            context = {"message": "an activity attempt broke", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)
        finally:
            if self._task is not None:
                self._worker.attempts.discard(self._task)
            self._task = None  # it knows the attempt too

    async def _outcome(self) -> Report | None:
        """What comes of the attempt; ``None`` where nobody is told."""
        try:
            result = await self._execute()
            [payload] = await self._encoded([result])
            if self._is_refused([payload]):
                return Report(failure=too_large())
            return Report(result=payload)
        except (NeverReports, sdk.CompleteAsync) as reason:
            self._silent(reason)
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
        self, definition: sdk.ActivityDefinition, payloads: Sequence[Payload]
    ) -> Sequence[Any]:
        types = definition.argument_types
        if definition.is_dynamic:
            raw: list[type] = [sdk.RawValue] * len(payloads)
            return [await self._decoded(payloads, raw)]
        hints = types if types and len(types) == len(payloads) else None
        return await self._decoded(payloads, hints) if payloads else []

    # Without a codec and a store the converter's own ways lead through a dozen empty rooms.

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

    async def _intercepted(
        self,
        definition: sdk.ActivityDefinition,
        arguments: Sequence[Any],
    ) -> Any:
        threads = None if definition.is_async else self._worker.threads()
        converter = self._converter.payload_converter
        sdk.enter_activity(
            self._as_info, self._cancellation, converter, definition, self._worker_s_client
        )
        chain: ActivityInboundInterceptor = _Innermost(
            self._cancellation, threads, self._facts.command.timeouts.heartbeat
        )
        for interceptor in reversed(self._worker.interceptors):
            chain = interceptor.intercept_activity(chain)
        chain.init(_Outbound(self._as_info, self._beat))
        call = ExecuteActivityInput(
            fn=definition.fn,
            args=arguments,
            executor=threads.executor if threads else None,
            headers=self._facts.command.headers,
        )
        return await chain.execute_activity(call)

    def _as_info(self) -> temporalio.activity.Info:
        self._info = self._info or self._facts.as_info(self._heartbeat_details)
        return self._info

    def _worker_s_client(self) -> Client:
        return self._worker.client(self._facts.owner.service)

    # -- signs of life ---------------------------------------------------------------------------

    def _beat(self, *details: Any) -> None:
        """Give a sign of life; what it says is converted, which may take another step."""
        if self._worker.converter.payload_codec is not None:
            self._beats.append(asyncio.get_running_loop().create_task(self._beat_encoded(details)))
            return
        payloads = self._converter.payload_converter.to_payloads(details)
        self._answer(Payloads(payloads=payloads) if details else None)

    async def _beat_encoded(self, details: Sequence[Any]) -> None:
        payloads = await self._converter.encode(details)
        self._answer(Payloads(payloads=payloads) if details else None)

    def _answer(self, details: Payloads | None) -> None:
        if details is not None and self._is_refused(details.payloads):
            self._report(Report(failure=too_large()))
            return
        reason = self._heartbeat(details)
        if reason:
            self.cancel(reason)

    def _is_refused(self, payloads: Sequence[Payload]) -> bool:
        """Whether Core does not send that; of a local activity it sends nothing by itself."""
        return not self._facts.is_local and are_too_large(payloads)

    # -- what is reported ------------------------------------------------------------------------

    async def _cancelled(self, error: BaseException) -> Report | None:
        if self._cancellation.by_request:
            return Report(is_cancelled=True)
        return await self._failed(error)

    async def _failed(self, error: BaseException) -> Report | None:
        failure = Failure()
        try:
            await encode_failure(self._converter, error, failure)
        except Exception as inner:  # noqa: BLE001 - it takes the place of what could not be written
            failure = Failure(message=f"Failed building exception result: {inner}")
            failure.application_failure_info.SetInParent()
        if not (self._facts.is_local or failure.HasField("application_failure_info")):
            self._silent(error)  # the service refuses a report that says anything else
            return None
        if failure.ByteSize() > MOST_BYTES:
            large = UnsupportedError("a failure of more than 2 MiB")
            self._facts.owner.service.break_down(large)
        return Report(failure=failure)


class _Innermost(ActivityInboundInterceptor):
    """Calls the activity function.

    Args:
        cancellation: What the attempt knows of its own cancellation.
        threads: The worker's threads, for a function that is no coroutine.
        heartbeat_timeout: None if it is zero.
    """

    def __init__(
        self, cancellation: sdk.Cancellation, threads: Threads | None, heartbeat_timeout: Duration
    ) -> None:
        self._cancellation = cancellation
        self._threads = threads
        self._heartbeat_timeout = heartbeat_timeout

    def init(self, outbound: ActivityOutboundInterceptor) -> None:
        sdk.set_outbound(outbound)

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's name
        if self._threads is None:
            return await input.fn(*input.args)
        loop = running_loop()
        passing = ThreadTime(loop, seconds(self._heartbeat_timeout))
        act = sdk.in_thread(
            self._threads.ask, self._cancellation, input.fn, input.args, passing.after_beat
        )
        context = contextvars.copy_context()
        return await loop.run_in_executor(input.executor, context.run, act)


class _Outbound(ActivityOutboundInterceptor):
    """What an activity can ask for and say."""

    def __init__(
        self, info: Callable[[], temporalio.activity.Info], beat: Callable[..., None]
    ) -> None:
        self._info = info
        self._beat = beat

    def info(self) -> temporalio.activity.Info:
        return self._info()

    def heartbeat(self, *details: Any) -> None:
        self._beat(*details)
