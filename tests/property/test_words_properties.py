"""Whatever is said to the fakes: they do it, or say what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fakes import ORDER_OPERATIONS, order_network
from sagacheck.network import (
    FAULTS,
    Calls,
    Fault,
    call_of,
    calls_in_words,
    fault_in_words,
    read_rule,
)
from sagacheck.network.fault_parsing import read_calls, read_fault
from sagacheck.services import Operation
from sagacheck.world import ParsingError, Settings, duration_text, parse_duration, read_settings
from tests.property.fakes_machine import VARIANTS, now_or_never
from tests.property.spoiling import VALUES
from tests.property.strategies import calls, faults_of

FAULTS_OF_ALL_KINDS = st.sampled_from(list(FAULTS.values())).flatmap(faults_of)
OPERATIONS = st.sampled_from(ORDER_OPERATIONS.operations)
JSON = VALUES.map(lambda value: json.loads(json.dumps(value, default=str)))
"""What a JSON body may hold; NaN too, which Python's own reader lets through."""

RULES = st.fixed_dictionaries(
    {},
    optional={
        "on": st.sampled_from([*ORDER_OPERATIONS.names, *ORDER_OPERATIONS.services]) | JSON,
        "fault": FAULTS_OF_ALL_KINDS.map(fault_in_words) | JSON,
        "calls": calls().map(calls_in_words) | JSON,
        "order": st.just("o1") | JSON,
    },
)
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "stock": st.dictionaries(st.text(max_size=3), st.integers(0, 3) | JSON, max_size=2) | JSON,
        "default_stock": JSON,
        "ships_after": JSON,
        "refunds": st.just("refused") | JSON,
        "cards": st.dictionaries(st.text(max_size=3), JSON, max_size=2) | JSON,
        "idempotency": st.sampled_from(["none", "expires:24h", {"expires": "1h"}]) | JSON,
    },
)
FIELDS = sorted(
    {
        *("idempotency_key", "order_id", "customer_id", "reason", "tracking_number"),
        *("charge_idempotency_key", "reservation_id", "payment_id", "shipment_id"),
        *(name for variants in VARIANTS.values() for variant in variants for name in variant),
    }
)
BODIES = st.one_of(
    st.dictionaries(st.sampled_from(FIELDS), JSON | st.just("k1"), max_size=6).map(json.dumps),
    JSON.map(json.dumps),
    st.text(max_size=20),
).map(str.encode) | st.binary(max_size=20)


@given(words=RULES | JSON)
def test_a_rule_is_read_or_refused(words: Any) -> None:
    """Faults that are added over HTTP."""
    _read_or_refused(lambda: read_rule(words, ORDER_OPERATIONS))


@given(words=SETTINGS | JSON)
def test_settings_are_read_or_refused(words: Any) -> None:
    """A new network that is asked for over HTTP."""
    _read_or_refused(lambda: read_settings(words, Settings()))


@given(fault=FAULTS_OF_ALL_KINDS, which=calls())
def test_faults_are_written_as_they_are_read(fault: Fault, which: Calls) -> None:
    """The words of scenario files are those of the control routes."""
    assert read_fault(fault_in_words(fault)) == fault
    assert read_calls(calls_in_words(which)) == which


@given(operation=OPERATIONS, bodies=st.lists(BODIES, min_size=1, max_size=4))
def test_any_body_is_answered(operation: Operation, bodies: list[bytes]) -> None:
    """A service has done what it was asked, or says that the request is wrong: a 4xx, and why."""
    network = order_network(Settings(default_stock=5))
    for body in bodies:
        reply = now_or_never(network.send(call_of(operation, {}, {}, body)))

        assert reply.status < 500
        if reply.status >= 400:
            assert set(json.loads(reply.content)) >= {"error", "detail"}
    assert not any(
        sum(posting.amount for posting in entry.postings) for entry in network.world.ledger.entries
    )


@given(milliseconds=st.integers(0, 10**14))
def test_durations_are_written_as_they_are_read(milliseconds: int) -> None:
    """To the millisecond, up to three thousand years."""
    assert parse_duration(duration_text(milliseconds / 1000)) == milliseconds / 1000


@given(text=st.text() | st.from_regex(r"[0-9dhms.]{1,8}", fullmatch=True))
def test_any_text_is_a_duration_or_none(text: str) -> None:
    """What is no duration is refused, and shown."""
    with suppress(ValueError):
        assert parse_duration(text) >= 0


def _read_or_refused(read: Callable[[], object]) -> None:
    try:
        read()
    except ParsingError as refused:
        sentence = str(refused)
    else:
        return
    assert sentence
    assert "Traceback" not in sentence
