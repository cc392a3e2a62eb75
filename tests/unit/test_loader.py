from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from sagacheck.errors import InvalidScenarioError, Problem
from sagacheck.language import (
    Event,
    EventKind,
    Expectations,
    FaultSpec,
    OrderExpectation,
    Place,
    Scenario,
    When,
)
from sagacheck.network import ALL_CALLS, Calls, Fault
from sagacheck.world import Settings
from scenarios.goods import DEFAULT_ADDRESS, Order, OrderItem
from tests.shop import CATALOGUE, find, load, load_file, load_text
from tests.unit.scenario_texts import EXAMPLE, problems_in, text_with


def at(line: int, column: int) -> Place:
    """A place in the example."""
    return Place("example.yaml", line, column)


def test_the_example_is_read_in_full() -> None:
    """The design's example becomes these values, each with its place, and defaults filled in."""
    scenario = load_text(EXAMPLE, "example.yaml")

    expected = Scenario(
        name="the charge commits, its reply is lost, then shipping is down",
        why="an unknown outcome must be undone by key and never charged twice",
        tags=("payments", "ambiguous"),
        covers=("A2", "A16", "B2"),
        given=Settings(stock={"WIDGET": 5}),
        orders=(
            Order(
                id="o1",
                items=(OrderItem("WIDGET", 2, Decimal("19.99")),),
                customer_id="customer-1",
                payment_method_id="pm_card",
                shipping_address=DEFAULT_ADDRESS,
                on_confirmation_failure=None,
                place=at(9, 5),
            ),
        ),
        faults=(
            FaultSpec(
                on="payments.charge",
                operations=frozenset({"payments.charge"}),
                fault=Fault("drop_response"),
                calls=Calls(frozenset({1})),
                order=None,
                place=at(12, 5),
            ),
            FaultSpec(
                on="shipping.create",
                operations=frozenset({"shipping.create"}),
                fault=Fault("reject", status=503),
                calls=ALL_CALLS,
                order=None,
                place=at(15, 5),
            ),
        ),
        events=(
            Event(
                kind=EventKind.CANCEL,
                order="o1",
                when=When("after", "payments.charge", 1),
                reason="changed my mind",
                by=None,
                place=at(19, 5),
            ),
        ),
        expect=Expectations(
            orders={"o1": OrderExpectation("failed", "ServiceUnavailable", at(23, 3))},
            effects={"payments.charge": 1, "payments.refund": 1, "inventory.release": 1},
            undone=("payments.refund", "inventory.release"),
            places={
                "o1": at(23, 3),
                "o1/status": at(23, 8),
                "o1/error": at(23, 24),
                "effects": at(24, 3),
                "effects/payments.charge": at(24, 13),
                "effects/payments.refund": at(24, 33),
                "effects/inventory.release": at(24, 53),
                "undone": at(25, 3),
            },
        ),
        file="example.yaml",
        place=at(2, 1),
    )
    assert expected == scenario


def test_all_problems_of_a_file_are_reported_in_their_order() -> None:
    """Mistakes of every kind, YAML's and the language's, are found at once and sorted by place."""
    text = text_with(
        "faults: [{on: payment.charge, fault: &x refuse, order: o3}]",
        "why: again",
        expect="{efects: {payments.charge: 1}}",
    )

    assert problems_in(text) == [
        (
            "a.yaml:4:10: unknown key: 'efects'; the keys here are "
            "o1, o2, effects, undone, calls, stock, statuses, orphans (did you mean 'effects'?)"
        ),
        (
            "a.yaml:5:15: unknown operation: 'payment.charge'; an operation is service.verb; "
            "a service means all of its operations (did you mean 'payments.charge'?)"
        ),
        (
            "a.yaml:5:38: an anchor: &x; "
            "the language has no anchors; write the value where it is needed"
        ),
        "a.yaml:5:56: unknown order: 'o3'; the orders are o1, o2",
        (
            "a.yaml:6:1: duplicate key: 'why'; "
            "a key occurs once in a mapping; this one is in line 2 already"
        ),
    ]


def test_files_are_found_in_directories_to_their_depth(tmp_path: Path) -> None:
    """Directories give their .yaml and .yml files sorted; a file that is named twice comes once."""
    (tmp_path / "b").mkdir()
    wanted = [tmp_path / "a.yaml", tmp_path / "b" / "c.yml", tmp_path / "d.yaml"]
    for file in [*wanted, tmp_path / "notes.md"]:
        file.write_text("")

    assert wanted == find([tmp_path])
    assert [wanted[2], *wanted[:2]] == find([str(wanted[2]), tmp_path, tmp_path / "b"])


def test_without_paths_the_catalogue_is_meant(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The scenarios of the harness are found from anywhere, and named shortly where possible."""
    monkeypatch.chdir(CATALOGUE.parent)
    short = find()

    monkeypatch.chdir(tmp_path)
    assert {file.parts[0] for file in short} == {"catalogue"}
    assert find() == [CATALOGUE.parent / file for file in short]


def test_paths_without_scenarios_are_problems(tmp_path: Path) -> None:
    """A path that does not exist and a directory without scenarios are both reported."""
    with pytest.raises(InvalidScenarioError) as caught:
        find([tmp_path, tmp_path / "none.yaml"])

    rule = "name a scenario file or a directory"
    assert [
        f"{tmp_path}:1:1: no scenario: no .yaml file in it; {rule}",
        f"{tmp_path / 'none.yaml'}:1:1: no scenario: it does not exist; {rule}",
    ] == [str(problem) for problem in caught.value.problems]


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    """What the operating system says about a file is reported like any other problem."""
    with pytest.raises(InvalidScenarioError, match="no scenario: Is a directory"):
        load_file(tmp_path)


def test_the_problems_of_all_files_are_reported_together(tmp_path: Path) -> None:
    """One bad file does not hide what is wrong with the next one."""
    (tmp_path / "a.yaml").write_text("")
    (tmp_path / "b.yaml").write_text(text_with(expect="{}"))
    (tmp_path / "c.yaml").write_text(text_with())

    with pytest.raises(InvalidScenarioError) as caught:
        load([tmp_path])

    assert [(Path(problem.file).name, problem.line) for problem in caught.value.problems] == [
        ("a.yaml", 1),
        ("b.yaml", 4),
    ]


def test_a_name_stands_for_one_scenario(tmp_path: Path) -> None:
    """Two files with the same name of a scenario are a problem, which names both places."""
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(text_with())

    with pytest.raises(InvalidScenarioError) as caught:
        load([tmp_path])

    assert (
        f"{tmp_path / 'b.yaml'}:1:1: duplicate name: 's'; each scenario has its own name; "
        f"this one is also in {tmp_path / 'a.yaml'}:1:1"
    ) == str(caught.value)


def test_scenarios_are_loaded_in_the_order_of_their_files(tmp_path: Path) -> None:
    """Loading a directory gives its scenarios sorted by file."""
    for name in ("b", "a"):
        (tmp_path / f"{name}.yaml").write_text(text_with(head=f"scenario: {name}\nwhy: w"))

    assert [scenario.name for scenario in load([tmp_path])] == ["a", "b"]


PIECES = ["\t", "%", "---\n", "&a ", "*a ", "!x ", "{", "}", "[", "]", ",", ": ", "- ", "? ", "|"]
PIECES += ['"', "'", "\\", "\x00", "\ud800", "é", "#", "~", "1e5", "-1", "[]", "{}", "\n", "o1"]


def mutated(text: str, dice: Random) -> str:
    """`text` with some pieces put in, cut out or moved."""
    for _ in range(dice.randint(1, 4)):
        here, there = sorted(dice.choices(range(len(text) + 1), k=2))
        cut = text[here : min(there, here + 20)]
        piece = dice.choice([*PIECES, cut, cut[::-1], chr(dice.randrange(0x110000))])
        text = text[:here] + piece + text[here + dice.choice([0, len(cut)]) :]
    return text


def problems_or_none(text: str) -> tuple[Problem, ...]:
    """What is wrong with `text`, if anything is."""
    try:
        load_text(text)
    except InvalidScenarioError as error:
        return error.problems
    return ()


@pytest.mark.parametrize("seed", range(8))
def test_any_text_is_a_scenario_or_has_problems(seed: int) -> None:
    """Whatever is done to a file, it is loaded or its problems are listed, each with a place."""
    dice = Random(seed)
    for _ in range(100):
        for problem in problems_or_none(mutated(EXAMPLE, dice)):
            assert problem.line >= 1 <= problem.column
            assert len(str(problem).splitlines()) == 1


def test_any_bytes_are_a_scenario_or_have_problems() -> None:
    """Bytes that are no text at all are refused like any other mistake."""
    dice = Random(1)
    for _ in range(300):
        with pytest.raises(InvalidScenarioError):
            load_text(dice.randbytes(dice.randint(0, 60)))
