"""Cases about requests of clients that the server does not take, whatever its workflows are at."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowHandle,
    WorkflowHistoryEventFilterType,
)
from temporalio.common import (
    RetryPolicy,
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.service import RPCError

from tests.conformance.registry import add, case
from tests.conformance.side import Play, Side
from tests.conformance.workflows_ends import Waits

LONG = "x" * 1001
UMLAUTS = "ü" * 501
NEGATIVE = timedelta(seconds=-1)
UNKNOWN_RUN = "00000000-0000-4000-8000-000000000000"


class Contradictory(RetryPolicy):
    """A policy that the SDK would not let pass."""

    def _validate(self) -> None:
        """Whatever it is."""


_POLICY = Contradictory(maximum_attempts=-1)
_UNKNOWN = TypedSearchAttributes([SearchAttributePair(SearchAttributeKey.for_keyword("Foo"), "x")])
_TERMINATE = WorkflowIDConflictPolicy.TERMINATE_EXISTING
_REJECT = WorkflowIDReusePolicy.REJECT_DUPLICATE
_CONTRADICTION = {"id_reuse_policy": _REJECT, "id_conflict_policy": _TERMINATE}

BAD_STARTS: dict[str, dict[str, Any]] = {
    "no id": {"id": ""},
    "long id": {"id": LONG},
    "id long in bytes": {"id": UMLAUTS},
    "no type": {"workflow": ""},
    "long type": {"workflow": LONG},
    "no queue": {"task_queue": ""},
    "long queue": {"task_queue": LONG},
    "queue of the system": {"task_queue": "/_sys/mine"},
    "execution timeout": {"execution_timeout": NEGATIVE},
    "run timeout": {"run_timeout": NEGATIVE},
    "task timeout": {"task_timeout": NEGATIVE},
    "policy": {"retry_policy": _POLICY},
    "contradiction": _CONTRADICTION,
    "two ways to terminate": {
        "id_reuse_policy": WorkflowIDReusePolicy.TERMINATE_IF_RUNNING,
        "id_conflict_policy": WorkflowIDConflictPolicy.FAIL,
    },
    "attributes": {"search_attributes": _UNKNOWN},
    "policy and id": {"id": "", "retry_policy": _POLICY},
    "policy and type": {"workflow": "", "retry_policy": _POLICY},
    "policy and timeout": {"run_timeout": NEGATIVE, "retry_policy": _POLICY},
    "policy and contradiction": {"retry_policy": _POLICY, **_CONTRADICTION},
    "type and queue": {"workflow": "", "task_queue": ""},
    "queue and timeout": {"task_queue": "", "run_timeout": NEGATIVE},
    "timeouts": {"execution_timeout": NEGATIVE, "task_timeout": NEGATIVE},
    "timeout and contradiction": {"run_timeout": NEGATIVE, **_CONTRADICTION},
    "attributes and contradiction": {"search_attributes": _UNKNOWN, **_CONTRADICTION},
}


def _refused(start: Callable[[Client, dict[str, Any]], Awaitable[Any]], **more: Any) -> Play:
    async def play(side: Side) -> None:
        handle = await side.start(Waits.run)
        await side.settled(handle)
        await handle.signal(Waits.end, "ended")
        await side.note_result(handle)
        for name, options in (BAD_STARTS | more).items():
            usual = {"workflow": "Waits", "id": f"{side.case.name}/no", "task_queue": side.queue}
            await side.note(name, start(side.client, usual | options))

    return play


async def _start(client: Client, options: dict[str, Any]) -> Any:
    return await client.start_workflow(options.pop("workflow"), **options)


async def _signal_with_start(client: Client, options: dict[str, Any]) -> Any:
    return await _start(client, {"start_signal": "end"} | options)


async def _update_with_start(client: Client, options: dict[str, Any]) -> Any:
    call = {name: options.pop(name) for name in ("update", "id_of_update") if name in options}
    usual = {"id_conflict_policy": WorkflowIDConflictPolicy.USE_EXISTING}
    start: Any = WithStartWorkflowOperation(options.pop("workflow"), **usual | options)
    try:
        return await client.execute_update_with_start_workflow(
            call.get("update", "any"),
            start_workflow_operation=start,
            id=call.get("id_of_update"),
        )
    except RPCError:
        with suppress(RPCError):
            await start.workflow_handle()  # a client has to wait for it
        raise


add(
    "refused-updates-with-start",
    _refused(
        _update_with_start,
        **{
            "no update": {"update": ""},
            "long id of the update": {"id_of_update": LONG},
            "no update and no type": {"update": "", "workflow": ""},
        },
    ),
    skips_time=False,
)
add("refused-starts", _refused(_start), skips_time=False)
add(
    "refused-signals-with-start",
    _refused(
        _signal_with_start,
        **{
            "long signal": {"start_signal": LONG},
            "signal and id": {"start_signal": LONG, "id": ""},
            "signal and type": {"start_signal": LONG, "workflow": ""},
            "fails on conflict": {"id_conflict_policy": WorkflowIDConflictPolicy.FAIL},
            "fails on conflict, and attributes": {
                "id_conflict_policy": WorkflowIDConflictPolicy.FAIL,
                "search_attributes": _UNKNOWN,
            },
        },
    ),
    skips_time=False,
)

Calls = dict[str, Callable[[WorkflowHandle[Any, Any]], Awaitable[Any]]]
CALLS: Calls = {
    "signal": lambda handle: handle.signal("end"),
    "signal without a name": lambda handle: handle.signal(""),
    "signal with a long name": lambda handle: handle.signal(LONG),
    "query": lambda handle: handle.query("any"),
    "query without a name": lambda handle: handle.query(""),
    "update without a name": lambda handle: handle.execute_update(""),
    "update with a long id": lambda handle: handle.execute_update("any", id=LONG),
    "cancel": lambda handle: handle.cancel(),
    "terminate": lambda handle: handle.terminate(),
    "describe": lambda handle: handle.describe(),
    "history": lambda handle: handle.fetch_history(),
}


@case(skips_time=False)
async def refused_calls(side: Side) -> None:
    """Requests without a name or an id, with a malformed run id, and with an unknown one."""
    handle = await side.start(Waits.run)
    await side.settled(handle)
    client = side.client
    targets = {
        "no id": client.get_workflow_handle(""),
        "no uuid": client.get_workflow_handle(handle.id, run_id="abc"),
        "unknown run": client.get_workflow_handle(handle.id, run_id=UNKNOWN_RUN),
        "unknown id": client.get_workflow_handle("nobody"),
        "long id": client.get_workflow_handle(LONG),
    }
    for target, each in targets.items():
        for name, call in CALLS.items():
            await side.note(f"{target}: {name}", call(each))
    for name in ("signal without a name", "signal with a long name", "query without a name"):
        await side.note(name, CALLS[name](handle))
    await handle.signal(Waits.end, "ended")
    await side.note_result(handle)


@case(skips_time=False)
async def another_namespace(side: Side) -> None:
    """There is one, and workflows are not seen from another."""
    handle = await side.start(Waits.run)
    await side.settled(handle)
    elsewhere = Client(side.client.service_client, namespace="elsewhere")
    await side.note("start", elsewhere.start_workflow("Waits", id="", task_queue=side.queue))
    for name, call in CALLS.items():
        await side.note(name, call(elsewhere.get_workflow_handle(handle.id)))
    await handle.signal(Waits.end, "ended")
    await side.note_result(handle)


@case(skips_time=False)
async def signal_with_start_takes_the_place_of_one(side: Side) -> None:
    """A policy that terminates goes for starts with a signal, too."""
    first = await side.start(Waits.run)
    await side.settled(first)
    second = await side.start(
        Waits.run,
        start_signal="end",
        start_signal_args=["ended"],
        id_conflict_policy=WorkflowIDConflictPolicy.TERMINATE_EXISTING,
    )
    await side.note_result(second)
    of_the_first = side.client.get_workflow_handle(first.id, run_id=first.result_run_id)
    await side.note("first", of_the_first.result())


@case()
async def the_close_event_alone_is_asked_for(side: Side) -> None:
    """An open workflow has none; whoever waits for it gets it once the workflow has closed."""
    handle = await side.start(Waits.run)
    await side.settled(handle)
    await side.note("of an open workflow", _close_events(handle))
    waiting = asyncio.create_task(_close_events(handle, wait=True))
    await handle.signal("end", "now")
    await side.note("waited for", waiting)
    await side.note("of a closed workflow", _close_events(handle))
    await side.note_result(handle)


async def _close_events(handle: WorkflowHandle[Any, Any], wait: bool = False) -> list[str]:
    close = WorkflowHistoryEventFilterType.CLOSE_EVENT
    events = handle.fetch_history_events(event_filter_type=close, wait_new_event=wait)
    return [EventType.Name(each.event_type) async for each in events]
