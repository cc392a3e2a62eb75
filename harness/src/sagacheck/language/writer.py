"""Writes scenarios as files that people read and the loader takes: the inverse of `build`.

Defaults are left out. The style is that of the catalogue: one line for each fact, and what belongs
to it in braces.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sagacheck.language.build import DEFAULT_REASON
from sagacheck.language.dialect import Dialect
from sagacheck.language.model.events import EventEntry
from sagacheck.language.model.expect import Expect
from sagacheck.language.model.faults import FaultEntry, as_calls
from sagacheck.language.model.given import duration_words
from sagacheck.language.model.start import StartEntry
from sagacheck.language.model.written import Written
from sagacheck.language.scenario import (
    ANY_STATUS,
    AnyOrder,
    Event,
    EventKind,
    Expectations,
    FaultSpec,
    OrderExpectation,
    Retries,
    Scenario,
    StartOptions,
    When,
)
from sagacheck.language.yaml.text import Block, BlockList, yaml_text
from sagacheck.network import calls_in_words, fault_in_words

_HEAD = "# yaml-language-server: $schema=../../schema.json\n"
"""As in every file of the catalogue, into which a scenario that was found should be moved."""


def as_yaml(scenario: Scenario, dialect: Dialect, *, comment: str = "") -> str:
    """The text of a file that `load_text` reads back as `scenario`, but for its places.

    Where a scenario expects nothing at all, the file says that its orders end, however they do.

    Args:
        scenario: What to write.
        dialect: The language that it is written in, `SagaUnderTest.dialect`.
        comment: Stands at the top of the file, behind ``#``.

    Raises:
        ValueError: When no file can mean that: a duration finer than a millisecond, other stock
            than the default of articles that are not named, and so on.
    """
    given = _filled_in(dialect.given, **dialect.given.words_for(scenario.given))
    words = Block(
        _filled_in(
            dialect.file,
            scenario=scenario.name,
            why=scenario.why,
            tags=list(scenario.tags) or None,
            covers=list(scenario.covers) or None,
            given=Block(given) or None,
            orders=_orders(scenario.orders, dialect),
            faults=BlockList(Block(_fault(spec)) for spec in scenario.faults) or None,
            events=BlockList(Block(_event(event)) for event in scenario.events) or None,
            expect=Block(_expect(scenario.expect) or _any_end(scenario.orders)),
        )
    )
    return _HEAD + _commented(comment) + yaml_text(words)


def _commented(text: str) -> str:
    # What YAML does not print may not even stand in a comment.
    printable = ("".join(c if c.isprintable() else "?" for c in line) for line in text.splitlines())
    return "".join(f"# {line}".rstrip() + "\n" for line in printable)


def _orders(orders: Iterable[AnyOrder], dialect: Dialect) -> list[Any]:
    words = [_order(order, dialect) for order in orders]
    are_short = all(isinstance(word, str) for order in words for word in order.values())
    if len(words) > 1 and are_short:
        return BlockList(words)
    return BlockList(map(Block, words))


def _order(order: AnyOrder, dialect: Dialect) -> dict[str, Any]:
    start = _start(order.start) or None
    words = _filled_in(dialect.orders, **dialect.orders.words_for(order), start=start)
    return {
        name: BlockList(word) if isinstance(word, list) and len(word) > 1 else word
        for name, word in words.items()
    }


def _start(options: StartOptions) -> dict[str, Any]:
    return _filled_in(
        StartEntry,
        execution_timeout=duration_words(options.execution_timeout),
        run_timeout=duration_words(options.run_timeout),
        retry_policy=_retries(options.retry_policy) if options.retry_policy else None,
    )


def _retries(policy: Retries) -> dict[str, Any]:
    coefficient = policy.backoff_coefficient
    words = {
        "maximum_attempts": policy.maximum_attempts,
        "initial_interval": duration_words(policy.initial_interval),
        "backoff_coefficient": int(coefficient) if coefficient.is_integer() else coefficient,
        "maximum_interval": duration_words(policy.maximum_interval),
        "non_retryable_error_types": [*policy.non_retryable_error_types],
    }
    default = Retries()
    return {name: words[name] for name in words if getattr(policy, name) != getattr(default, name)}


def _fault(spec: FaultSpec) -> dict[str, Any]:
    by_default = spec.calls == as_calls(None, spec.fault)
    return _filled_in(
        FaultEntry,
        on=spec.on,
        calls=None if by_default else calls_in_words(spec.calls),
        order=spec.order,
        fault=fault_in_words(spec.fault),
    )


def _event(event: Event) -> dict[str, Any]:
    is_cancel = event.kind is EventKind.CANCEL
    new_order = event.new_order
    words = _filled_in(
        EventEntry,
        **{str(event.kind): _subject(event)},
        when=_when(event.when),
        times=event.when.times if event.when.times != 1 else None,
        after=duration_words(event.when.waited or None),
        reason=event.reason if is_cancel and event.reason != DEFAULT_REASON else None,
        by=str(event.by) if event.by else None,
        changes=dict(event.changes) or None,
    )
    return {**words, "as": new_order.id} if new_order else words


def _subject(event: Event) -> Any:
    if event.message is not None:
        words = {"to": event.order, "name": event.message.name}
        return {**words, "args": [*event.message.args]} if event.message.args else words
    return True if event.kind is EventKind.HEAL else event.order


def _when(when: When) -> dict[str, Any] | str:
    if when.moment == "waiting":
        return "waiting"
    if when.at is not None:
        return {"at": duration_words(when.at)}
    moment: dict[str, Any] = {str(when.moment): when.operation}
    return moment if when.call == 1 else {**moment, "call": when.call}


def _expect(expect: Expectations) -> dict[str, Any]:
    return {
        **{order: _ending(wanted) for order, wanted in expect.orders.items()},
        **_filled_in(
            Expect,
            statuses=dict(expect.statuses) or None,
            effects=dict(expect.effects) or None,
            undone=None if expect.undone is None else list(expect.undone),
            stock=dict(expect.stock) or None,
            calls=dict(expect.calls) or None,
            orphans=dict(expect.orphans) or None,
        ),
    }


def _ending(wanted: OrderExpectation) -> dict[str, Any]:
    words = {"status": wanted.status, "error": wanted.error}
    return {name: word for name, word in words.items() if word} or {"status": ANY_STATUS}


def _any_end(orders: Iterable[AnyOrder]) -> dict[str, Any]:
    return {order.id: {"status": ANY_STATUS} for order in orders}


def _filled_in(model: type[Written], **words: Any) -> dict[str, Any]:
    """`words` without those that are ``None`` or the default of `model`."""
    defaults = {
        name: field.get_default(call_default_factory=True)
        for name, field in model.model_fields.items()
        if not field.is_required()
    }
    return {
        name: word
        for name, word in words.items()
        if word is not None and word != defaults.get(name, ...)
    }
