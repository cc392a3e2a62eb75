"""What a conformance case is played on: one side of the comparison, simulated or real.

A case is a coroutine that gets a `Side`, starts workflows on it and talks to them as any client
would. Everything that it sees, and the history of every workflow that it started, is compared.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from temporalio.api.enums.v1 import EventType, PendingActivityState, PendingWorkflowTaskState
from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.service import RPCError

from tests.conformance.failures import described

Play = Callable[["Side"], Awaitable[None]]
Handle = WorkflowHandle[Any, Any]
TASK_TIMEOUT = timedelta(seconds=100)
"""No workflow task takes so long, however busy the machine is; the default is ten seconds."""
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Case:
    """One small play, to be given on both sides.

    Attributes:
        name: What it is about.
        play: The client's part.
        skips_time: Whether the real server may skip time, as the simulation always does.
        worker_waits: Whether the worker begins only when the case says so.
        workflows: The workflows of a worker of its own, where the common one will not do.
    """

    name: str
    play: Play
    skips_time: bool = True
    worker_waits: bool = False
    workflows: Sequence[type] = ()


@dataclass
class Evidence:
    """What a play has left: what the client saw, and the histories by workflow id."""

    notes: list[Any] = field(default_factory=list)
    histories: dict[str, list[WorkflowHistory]] = field(default_factory=dict)


class Points:
    """Definite points in time, which activities reach and at which they wait for the client.

    Attributes:
        tokens: The tokens of activities that the client is to complete.
    """

    def __init__(self) -> None:
        self.tokens: dict[str, bytes] = {}
        self._counts: Counter[str] = Counter()
        self._reached: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._released: dict[str, asyncio.Event] = defaultdict(asyncio.Event)

    async def pass_through(self, name: str) -> None:
        """Tell that `name` is reached, and wait until it is released."""
        self._reached[name].set()
        await self._released[name].wait()

    def reach(self, name: str) -> None:
        """Tell that `name` is reached."""
        self._reached[name].set()

    def count(self, what: str) -> int:
        """How often it has been counted, this time included."""
        self._counts[what] += 1
        return self._counts[what]

    def names(self) -> list[str]:
        """The points that were reached."""
        return sorted(name for name, event in self._reached.items() if event.is_set())

    async def reached(self, name: str) -> None:
        """Wait until `name` is reached."""
        await self._reached[name].wait()

    def release(self, name: str) -> None:
        """Wake the code that waits at `name`."""
        self._released[name].set()


POINTS: dict[str, Points] = {}
"""The points of the plays under way, by the first part of their workflows' ids."""


def points_of(workflow_id: str | None) -> Points:
    """The points of the play that a workflow belongs to."""
    return POINTS[(workflow_id or "").split("/")[0]]


class Side(ABC):
    """One side of the comparison, for one case.

    Args:
        case: The case.
        client: Talks to the service.
        queue: The task queue of the worker.
    """

    def __init__(self, case: Case, client: Client, queue: str) -> None:
        self.case = case
        self.client = client
        self.queue = queue
        self.evidence = Evidence()
        self.points = POINTS[case.name] = Points()
        self._ids: list[str] = []

    @abstractmethod
    async def begin_work(self) -> None:
        """Let the worker begin, where it waits."""

    @abstractmethod
    async def has_update(self, handle: Handle, update: str) -> None:
        """Wait until the service knows of an update, which the workflow need not have seen."""

    @abstractmethod
    async def deploy(self, *workflows: type) -> None:
        """Put another version of the code in the worker's place."""

    async def start(self, workflow: Any, *args: Any, id: str = "", **options: Any) -> Handle:  # noqa: A002 - Temporal's word
        """Start a workflow, whose id is the case's name with `id` behind it."""
        workflow_id = self.name(id)
        options.setdefault("task_timeout", TASK_TIMEOUT)
        handle: Handle = await self.client.start_workflow(
            workflow, args=args, id=workflow_id, task_queue=self.queue, **options
        )
        self.include(id)
        return handle

    async def run(self, workflow: Any, *args: Any, **options: Any) -> None:
        """Start a workflow and note what comes of it."""
        handle = await self.start(workflow, *args, **options)
        await self.note_result(handle)

    async def note_result(self, handle: Handle) -> None:
        """Note what comes of a workflow."""
        await self.note("result", handle.result())

    async def note(self, what: str, seen: Awaitable[Any] | Any) -> None:
        """Note what is seen, or how trying to see it failed."""
        if isinstance(seen, Awaitable):
            try:
                seen = await seen
            except Exception as error:  # noqa: BLE001 - both sides have to fail alike
                seen = described(error)
        self.evidence.notes.append((what, seen))

    async def note_refusal(self, what: str, call: Awaitable[Any]) -> None:
        """Note why a call is refused, but not in which words: they depend on what has ended."""
        try:
            await call
        except RPCError as error:
            self.evidence.notes.append((what, error.status.name))

    async def settled(self, handle: Handle) -> None:
        """Wait until the workflow has seen all that has come.

        A query waits for that, too; but a busy server may let one wait for the whole of its time.
        """
        while True:
            found = (await handle.describe()).raw_description
            # The first task of a child is scheduled some time after its start.
            has_begun = found.workflow_execution_info.history_length > 1
            if has_begun and not found.HasField("pending_workflow_task"):
                return
            await asyncio.sleep(POLL_SECONDS)

    async def has_none_pending(self, handle: Handle) -> None:
        """Wait until the service knows that all activities and children of a workflow have ended.

        The history does not show that yet while a workflow task is running.
        """
        while True:
            found = (await handle.describe()).raw_description
            if not (found.pending_activities or found.pending_children):
                return
            await asyncio.sleep(POLL_SECONDS)

    async def has_started(self, handle: Handle) -> None:
        """Wait until the activity of a workflow has started."""
        while True:
            (activity,) = (await handle.describe()).raw_description.pending_activities
            if activity.state == PendingActivityState.PENDING_ACTIVITY_STATE_STARTED:
                return
            await asyncio.sleep(POLL_SECONDS)

    async def fails_silently(self, handle: Handle) -> None:
        """Wait until a workflow task that failed is under way again: Core reports only the first.

        The server waits for the second in vain, until that times out.
        """
        while True:
            task = (await handle.describe()).raw_description.pending_workflow_task
            is_under_way = (
                task.state == PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_STARTED
            )
            if task.attempt > 2 or (task.attempt == 2 and is_under_way):
                return
            await asyncio.sleep(POLL_SECONDS)

    async def has(self, handle: Handle, event: str, times: int = 1) -> None:
        """Wait until the history of a workflow has an event of a kind."""
        wanted = EventType.Value(f"EVENT_TYPE_{event}")
        async for each in handle.fetch_history_events(wait_new_event=True):
            times -= each.event_type == wanted
            if not times:
                return

    def name(self, suffix: str) -> str:
        """The id of one of the workflows of this case."""
        return f"{self.case.name}/{suffix}" if suffix else self.case.name

    def include(self, suffix: str) -> None:
        """Compare the histories of this workflow too."""
        if suffix not in self._ids:
            self._ids.append(suffix)

    async def play(self) -> Evidence:
        """Give the play, and collect what it leaves."""
        try:
            await self.case.play(self)
            for suffix in self._ids:
                await self._collect(self.name(suffix))
        finally:
            del POINTS[self.case.name]
        return self.evidence

    async def _collect(self, workflow_id: str) -> None:
        first = await self.client.get_workflow_handle(workflow_id).fetch_history()
        run = first.events[0].workflow_execution_started_event_attributes.first_execution_run_id
        chain = self.evidence.histories[workflow_id] = []
        while run:
            handle = self.client.get_workflow_handle(workflow_id, run_id=run)
            chain.append(await handle.fetch_history())
            run = _next_run(chain[-1])


def _next_run(history: WorkflowHistory) -> str:
    last = history.events[-1]
    attributes: Any = getattr(last, last.WhichOneof("attributes") or "")
    return getattr(attributes, "new_execution_run_id", "")
