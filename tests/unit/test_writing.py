from __future__ import annotations

import dataclasses
from decimal import Decimal
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from sagacheck.language import Expectations, FaultSpec, Place, Scenario, When
from sagacheck.language.yaml.text import Block, yaml_text
from sagacheck.network import Calls, Fault
from sagacheck.world import Idempotency, Settings, duration_text, parse_duration
from scenarios.goods import DEFAULT_ITEM, Order, OrderItem
from tests.shop import as_yaml, load, load_text
from tests.unit.scenario_texts import EXAMPLE, text_with
from tests.unit.without_places import without_places

CATALOGUE = load()
NOWHERE = Place("nowhere", 1, 1)


def with_fault(fault: Fault, calls: Calls | None = None) -> Scenario:
    """A scenario with one fault."""
    spec = FaultSpec(
        "payments.charge",
        frozenset({"payments.charge"}),
        fault,
        calls or Calls(frozenset({1})),
        None,
        NOWHERE,
    )
    return dataclasses.replace(load_text(text_with()), faults=(spec,))


def with_settings(settings: Settings) -> Scenario:
    """A scenario of a world with these settings."""
    return dataclasses.replace(load_text(text_with()), given=settings)


@pytest.mark.parametrize("scenario", CATALOGUE, ids=lambda scenario: scenario.file)
def test_every_scenario_of_the_catalogue_is_read_back(scenario: Scenario) -> None:
    """What is written means what was read, and is written the same again."""
    text = as_yaml(scenario)
    read_back = load_text(text)

    assert without_places(read_back) == without_places(scenario)
    assert as_yaml(read_back) == text


def test_most_of_the_catalogue_is_written_as_people_wrote_it() -> None:
    """The style is the catalogue's: of ten files nine come out letter by letter."""
    same = [s for s in CATALOGUE if as_yaml(s) == Path(s.file).read_text(encoding="utf-8")]

    assert len(same) > 0.9 * len(CATALOGUE)


def test_defaults_are_left_out() -> None:
    """The example of the language, which spells out two defaults, comes out without them."""
    assert (
        as_yaml(load_text(EXAMPLE))
        == """\
# yaml-language-server: $schema=../../schema.json
scenario: the charge commits, its reply is lost, then shipping is down
why: an unknown outcome must be undone by key and never charged twice
tags: [payments, ambiguous]
covers: [A2, A16, B2]
given:
  stock: {WIDGET: 5}
orders:
  - id: o1
    items: [{sku: WIDGET, quantity: 2, price: "19.99"}]
faults:
  - on: payments.charge
    fault: drop_response
  - on: shipping.create
    calls: all
    fault: 503
events:
  - cancel: o1
    when: {after: payments.charge}
expect:
  o1: {status: failed, error: ServiceUnavailable}
  effects: {payments.charge: 1, payments.refund: 1, inventory.release: 1}
  undone: [payments.refund, inventory.release]
"""
    )


def test_all_that_events_can_say_is_written_as_people_write_it() -> None:
    """Messages, changed orders, waits and starts are written back letter by letter."""
    text = """\
# yaml-language-server: $schema=../../schema.json
scenario: s
why: w
orders:
  - id: o1
    start: {execution_timeout: 2h, retry_policy: {maximum_attempts: 2, backoff_coefficient: 1.5}}
events:
  - submit: o1
    when: {at: 5s}
    changes: {items: [{sku: GADGET, quantity: 1, price: "1.00"}], start: {run_timeout: 5m}}
    as: o2
  - submit: o1
    when: {at: 6s}
    changes: {payment_method_id: "5"}
  - signal: {to: o2, name: cancel, args: [a, 1, 1.5, true, {b: [], c: "null"}]}
    when: waiting
    times: 2
    after: 1h30m
  - update: {to: o1, name: request_cancel}
    when: {before: payments.charge}
expect:
  o1: {status: any}
  o2: {status: failed}
"""
    scenario = load_text(text)

    assert as_yaml(scenario) == text


def test_a_comment_stands_at_the_top() -> None:
    """The comment says where the file comes from."""
    text = as_yaml(load_text(text_with()), comment="found by explore\n\nseed\a 7\n")

    assert text.splitlines()[:5] == [
        "# yaml-language-server: $schema=../../schema.json",
        "# found by explore",
        "#",
        "# seed? 7",
        "scenario: s",
    ]
    assert load_text(text).name == "s"


def test_without_expectations_orders_end_anyhow() -> None:
    """No file may expect nothing, so it says what every run must come to."""
    bare = dataclasses.replace(load_text(text_with()), expect=Expectations())
    text = as_yaml(bare)

    assert text.endswith("expect:\n  o1: {status: any}\n  o2: {status: any}\n")
    assert {e.status for e in load_text(text).expect.orders.values()} == {None}


@pytest.mark.parametrize(
    "name",
    [
        "503",
        "1e3",
        "null",
        "true",
        "0x1F",
        ".inf",
        "a: b",
        "# no comment",
        "- a",
        "'",
        '"',
        "ünïcødé 🚚",
    ],
)
def test_a_text_stays_a_text(name: str) -> None:
    """What would mean something else without quotes is put into quotes."""
    assert load_text(as_yaml(dataclasses.replace(load_text(text_with()), name=name))).name == name


@pytest.mark.parametrize("text", [":0", ":", "?-", "??", "a:b", "\x85", "a\u2028b", " \u2029"])
def test_a_text_in_braces_and_brackets_stays_a_text(text: str) -> None:
    """A colon or a question mark in front would make a key of it."""
    words = {"braces": {"city": text}, "brackets": [text]}

    assert YAML(typ="safe", pure=True).load(yaml_text(Block(words))) == words


def test_prose_keeps_its_lines() -> None:
    """A why of several lines is written as such."""
    prose = "first, and: more\n\n  an indented line\nlast"
    text = as_yaml(dataclasses.replace(load_text(text_with()), why=prose))

    assert "why: |-\n  first, and: more\n" in text
    assert load_text(text).why == prose


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (Settings(default_stock=50), "not named"),
        (Settings(default_stock=100, stock={"WIDGET": 1}), "not named"),
        (
            Settings(idempotency=Idempotency.NONE, idempotency_expires_after=1.0),
            "forgotten",
        ),
        (Settings(ships_after=0.0001), "whole number of milliseconds"),
    ],
)
def test_a_world_that_no_file_describes_is_refused(given: Settings, error: str) -> None:
    """Better no file than one that means something else."""
    with pytest.raises(ValueError, match=error):
        as_yaml(with_settings(given))


def test_an_endless_outage_is_refused() -> None:
    """A window has two ends in the language."""
    with pytest.raises(ValueError, match="inf s cannot be written"):
        as_yaml(with_fault(Fault("outage"), Calls()))


def test_a_moment_too_fine_is_refused() -> None:
    """An event between two milliseconds would be read back at another time."""
    event = load_text(text_with("events: [{heal: true, when: {at: 1s}}]")).events[0]
    scenario = dataclasses.replace(
        load_text(text_with()), events=(dataclasses.replace(event, when=When("at", at=0.00005)),)
    )
    with pytest.raises(ValueError, match="5e-05 s cannot be written"):
        as_yaml(scenario)


def test_a_price_without_places_is_exact() -> None:
    """Decimals are written as such, never with an exponent."""
    item = OrderItem(DEFAULT_ITEM.sku, 1, Decimal("1E+3"))
    scenario = load_text(text_with(orders="[{id: o1}]"))
    (plain,) = scenario.orders
    assert isinstance(plain, Order)
    order = dataclasses.replace(plain, items=(item,))

    assert 'price: "1000"' in as_yaml(dataclasses.replace(scenario, orders=(order,)))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0s"),
        (0.5, "500ms"),
        (45.0, "45s"),
        (90.0, "1m30s"),
        (5400.25, "1h30m250ms"),
        (86_400.0, "24h"),
        (259_200.0, "3d"),
        (262_800.0, "3d1h"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    """A duration is written in the units that people think in."""
    assert duration_text(seconds) == text
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("seconds", [-1.0, 1e-4, float("inf"), float("nan"), 1e15])
def test_what_is_no_duration_is_refused(seconds: float) -> None:
    """Neither rounded nor cut: nothing is written."""
    with pytest.raises(ValueError, match="cannot be written"):
        duration_text(seconds)
