"""Whatever its size and form, a file is loaded or refused in a moment, with places and rules."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

import pytest

from sagacheck.errors import InvalidScenarioError, Problem
from sagacheck.language.model import problems
from sagacheck.language.yaml.reader import MAX_PROBLEMS, MAX_VALUES, read
from tests.shop import load, load_file, load_text
from tests.unit.scenario_texts import problems_in, text_with


def test_hints_quote_what_was_written() -> None:
    """A text that looks like a number is quoted as it stands, with its zero in front."""
    order = "{id: o1, shipping_address: {zip_code: 02134, state: True, city: 0x1F}}"
    assert problems_in(text_with(orders=f"[{order}]")) == [
        'a.yaml:3:48: not a text: 02134; it must be a text (did you mean "02134"?)',
        'a.yaml:3:62: not a text: True; it must be a text (did you mean "True"?)',
        'a.yaml:3:74: not a text: 0x1F; it must be a text (did you mean "0x1F"?)',
    ]


def test_hints_for_keys_quote_what_was_written() -> None:
    """So is a key."""
    (problem,) = read("02134: a", "a.yaml").problems
    assert (problem.value, problem.suggestion) == ("02134", '"02134"')


@pytest.mark.parametrize(
    ("order", "problem"),
    [
        (
            '{id: o1, items: [{sku: W, quantity: 1, price: "99999999999999.99"}]}',
            "a price too large: '99999999999999.99'; it must be at most 999999999999.99",
        ),
        (
            '{id: o1, items: [{sku: W, quantity: 99999999999999999999, price: "1"}]}',
            "a number too large: 99999999999999999999; it has at most 18 digits",
        ),
        (
            "{id: o1, start: {run_timeout: 9999999999s}}",
            "a duration too long: '9999999999s'; each number of a duration has at most 9 digits",
        ),
    ],
)
def test_a_value_beyond_a_limit_is_told_the_limit(order: str, problem: str) -> None:
    """It has the right form, so that the rule of the form would say nothing."""
    (found,) = problems_in(text_with(orders=f"[{order}]"))
    assert found.endswith(problem)


@pytest.mark.parametrize("price", ["999999999999.99", "0", "0.01"])
def test_prices_within_the_limit(price: str) -> None:
    """The largest and the smallest price are prices."""
    item = f'[{{id: o1, items: [{{sku: W, quantity: 1, price: "{price}"}}]}}]'
    assert load_text(text_with(orders=item, expect="{o1: {status: any}}")).orders


def test_many_values_are_refused() -> None:
    """A file may have so many values and no more, however short they are."""
    most = ", ".join(["a"] * (MAX_VALUES - 3))
    assert read(f"a: [{most}]", "a.yaml").problems == []
    (problem,) = _problems(f"a: [{most}, b]")
    assert (problem.what, problem.rule) == ("too many values", f"{MAX_VALUES} are the limit")


def test_many_problems_are_cut() -> None:
    """The first hundred are listed, and the last line says that there are more."""
    twice = "".join(f"why: w{number}\n" for number in range(1000))
    found = _problems(twice)
    assert len(found) == MAX_PROBLEMS + 1
    assert found[-1].what == "too many problems"


def test_many_unknown_words_are_cut_and_few_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hint is looked for where it is shown: not for thousands of words, each among all others."""
    compared = 0
    find = difflib.get_close_matches

    def counting(word: str, words: list[str], n: int) -> list[str]:
        nonlocal compared
        compared += len(words)
        return find(word, words, n=n)

    monkeypatch.setattr(problems, "get_close_matches", counting)
    orders = ", ".join(f"{{id: o{number}}}" for number in range(50))
    faults = ", ".join(f"{{on: payment{n}, fault: refuze, order: p{n}}}" for n in range(500))
    found = problems_in(text_with(f"faults: [{faults}]", orders=f"[{orders}]"))
    assert len(found) == MAX_PROBLEMS
    assert 0 < compared < MAX_PROBLEMS * 60


def test_long_words_are_cut_and_not_compared() -> None:
    """A key of thousands of characters fills no page, and has no hint."""
    key = "scenario" * 5000
    assert [len(problem) < 300 for problem in problems_in(text_with(f"? {key}\n: 1"))] == [True]


def test_a_fifo_is_no_scenario(tmp_path: Path) -> None:
    """Nobody may write into it, and then it would be waited for."""
    os.mkfifo(tmp_path / "a.yaml")
    with pytest.raises(InvalidScenarioError, match="no scenario: it is no regular file"):
        load_file(tmp_path / "a.yaml")


def test_a_device_is_no_scenario() -> None:
    """It may have no end."""
    with pytest.raises(InvalidScenarioError, match="no scenario: it is no regular file"):
        load(["/dev/zero"])


def test_a_long_path_is_no_scenario() -> None:
    """What the operating system says about a path is a problem in one short line."""
    with pytest.raises(InvalidScenarioError, match="File name too long") as caught:
        load(["/" + "x" * 5000])
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("key", ["<b>", "<", "<text>", "<other>"])
@pytest.mark.parametrize("place", ["{0}: 1", "given: {{{0}: 1}}", "faults: [{{{0}: 1}}]"])
def test_keys_that_begin_with_an_angle_bracket(key: str, place: str) -> None:
    """They look like pydantic's marks for forms, and are unknown keys like all others."""
    found = problems_in(text_with(place.format(key)))
    assert any(f"unknown key: '{key}'" in problem for problem in found)


@pytest.mark.parametrize(
    "key", ["statuses", "effects", "orphans", "undone", "calls", "stock", "o1"]
)
def test_nothing_is_no_expectation(key: str) -> None:
    """A key without a value is one problem."""
    (problem,) = problems_in(text_with(expect=f"{{o2: {{status: any}}, {key}: null}}"))
    assert "no value: null" in problem


def test_a_half_surrogate_beside_a_broken_expectation() -> None:
    """Both are reported, in characters that can be printed."""
    found = problems_in('{"orders": [{"id": "\\ud800 "}], "expect": {"o1": 1}}')
    assert any("an unpaired surrogate" in problem for problem in found)
    assert all(problem.isascii() for problem in found)


def _problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(InvalidScenarioError) as caught:
        read(text, "a.yaml")
    return caught.value.problems
