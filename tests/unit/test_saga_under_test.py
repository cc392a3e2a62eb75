"""What a saga under test may not be is said when it is made."""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from temporalio import workflow
from temporalio.common import RawValue

from scenarios import SAGA
from tests.sagas.approval import APPROVED


@pytest.mark.parametrize(
    "text", ["order-{order_id}", "{order_id}", "a/{order_id}/b", "{{}}{order_id}"]
)
def test_an_id_is_made_of_the_order_s(text: str) -> None:
    """Any text will do in which the order's id stands."""
    assert "o1" in replace(SAGA, workflow_id=text).workflow_id.format(order_id="o1")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("order-{order_id}-{n}", "has {n}, and may have {order_id} only"),
        ("order-{n}", "has {n}, and may"),
        ("{order_id}{}", "has {}, and may"),
        ("{order_id.length}", "has {order_id.length}, and may"),
        ("order", "has no {order_id}: two orders would have one workflow"),
        ("order-{order_id", "cannot be read: expected '}' before end of string"),
    ],
)
def test_one_id_for_each_click_is_refused(text: str, why: str) -> None:
    """An order has one workflow; other ids are refused with the reason, before anything runs."""
    with pytest.raises(ValueError, match="workflow_id") as refused:
        replace(SAGA, workflow_id=text)

    assert f"workflow_id {text!r} {why}" in str(refused.value)


@workflow.defn
class Listens:
    """Adds handlers while it runs."""

    @workflow.run
    async def run(self, order: Any) -> None:
        """Listen."""
        workflow.set_signal_handler(f"approve-{order}", print)
        workflow.set_dynamic_update_handler(print)


this_module = sys.modules[__name__]


def twice(run: Any) -> Any:
    """Decorate a method."""

    @functools.wraps(run)
    async def wrapped(self: Any, order: Any) -> None:
        await run(self, order)
        await run(self, order)

    return wrapped


def listen() -> None:
    """Add a handler for a caller."""
    workflow.set_signal_handler("approve", print)


@workflow.defn
class ListensWithin:
    """Adds a handler in an inner function of a decorated method."""

    @workflow.run
    @twice
    async def run(self, order: Any) -> None:
        """Listen."""

        async def later() -> None:
            workflow.set_signal_handler(f"approve-{order}", print)

        await later()


@workflow.defn
class ListensByFunction:
    """Adds a handler by a function outside of its class."""

    @workflow.run
    async def run(self, order: Any) -> None:
        """Listen."""
        listen()


@workflow.defn
class ListensByModule:
    """Adds a handler by a function of another module."""

    @workflow.run
    async def run(self, order: Any) -> None:
        """Listen."""
        this_module.listen()


@workflow.defn
class ListensByProperty:
    """Adds a handler when a property is read."""

    @workflow.run
    async def run(self, order: Any) -> None:
        """Listen."""
        _ = self.ready

    @property
    def ready(self) -> bool:
        """Whether it listens."""
        workflow.set_signal_handler("approve", print)
        return True


@pytest.mark.parametrize(
    "listens", [Listens, ListensWithin, ListensByFunction, ListensByModule, ListensByProperty]
)
def test_a_workflow_that_adds_handlers_may_get_any_signal(listens: type) -> None:
    """Wherever its code does so: a message must not be refused that the workflow would take."""
    assert replace(SAGA, workflow=listens).dialect.messages.signals is None


@workflow.defn
class TakesAny:
    """Has a handler for signals of all names."""

    @workflow.run
    async def run(self, order: Any) -> None:
        """Do nothing."""

    @workflow.signal(dynamic=True)
    def any(self, name: str, args: Sequence[RawValue]) -> None:
        """Take it."""


def test_scenarios_know_the_messages_that_a_workflow_handles() -> None:
    """Where it may handle others too, a message may have any name."""
    signals = [each.dialect.messages.signals for each in (SAGA, APPROVED)]
    updates = [each.dialect.messages.updates for each in (SAGA, APPROVED)]
    adds, takes = (replace(SAGA, workflow=each).dialect.messages for each in (Listens, TakesAny))

    assert (signals, updates) == ([("cancel",), ("approve",)], [("request_cancel",), ("confirm",)])
    assert (adds.signals, adds.updates) == (None, None)
    assert (takes.signals, takes.updates) == (None, ())
