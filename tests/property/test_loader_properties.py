"""Whatever stands in a file: it is a scenario, or it says where it is none. Never a traceback."""

from __future__ import annotations

from hypothesis import event, example, given
from hypothesis import strategies as st

from sagacheck.errors import InvalidScenarioError
from sagacheck.language import Scenario
from tests.property.spoiling import spoilt_files, spoilt_texts
from tests.property.strategies import scenarios
from tests.shop import as_yaml, load_text
from tests.unit.without_places import without_places


def check(text: str | bytes) -> None:
    """The text is a scenario that can be written again, or its problems have places in it."""
    scenario = _explained(text)
    event("loaded" if scenario else "refused")
    if scenario:
        assert without_places(load_text(as_yaml(scenario))) == without_places(scenario)


def _explained(text: str | bytes) -> Scenario | None:
    """The scenario in `text`; ``None`` where it is refused as it should be."""
    try:
        return load_text(text, "a.yaml")
    except InvalidScenarioError as error:
        problems = error.problems
    lines = _lines(text)
    assert problems
    for problem in problems:
        assert 1 <= problem.line <= len(lines), problem
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1, problem
        assert str(problem).startswith(f"a.yaml:{problem.line}:{problem.column}: {problem.what}")
        assert str(problem).encode(), "whatever it shows can be printed"
        assert "\n" not in str(problem), "one problem is one line"
    return None


def _lines(text: str | bytes) -> list[str]:
    """The lines as YAML counts them."""
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return raw.decode(errors="replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")


@given(text=spoilt_files())
def test_a_spoilt_file_is_explained(text: str) -> None:
    """Keys and values of files that were good once."""
    check(text)


@given(text=spoilt_texts())
def test_a_spoilt_text_is_explained(text: str) -> None:
    """Characters of files that were good once."""
    check(text)


@given(text=st.text() | st.binary())
@example("")
@example("\ufeff")
@example("\r\x1f")
@example(b"\xff\xfe")
@example("a: &a [*a]")
@example("%YAML 9.9\n---\n{}")
def test_any_text_is_explained(text: str | bytes) -> None:
    """Texts that never were anything."""
    check(text)


@given(scenario=scenarios())
def test_what_is_written_is_read_back(scenario: Scenario) -> None:
    """A counterexample means what was found, but for what it expects: that its orders end."""
    read_back = without_places(load_text(as_yaml(scenario)))

    for field in ("name", "why", "given", "orders", "faults", "events"):
        assert getattr(read_back, field) == getattr(without_places(scenario), field)
    assert as_yaml(read_back) == as_yaml(scenario)
