"""Sagas whose activities make no HTTP call: one that is right and one that is wrong for each kind.

Each books a room and pays for it, or neither. The careful workflow registers an undo before its
step, the careless one after it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from sagacheck import SagaUnderTest, effect

LIMIT = timedelta(seconds=30)
THREE_TIMES = RetryPolicy(maximum_attempts=3)


@dataclass
class Stay:
    """What is booked, and by which key."""

    key: str
    guest: str = "ada"


class Hotel:
    """Books rooms, and remembers how often each of its activities ran."""

    def __init__(self) -> None:
        self.runs: list[str] = []

    @activity.defn(name="book")
    async def book(self, stay: Stay) -> str:
        """Book a room."""
        self.runs.append("book")
        return f"room for {stay.guest}"

    @activity.defn(name="cancel")
    async def cancel(self, stay: Stay) -> None:
        """Cancel the room."""
        del stay
        self.runs.append("cancel")


class PatientHotel(Hotel):
    """The same, by coroutines that heartbeat."""

    @activity.defn(name="book")
    async def book(self, stay: Stay) -> str:
        """Book a room, and heartbeat meanwhile."""
        for done in range(3):
            activity.heartbeat(done)
            await asyncio.sleep(0)
        return await super().book(stay)


class ThreadedHotel(Hotel):
    """The same, by functions in threads."""

    @activity.defn(name="book")
    def book(self, stay: Stay) -> str:  # type: ignore[override]
        """Book a room."""
        self.runs.append("book")
        return f"room for {stay.guest}"

    @activity.defn(name="cancel")
    def cancel(self, stay: Stay) -> None:  # type: ignore[override]
        """Cancel the room."""
        del stay
        self.runs.append("cancel")


class PatientThreadedHotel(ThreadedHotel):
    """The same, by functions in threads that heartbeat."""

    @activity.defn(name="book")
    def book(self, stay: Stay) -> str:  # type: ignore[override]
        """Book a room, and heartbeat meanwhile."""
        for done in range(3):
            activity.heartbeat(done)
        return super().book(stay)


class SlowHotel(ThreadedHotel):
    """The same, by a function that works for a second."""

    @activity.defn(name="book")
    def book(self, stay: Stay) -> str:  # type: ignore[override]
        """Book a room, after a while."""
        time.sleep(1)
        return super().book(stay)


class SlowAsyncHotel(Hotel):
    """The same, by a coroutine that waits for a second."""

    @activity.defn(name="book")
    async def book(self, stay: Stay) -> str:
        """Book a room, after a while."""
        await asyncio.sleep(1)
        return await super().book(stay)


@activity.defn(name="book")
async def book_by_function(stay: Stay) -> str:
    """Book a room."""
    return f"room for {stay.guest}"


@activity.defn(name="cancel")
async def cancel_by_function(stay: Stay) -> None:
    """Cancel the room."""
    del stay


@activity.defn(name="pay")
async def pay(stay: Stay) -> None:
    """Pay for the room."""
    if stay.guest == "mallory":
        msg = "mallory has no money"
        raise ApplicationError(msg, type="NoMoney", non_retryable=True)


async def _remotely(name: str, stay: Stay, retries: RetryPolicy | None) -> Any:
    return await workflow.execute_activity(
        name, stay, start_to_close_timeout=LIMIT, retry_policy=retries
    )


async def _locally(name: str, stay: Stay, retries: RetryPolicy | None) -> Any:
    return await workflow.execute_local_activity(
        name, stay, start_to_close_timeout=LIMIT, retry_policy=retries
    )


class _Books:
    """Books and pays; what was done is undone if the rest cannot be had."""

    registers_first = True
    do: Callable[[str, Stay, RetryPolicy | None], Awaitable[Any]] = staticmethod(_remotely)

    def __init__(self) -> None:
        self._undos: list[str] = []

    async def book(self, stay: Stay) -> dict[str, Any]:
        try:
            if self.registers_first:
                self._undos.append("cancel")
            await self.do("book", stay, THREE_TIMES)
            if not self.registers_first:
                self._undos.append("cancel")
            await self.do("pay", stay, None)  # until it is refused: no payment is in doubt
        except (FailureError, asyncio.CancelledError) as failure:
            rollback = asyncio.create_task(self._roll_back(stay))
            while not rollback.done():
                try:
                    await asyncio.shield(rollback)
                except asyncio.CancelledError:
                    continue
            if is_cancelled_exception(failure):
                raise
            return {"status": "failed", "error": str(failure.__cause__ or failure)}
        return {"status": "completed"}

    async def _roll_back(self, stay: Stay) -> None:
        while self._undos:
            await self.do(self._undos.pop(), stay, None)


@workflow.defn
class Careful(_Books):
    """As it should be."""

    @workflow.run
    async def run(self, stay: Stay) -> dict[str, Any]:
        """Book and pay."""
        return await self.book(stay)


@workflow.defn
class Careless(_Books):
    """Registers too late."""

    registers_first = False

    @workflow.run
    async def run(self, stay: Stay) -> dict[str, Any]:
        """Book and pay."""
        return await self.book(stay)


@workflow.defn
class CarefulLocally(_Books):
    """As it should be, by local activities."""

    do = staticmethod(_locally)

    @workflow.run
    async def run(self, stay: Stay) -> dict[str, Any]:
        """Book and pay."""
        return await self.book(stay)


@workflow.defn
class CarelessLocally(_Books):
    """Registers too late, by local activities."""

    registers_first = False
    do = staticmethod(_locally)

    @workflow.run
    async def run(self, stay: Stay) -> dict[str, Any]:
        """Book and pay."""
        return await self.book(stay)


def _key(stay: Stay) -> str:
    return stay.key


def saga(
    book: Any, cancel: Any, *, keys: bool = True, workflow_class: type = Careful, **more: Any
) -> SagaUnderTest:
    """A saga with these two activities.

    Args:
        book: Books a room.
        cancel: Cancels it.
        keys: Whether they are called with idempotency keys.
        workflow_class: The workflow.
        more: More of the effect of `book`.
    """
    key = _key if keys else None
    return SagaUnderTest(
        workflow=workflow_class,
        activities=[
            effect(book, "hotel.book", undo="hotel.cancel", key=key, **more),
            effect(cancel, "hotel.cancel", key=key),
            effect(pay, "bank.pay", key=_key, needs=["hotel.book"], refusals=["NoMoney"]),
        ],
        arguments=lambda order: [Stay(order.id)],
        completed_means=("hotel.book",),
    )


HOTEL, PATIENT, THREADED, PATIENT_THREADED = (
    kind() for kind in (Hotel, PatientHotel, ThreadedHotel, PatientThreadedHotel)
)
SLOW_THREADED, SLOW = SlowHotel(), SlowAsyncHotel()
FUNCTIONS = saga(book_by_function, cancel_by_function)
METHODS = saga(HOTEL.book, HOTEL.cancel)
HEARTBEATS = saga(PATIENT.book, PATIENT.cancel)
THREADS = saga(THREADED.book, THREADED.cancel)
HEARTBEATS_IN_THREADS = saga(PATIENT_THREADED.book, PATIENT_THREADED.cancel)
SLOW_THREADS = saga(SLOW_THREADED.book, SLOW_THREADED.cancel)
SLOW_COROUTINES = saga(SLOW.book, SLOW.cancel)
LOCALS = replace(METHODS, workflow=CarefulLocally)
LOCALS_IN_THREADS = replace(THREADS, workflow=CarefulLocally)
WITH_TOMBSTONES = saga(HOTEL.book, HOTEL.cancel, tombstones=True)
CARELESS = replace(WITH_TOMBSTONES, workflow=Careless)
WITHOUT_KEYS = saga(HOTEL.book, HOTEL.cancel, keys=False)
NO_MONEY = replace(METHODS, arguments=lambda order: [Stay(order.id, "mallory")])


def careless(careful: SagaUnderTest) -> SagaUnderTest:
    """The same saga with its bug."""
    is_local = careful.workflow is CarefulLocally
    return replace(careful, workflow=CarelessLocally if is_local else Careless)
