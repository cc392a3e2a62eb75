"""A saga that books a table and writes to the guest, with one step or row changed for each test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

from sagacheck import SagaUnderTest
from sagacheck.inprocess import FakesClient
from sagacheck.services import Operation, Request, Service, Tells
from sagacheck.world import Effect, Ledger, World

BOOK = Operation(
    name="tables.book", routes=("POST /tables",), success=201, reply_fields=("id",), key_at="key"
)
CANCEL = Operation(
    name="tables.cancel",
    routes=("DELETE /tables",),
    success=204,
    undoes=BOOK.name,
    key_at=None,
    target_key_at="key",
)
WRITE = Operation(name="letters.write", routes=("POST /letters",), success=202, key_at="key")
LOOK = Operation(
    name="tables.look",
    routes=("GET /tables",),
    success=200,
    reads="tables",
    key_at=None,
    fields=("order_id",),
)
A_MINUTE = timedelta(minutes=1)
HTTP = FakesClient()


class Desk(Service):
    """Tables that are booked, and letters that are sent."""

    def create(self, request: Request) -> tuple[Effect, Mapping[str, Any]]:
        """Write it down."""
        effect = self.new_effect(request)
        self.write(request.operation.name, effect)
        return effect, {"id": effect.id}

    def undo(self, request: Request, effect: Effect) -> None:
        """Write that down, too."""
        self.write(request.operation.name, effect)

    def reads(self, ledger: Ledger) -> Mapping[str, Any]:
        """The tables that were booked."""
        return {"tables": ledger.effects_by(BOOK.name)}


def desk(*rows: Operation) -> Callable[[World], list[Service]]:
    """A desk that offers these operations."""

    class Offering(Desk):
        operations: ClassVar = rows

    return lambda world: [Offering(world)]


async def post(path: str, body: dict[str, Any], **how: Any) -> None:
    """Send a request, and raise where it is refused."""
    reply = await HTTP.post(f"https://restaurant{path}", json=body, timeout=5, **how)
    reply.raise_for_status()


@activity.defn
async def book(order: dict[str, Any]) -> None:
    """Book a table, with the key in the body."""
    await post("/tables", {"key": order["id"]})


@activity.defn(name="book")
async def book_by_header(order: dict[str, Any]) -> None:
    """Book a table, with the key in a header."""
    await post("/tables", {"guest": "ada"}, headers={"Idempotency-Key": order["id"]})


@activity.defn
async def cancel(order: dict[str, Any]) -> None:
    """Cancel what was booked with the order's key."""
    reply = await HTTP.delete("https://restaurant/tables", params={"key": order["id"]}, timeout=5)
    reply.raise_for_status()


@activity.defn
async def write(order: dict[str, Any]) -> None:
    """Write to the guest."""
    await post("/letters", {"key": order["id"]})


async def step(name: str, order: dict[str, Any]) -> None:
    """Run an activity by its name, a few times where it fails."""
    retries = RetryPolicy(maximum_attempts=3)
    await workflow.execute_activity(
        name, order, start_to_close_timeout=A_MINUTE, retry_policy=retries
    )


@workflow.defn(sandboxed=False)
class Books:
    """Books a table."""

    @workflow.run
    async def run(self, order: dict[str, Any]) -> dict[str, Any]:
        """Book, or cancel again."""
        try:
            await step("book", order)
        except ActivityError:
            await step("cancel", order)
            return {"status": "failed"}
        return {"status": "completed"}


SAGA = SagaUnderTest(workflow=Books, activities=[book, cancel, write], services=desk(BOOK, CANCEL))
"""As it should be."""


def by_header(key_at: str) -> SagaUnderTest:
    """The saga with its key in a header, and a service that looks for it elsewhere or there."""
    row = replace(BOOK, key_at=key_at)
    return replace(SAGA, activities=[book_by_header, cancel], services=desk(row, CANCEL))


@workflow.defn(sandboxed=False)
class BooksAndWrites:
    """Books a table and writes to the guest, whatever comes of it."""

    @workflow.run
    async def run(self, order: dict[str, Any]) -> dict[str, Any]:
        """Book, or cancel again; then write."""
        result = await Books().run(order)
        await step("write", order)
        return result


def writes(tells: Tells) -> SagaUnderTest:
    """The saga that writes to every guest, with a row that says what the letter tells."""
    row = replace(WRITE, tells=tells)
    return replace(SAGA, workflow=BooksAndWrites, services=desk(BOOK, CANCEL, row))


@activity.defn
async def book_anew(order: dict[str, Any]) -> None:
    """Book a table with another key."""
    await post("/tables", {"key": f"{order['id']}-anew"})


@activity.defn
async def look(order: dict[str, Any]) -> bool:
    """Whether the order has a table."""
    where = {"order_id": order["id"]}
    reply = await HTTP.get("https://restaurant/tables", params=where, timeout=5)
    reply.raise_for_status()
    return bool(reply.json())


@workflow.defn(sandboxed=False)
class Reconciles:
    """Books once; where that is not answered it looks for its table, and books anew."""

    @workflow.run
    async def run(self, order: dict[str, Any]) -> dict[str, Any]:
        """Book, or look and book."""
        once = RetryPolicy(maximum_attempts=1)
        try:
            await workflow.execute_activity(
                "book", order, start_to_close_timeout=A_MINUTE, retry_policy=once
            )
        except ActivityError:
            if not await workflow.execute_activity(look, order, start_to_close_timeout=A_MINUTE):
                await step("book_anew", order)
        return {"status": "completed"}


RECONCILES = replace(
    SAGA,
    workflow=Reconciles,
    activities=[book, book_anew, look],
    services=desk(BOOK, CANCEL, LOOK),
)
"""Right as long as what it reads is not stale."""
