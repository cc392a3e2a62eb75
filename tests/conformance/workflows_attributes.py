"""Cases about search attributes that a server knows, and about those that it refuses."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from tests.conformance.registry import add, case, common
from tests.conformance.side import TASK_TIMEOUT, Play, Side

STAGE = SearchAttributeKey.for_keyword("Stage")
TRIES = SearchAttributeKey.for_int("Tries")
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)

TAKEN: dict[str, tuple[SearchAttributeKey[Any], Any]] = {
    "keyword": (STAGE, "x"),
    "int": (TRIES, 3),
    "float": (SearchAttributeKey.for_float("Weight"), 3.5),
    "int-as-float": (SearchAttributeKey.for_int("Weight"), 3),
    "bool": (SearchAttributeKey.for_bool("Paid"), True),
    "datetime": (SearchAttributeKey.for_datetime("Due"), MOMENT),
    "text-as-datetime": (SearchAttributeKey.for_keyword("Due"), "2026-01-01T00:00:00Z"),
    "keyword-list": (SearchAttributeKey.for_keyword_list("Tags"), ["a", "b"]),
    "text-as-keyword": (SearchAttributeKey.for_text("Stage"), "x"),
    "list-of-one-as-keyword": (SearchAttributeKey.for_keyword_list("Stage"), ["x"]),
    "predefined": (SearchAttributeKey.for_keyword("BatcherUser"), "x"),
}
"""Keys and values that a server takes, whatever the key says of their types."""

REFUSED: dict[str, tuple[SearchAttributeKey[Any], Any]] = {
    "unknown": (SearchAttributeKey.for_keyword("Nobody"), "x"),
    "system": (SearchAttributeKey.for_keyword("WorkflowType"), "x"),
    "int-as-keyword": (SearchAttributeKey.for_int("Stage"), 3),
    "large-int-as-keyword": (SearchAttributeKey.for_int("Stage"), 1_000_000),
    "float-as-keyword": (SearchAttributeKey.for_float("Stage"), 1.5),
    "bool-as-keyword": (SearchAttributeKey.for_bool("Stage"), True),
    "list-as-keyword": (SearchAttributeKey.for_keyword_list("Stage"), ["a", "b"]),
    "float-as-int": (SearchAttributeKey.for_float("Tries"), 3.5),
    "whole-float-as-int": (SearchAttributeKey.for_float("Tries"), 3.0),
    "keyword-as-int": (SearchAttributeKey.for_keyword("Tries"), "x"),
    "keyword-as-float": (SearchAttributeKey.for_keyword("Weight"), "x"),
    "int-as-bool": (SearchAttributeKey.for_int("Paid"), 1),
    "keyword-as-datetime": (SearchAttributeKey.for_keyword("Due"), "x"),
    "day-as-datetime": (SearchAttributeKey.for_keyword("Due"), "2026-01-01"),
    "local-time-as-datetime": (SearchAttributeKey.for_keyword("Due"), "2026-01-01T00:00:00"),
    "int-as-datetime": (SearchAttributeKey.for_int("Due"), 1),
    "keyword-as-list": (SearchAttributeKey.for_keyword("Tags"), "x"),
}
"""Keys and values that a server refuses."""


def _attributes(key: SearchAttributeKey[Any], value: Any) -> TypedSearchAttributes:
    return TypedSearchAttributes([SearchAttributePair(key, value)])


@contextmanager
def _untyped() -> Iterator[None]:
    """The SDK warns of attributes without types, which are old, and still there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def _held() -> str:
    return str(sorted(map(str, workflow.info().typed_search_attributes.search_attributes)))


@common
@workflow.defn
class Tells:
    """Tells its search attributes."""

    @workflow.run
    async def run(self) -> str:
        """Tell them."""
        return _held()


@common
@workflow.defn
class SetsAttributes:
    """Sets a search attribute in one of several ways, with an activity beside it."""

    @workflow.run
    async def run(self, name: str, way: str, waits: bool) -> str:
        """Set it; after a timer, if it is to wait."""
        key, value = (TAKEN | REFUSED)[name]
        if waits:
            await asyncio.sleep(1)
        if way == "child":
            attributes = _attributes(key, value)
            return str(
                await workflow.execute_child_workflow(
                    Tells.run,
                    id=f"{workflow.info().workflow_id}/child",
                    task_timeout=TASK_TIMEOUT,
                    search_attributes=attributes,
                )
            )
        if way == "again":
            workflow.continue_as_new(
                args=["keyword", "none", False], search_attributes=_attributes(key, value)
            )
        if way != "none":
            change = key.value_unset() if way == "unset" else key.value_set(value)
            workflow.upsert_search_attributes([change])
            await asyncio.sleep(1)
        return _held()


def _starts(name: str) -> Play:
    async def play(side: Side) -> None:
        handle = side.start(Tells.run, search_attributes=_attributes(*(TAKEN | REFUSED)[name]))
        if name in REFUSED:
            await side.note("start", handle)
        else:
            await side.note_result(await handle)

    return play


def _sets(name: str, way: str) -> Play:
    async def play(side: Side) -> None:
        await side.run(SetsAttributes.run, name, way, False)

    return play


def _is_refused(name: str, way: str, *, waits: bool = False) -> Play:
    async def play(side: Side) -> None:
        handle = await side.start(SetsAttributes.run, name, way, waits)
        await side.has(handle, "WORKFLOW_TASK_FAILED", 2 if waits else 1)
        await side.fails_silently(handle)
        await handle.terminate(reason="it is refused for ever")
        await side.note_result(handle)

    return play


for _name in TAKEN | REFUSED:
    add(f"attributes-start-{_name}", _starts(_name))
for _name in TAKEN:
    add(f"attributes-upsert-{_name}", _sets(_name, "upsert"))
for _name in REFUSED:
    add(f"attributes-upsert-{_name}", _is_refused(_name, "upsert"), skips_time=False)
for _way in ("unset", "child", "again"):
    add(f"attributes-{_way}-keyword", _sets("keyword", _way))
    add(f"attributes-{_way}-unknown", _is_refused("unknown", _way), skips_time=False)
add("attributes-unset-int-as-keyword", _sets("int-as-keyword", "unset"))
add("attributes-child-refused", _is_refused("int-as-keyword", "child"), skips_time=False)
add(
    "attributes-refused-in-a-later-task",
    _is_refused("unknown", "upsert", waits=True),
    skips_time=False,
)


@common
@workflow.defn
class Untyped:
    """Sets search attributes without saying their types."""

    @workflow.run
    async def run(self) -> list[str]:
        """Tell them, change them, and tell them."""
        before = _held()
        with _untyped():
            workflow.upsert_search_attributes({"Stage": ["second"], "Tries": []})
        await asyncio.sleep(1)
        return [before, _held()]


@case()
async def attributes_without_types(side: Side) -> None:
    """The server knows their types, and writes them down."""
    with _untyped():
        handle = await side.start(Untyped.run, search_attributes={"Tries": [3]})
    await side.note_result(handle)


@case()
async def attributes_are_those_of_one_run(side: Side) -> None:
    """A run that begins with none has none, whatever those before it have set."""
    await side.run(SetsAttributes.run, "keyword", "upsert", False, id="first")
    await side.run(Tells.run, id="second")
