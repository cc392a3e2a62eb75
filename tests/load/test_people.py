"""What people send to orders under load."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from sagacheck.load.users.order_client import OrderClient
from sagacheck.load.users.people import People
from tests.sagas.asked import PURCHASE

pytestmark = pytest.mark.asyncio

APPROVE: Any = ("approve", ["ann", 10])
CONFIRM: Any = ("confirm", [])


class _Client(OrderClient):
    """Orders that wait, and keep what is sent to them; an order that has ended takes nothing."""

    def __init__(self, **waiting: bool) -> None:
        super().__init__(cast("Any", None), PURCHASE, "load")
        self.waiting = waiting
        self.sent: dict[str, list[Any]] = {order: [] for order in waiting}

    def view(self, order_id: str) -> Any:
        """An order."""

        async def state() -> Any:
            return SimpleNamespace(is_waiting=self.waiting[order_id])

        async def send(name: str, *, args: Any, **_: Any) -> None:
            if order_id == "ended":
                raise RuntimeError("workflow execution already completed")
            self.sent[order_id].append((name, list(args)))

        handle = SimpleNamespace(signal=send, start_update=send)
        return SimpleNamespace(state=state, handle=handle)


async def test_each_order_that_waits_is_sent_one_message_after_another() -> None:
    """And then the first again. One that is busy is left alone, one that ends disturbs nobody."""
    client = _Client(o1=True, ended=True, busy=False, o2=True)

    async def open_orders() -> list[str]:
        return list(client.waiting)

    people = People(cast("Any", None), client, open_orders)
    for _ in range(3):
        await people._send_to_all()

    assert client.sent["o1"] == client.sent["o2"] == [APPROVE, CONFIRM, APPROVE]
    assert client.sent["busy"] == client.sent["ended"] == []


async def test_an_update_that_is_answered_later_does_not_hold_up_the_next_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is accepted, which is enough; where it is not, the next look tries again."""
    monkeypatch.setattr("sagacheck.load.users.people.ACCEPTED_SECONDS", 0.01)
    client = _Client(o1=True)
    hanging = SimpleNamespace(
        state=client.view("o1").state,
        handle=SimpleNamespace(
            signal=client.view("o1").handle.signal,
            start_update=lambda *_, **__: asyncio.Event().wait(),
        ),
    )
    monkeypatch.setattr(client, "view", lambda _order: hanging)

    async def open_orders() -> list[str]:
        return ["o1"]

    people = People(cast("Any", None), client, open_orders)
    for _ in range(3):
        await people._send_to_all()

    assert [name for name, _ in client.sent["o1"]] == ["approve", "approve"]
