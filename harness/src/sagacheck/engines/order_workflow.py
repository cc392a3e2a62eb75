"""The workflow of an order of a trial, from its placing to its end."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any

from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.common import RetryPolicy, WorkflowIDConflictPolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from sagacheck.checks import NOT_UNDERSTOOD, Ending, OrderOutcome, OrderStatus, holds_nothing
from sagacheck.engines.events.answer import Answer, AnswerKind
from sagacheck.engines.histories import BROKEN_REPLAY, children_in, first_broken_replay
from sagacheck.engines.strangers import strangers_in
from sagacheck.engines.trial import Trial
from sagacheck.engines.workflow_view import WorkflowView
from sagacheck.language import AnyOrder, Retries, StartOptions


class OrderWorkflow(ABC):
    """The workflow of an order of a trial on a Temporal service, as its clients see it.

    Args:
        trial: The trial that the order belongs to.
        order: The order.
        connect: Gives a client of the service, should it be needed.
        workflow_id: The id of the order's workflow.
        task_queue: The queue of the worker that is to run it.
        is_known: Whether the workflow with an id belongs to an order.

    Attributes:
        unplayable: What the scenario needs and the engine cannot do; empty if there is nothing.
    """

    def __init__(  # noqa: PLR0913 - made in one place, from what that place has
        self,
        trial: Trial,
        order: AnyOrder,
        connect: Callable[[], Client],
        *,
        workflow_id: str,
        task_queue: str,
        is_known: Callable[[str], bool],
    ) -> None:
        self.trial = trial
        self._is_known = is_known
        self.order = order
        self.workflow_id = workflow_id
        self.statuses: list[str] = []
        self._connect = connect
        self._task_queue = task_queue
        self._endings: list[asyncio.Task[Ending]] = []
        self._waits_for = ""
        self._broken_by_query = ""
        self._ended_at: float | None = None
        self.unplayable = ""

    @property
    @abstractmethod
    def acceptance_seconds(self) -> float:
        """How long a client's message may take to be accepted before the calls go on."""

    @property
    @abstractmethod
    def patience(self) -> timedelta:
        """How long a client waits for the answer to a message."""

    @abstractmethod
    async def settle(self) -> None:
        """Return once the workflow has seen what was sent to it, if it can."""

    @cached_property
    def _client(self) -> Client:
        return self._connect()

    @cached_property
    def view(self) -> WorkflowView:
        """What Temporal shows of the order's workflow."""
        return WorkflowView(self._client, self.workflow_id)

    @property
    def is_stuck(self) -> bool:
        """Whether the order was waited for in vain."""
        return bool(self._waits_for)

    @property
    def handle(self) -> WorkflowHandle[Any, Any]:
        """The order's workflow."""
        return self.view.handle

    @property
    def times_placed(self) -> int:
        """How often the order was placed."""
        return len(self._endings)

    @property
    def is_placed(self) -> bool:
        """Whether the order was placed; events place some later, or never."""
        return self.times_placed > 0

    async def submit(self, changed: AnyOrder | None = None) -> Answer:
        """Place the order, for the first time or again, and begin to wait for its end.

        Args:
            changed: What is placed under its id, where that is not the order as it was placed last.
                A run that is open goes on with what it was placed with.
        """
        saga, placed = self.trial.saga, changed or self.order
        joins = changed is not None and await self._is_open()
        answer = Answer.granted("joined the open run of another content" if joins else "started")
        try:
            await self._start_workflow(
                saga.workflow_name,
                saga.arguments_of(placed),
                id=self.workflow_id,
                task_queue=self._task_queue,
                id_reuse_policy=saga.id_reuse_policy,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                **start_options(placed.start),
            )
        except WorkflowAlreadyStartedError:
            answer = Answer(AnswerKind.REFUSED, "ended already")
        else:
            self.order = self.order if joins else placed
            self.trial.place(self.order)
        self._endings.append(asyncio.create_task(self._ending()))
        return answer

    async def _is_open(self) -> bool:
        return await self.view.exists() and not (await self.view.state()).has_ended

    async def _start_workflow(
        self, workflow: str, arguments: Sequence[Any], **options: Any
    ) -> None:
        await self._client.start_workflow(workflow, args=arguments, **options)

    async def conclude(self) -> OrderOutcome:
        """The outcome of the order, once nothing more can happen to it."""
        # An order that is stuck is ended here, unless it has just ended by itself after all.
        if self._waits_for and await self.view.terminate("the trial is over"):
            ending = Ending(OrderStatus.RUNNING)
        else:
            self._waits_for = ""
            ending = await self._last_ending()
        endings = [] if self._waits_for else [await each for each in self._endings]
        if ending.says_nothing and self._holds_nothing():
            ending, endings = NOT_UNDERSTOOD, [NOT_UNDERSTOOD for _ in endings]
        history = await self._history()
        self.unplayable = self.unplayable or await self._strangers(history)
        return OrderOutcome(
            order=self.order.id,
            ending=ending,
            ended_at=self._ended_at,
            waits_for=self._waits_for,
            endings=endings,
            statuses=self.statuses,
            workflow_id=self.workflow_id,
            recorded=history,
            replays=self._replays(history),
            broken_replay=self._broken_replay(history) or self._broken_by_query,
        )

    def _holds_nothing(self) -> bool:
        """Whether an end that says nothing may be that of an order that did not complete."""
        saga, ledger = self.trial.saga, self.trial.world.ledger
        effects = [each for each in ledger.effects.values() if each.order == self.order.id]
        free = not self.order.total
        return saga.nothing_is_open and holds_nothing(
            effects, saga.promised, self.trial.network.operations, free=free
        )

    async def _strangers(self, history: WorkflowHistory) -> str:
        """What the workflow or a child of it has started, and the saga under test does not name."""
        queues = {self._task_queue, *self.trial.saga.task_queues}
        found = strangers_in(history.events, self.trial.saga, queues, self._is_known)
        for child in () if found else children_in(history.events):
            found = found or await self._strangers(await self._history_of(child))
        return found

    @abstractmethod
    def _replays(self, history: WorkflowHistory) -> int:
        """How often the workflow was rebuilt by replaying its history."""

    def _broken_replay(self, history: WorkflowHistory) -> str:
        """Where and how a replay first did something else than before; empty if none did."""
        return first_broken_replay(history.events)

    async def _last_ending(self) -> Ending:
        """The end that a client gets which asks after everything is over."""
        return await self._ending()

    async def _history(self) -> WorkflowHistory:
        return await self._history_of(self.workflow_id)

    async def _history_of(self, workflow_id: str) -> WorkflowHistory:
        """The events of a workflow, the order's own or a descendant of it."""
        return await WorkflowView(self._client, workflow_id).history()

    def note_status(self, answer: Answer) -> None:
        """Keep what a query for the status was answered, and whether it broke a replay.

        A query may need a replay as well, and leaves nothing in the history.
        """
        self.statuses.append(answer.text)
        if BROKEN_REPLAY in answer.text and not self._broken_by_query:
            self._broken_by_query = f"a query was {answer}"

    def forget(self) -> None:
        """Stop waiting for the order's end."""
        self._is_known = bool  # what it was refers to what refers to this workflow
        for task in self._endings:
            task.cancel()

    async def _ending(self) -> Ending:
        return await self.view.ending(self.trial.saga.reading)


def start_options(options: StartOptions) -> dict[str, Any]:
    """What ``start_workflow`` takes beside the order; empty where the scenario says nothing."""
    retries = options.retry_policy
    wanted: dict[str, Any] = {
        "execution_timeout": _interval(options.execution_timeout),
        "run_timeout": _interval(options.run_timeout),
        "retry_policy": retries and _retry_policy(retries),
    }
    return {name: value for name, value in wanted.items() if value is not None}


def _retry_policy(retries: Retries) -> RetryPolicy:
    return RetryPolicy(
        initial_interval=timedelta(seconds=retries.initial_interval),
        backoff_coefficient=retries.backoff_coefficient,
        maximum_interval=_interval(retries.maximum_interval),
        maximum_attempts=retries.maximum_attempts,
        non_retryable_error_types=retries.non_retryable_error_types,
    )


def _interval(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
