"""What a report says: verdicts, findings and their moments, the ledger, the file, the caps."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from sagacheck.checks import INVARIANTS, Verdict, Violation
from sagacheck.report import RunHeader, page_of
from sagacheck.report.amounts import clock
from sagacheck.report.build_model import MAX_FINDINGS
from sagacheck.report.findings import rule_of
from sagacheck.report.ledger_table import MAX_MOMENTS
from sagacheck.report.page_model import Page, ScenarioSection
from sagacheck.report.rendering import render
from sagacheck.report.timeline.model import CallRow, EndRow
from sagacheck.run import ScenarioResult
from sagacheck.saga import load_saga
from tests.report._material import (
    LOST_REPLIES,
    ROOT,
    many,
    naive_saga,
    played,
    played_files,
    played_text,
)
from tests.shop import load_file

MINUS = "\N{MINUS SIGN}"


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> ScenarioResult:
    """A bad saga loses track of a charge; the scenario stands in a file."""
    file = tmp_path_factory.mktemp("lost") / "lost.yaml"
    file.write_text(LOST_REPLIES)
    (result,) = played([load_file(file)], naive_saga())
    return result


def page(*results: ScenarioResult) -> Page:
    """The report of these results."""
    return page_of(results, RunHeader("sagacheck run", ("--saga", "a b.py:SAGA"), 2.0))


def section(*results: ScenarioResult) -> ScenarioSection:
    """What the report shows of the only scenario of these results."""
    (only,) = page(*results).scenarios
    return only


OTHERWISE = """
scenario: it ends otherwise than expected
why: nothing is wrong but the scenario
orders: [{id: o1}]
expect: {o1: {status: failed}}
"""


def test_nothing_is_called_inconsistent_for_a_missed_expectation() -> None:
    """A scenario may be wrong about a saga that leaves everything consistent."""
    html = render(page(played_text(OTHERWISE)))

    assert "Not as expected" in html
    assert (
        "No invariant is broken, but 1 of 1 scenario differs from what the scenario expects" in html
    )
    assert "Not consistent" not in html


def test_missed_expectations_are_counted_beside_broken_invariants(lost: ScenarioResult) -> None:
    """Which of the two it is stands at the top."""
    html = render(page(lost, played_text(OTHERWISE)))

    assert "Not consistent" in html
    assert "An invariant is broken in 1 of 2 scenarios; 1 more differs from what" in html


def test_the_worst_comes_first_and_is_counted(lost: ScenarioResult) -> None:
    """Invalid before valid; the page's verdict is that of all, as the exit code is."""
    fine = played_files("payments/reply-lost.yaml")
    shown = page(*fine, lost)

    assert shown.verdict is Verdict.INVALID
    assert [each.verdict for each in shown.scenarios] == [Verdict.INVALID, Verdict.VALID]
    assert shown.counts == {Verdict.INVALID: 1, Verdict.VALID: 1}
    assert (shown.facts, shown.invariants) == (
        sum(lost.facts.values()) + sum(fine[0].facts.values()),
        len(INVARIANTS),
    )


def test_engines_that_disagree_make_the_page_unknown() -> None:
    """Where engines disagree nothing is known, however valid each result is."""
    facts = RunHeader("c", engine_diff=("f.yaml: verdict: simulated says valid",))

    assert page_of(played_files("payments/reply-lost.yaml"), facts).verdict is Verdict.UNKNOWN


def test_one_scenario_on_two_engines_is_one_section(lost: ScenarioResult) -> None:
    """The matrix has a row a scenario and a column an engine."""
    both = section(lost, replace(lost, engine="server"))

    assert [each.engine for each in both.by_engine] == ["simulated", "server"]
    assert page(lost, replace(lost, engine="server")).engines == ("simulated", "server")


def test_a_violation_has_its_moment(lost: ScenarioResult) -> None:
    """What broke because the order ended is shown where the order ends."""
    on_engine = section(lost).by_engine[0]
    finding = next(each for each in on_engine.findings if each.label == "I7")
    row = on_engine.timeline.rows[finding.row or 0]

    assert isinstance(row, EndRow)
    assert "I7" in row.broken
    assert finding.at == clock(row.at)


def test_a_violation_by_an_entry_is_at_its_call(lost: ScenarioResult) -> None:
    """What an entry of the ledger broke is shown at the call that wrote it."""
    entry = next(e for e in lost.trial.world.ledger.entries if e.operation == "payments.charge")
    found = replace(lost, violations=(Violation("I13", "o1", "d", entry.at, entry.number),))
    on_engine = section(found).by_engine[0]
    row = next(row for row in on_engine.timeline.rows if row.broken)

    assert isinstance(row, CallRow)
    assert (row.activity, row.attempt, row.broken) == ("charge_payment", 1, ("I13",))


def test_the_ledger_is_shown_before_there_and_after(lost: ScenarioResult) -> None:
    """The order says failed, its charge is live, the money is not back: all in one table."""
    ledger = section(lost).by_engine[0].ledger
    charge = next(line for line in ledger.groups["effects"] if line.name == "pay_1")
    money = {line.name: line.values for line in ledger.groups["money and stock"]}

    assert [column.title for column in ledger.columns][::2] == ["before", "after"]
    assert ledger.groups["orders"][0].values == ("\N{EN DASH}", "failed", "failed")
    assert (charge.values, charge.blamed) == (("\N{EN DASH}", "live", "live"), True)
    assert money["customer"] == ("0.00", f"{MINUS}10.00", f"{MINUS}10.00")
    assert money["available"] == ("100", "100", "100")


def test_the_file_is_shown_with_what_became_of_it(lost: ScenarioResult) -> None:
    """Faults and events that came, and expectations that were not met, are marked whole."""
    lines = section(lost).by_engine[0].yaml
    marks = {line.number: (line.mark, line.note) for line in lines if line.mark}

    assert [line.text for line in lines] == LOST_REPLIES.splitlines()
    assert marks == {
        5: ("fired", "fired 3 times"),
        6: ("fired", ""),
        7: ("fired", ""),
        9: ("fired", "happened at 5.0 s"),
        10: ("fired", ""),
        13: ("unmet", "effects: payments.refund: expected 1, found 0"),
    }


def test_a_fault_that_never_fired_is_marked(tmp_path: Path) -> None:
    """What never came is not marked as if it had."""
    file = tmp_path / "idle.yaml"
    file.write_text(LOST_REPLIES.replace("calls: all", "calls: 9"))
    (result,) = played([load_file(file)])

    assert section(result).by_engine[0].yaml[4].note == "never fired"


def test_a_scenario_whose_file_is_gone_is_told_all_the_same() -> None:
    """A scenario may come from a generator; then there is no file to show."""
    told = section(played_text(LOST_REPLIES, naive_saga()))

    assert told.by_engine[0].yaml == ()
    assert told.by_engine[0].findings


def test_an_order_that_got_stuck_is_told_to_its_last_moment() -> None:
    """Its end is unknown; what it waits for stands at the end."""
    waits = load_saga(f"{ROOT / 'tests' / 'sagas' / 'small.py'}:WAITS")
    told = section(played_text(LOST_REPLIES, waits)).by_engine[0].timeline

    end = told.rows[-1]
    assert isinstance(end, EndRow)
    assert (end.status, end.broken) == ("running", ("I16",))
    assert "has not ended: after 48h (SagaUnderTest.horizon) it waits" in end.words


def test_the_command_of_a_scenario_can_be_pasted(lost: ScenarioResult) -> None:
    """It names the file and the saga, quoted for a shell."""
    assert section(lost).command == (f"sagacheck run {lost.scenario.file} --saga 'a b.py:SAGA'")


@pytest.mark.parametrize("invariant", INVARIANTS)
def test_every_invariant_is_explained(invariant: str) -> None:
    """Each rule is a sentence about the world, without its own id."""
    assert re.fullmatch(r"[a-z0-9].*\.", rule_of(invariant))


def test_too_many_findings_say_how_many_there_are(lost: ScenarioResult) -> None:
    """Of a hundred violations some are shown, and it is said of how many."""
    some = tuple(Violation("I7", "o1", f"d{n}", float(n)) for n in range(100))
    on_engine = section(replace(lost, violations=some)).by_engine[0]

    assert len(on_engine.findings) == MAX_FINDINGS
    assert on_engine.total_findings == 100 + len(lost.unmet)
    shown = render(page(replace(lost, violations=some)))
    assert f"showing {MAX_FINDINGS} of {on_engine.total_findings}" in shown
    assert len(on_engine.ledger.columns) <= MAX_MOMENTS + 2


def test_nothing_in_a_scenario_can_become_code() -> None:
    """Names, reasons and files are shown as they are written, whatever they hold."""
    evil = '</script><script>alert("x")</script>'
    text = LOST_REPLIES.replace("no reply to a charge arrives", f"'{evil}'")
    html = render(page(played_text(text)))

    assert evil not in html
    assert "&lt;/script&gt;" in html


def test_the_page_asks_for_nothing(lost: ScenarioResult) -> None:
    """No address outside the page stands in it, but for names of formats."""
    html = render(page(lost))

    addresses = set(re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?([^"')\s>]+)""", html))
    assert {each for each in addresses if not each.startswith(("#", "data:"))} == set()
    assert set(re.findall(r"https?://[^\s\"'<]+", html)) <= {"http://www.w3.org/2000/svg"}


def test_the_same_results_make_the_same_page(lost: ScenarioResult) -> None:
    """Nothing random is in it: a report can be compared with the last one."""
    first, again = (replace(page(lost), made_at="") for _ in range(2))

    assert render(first) == render(again)


def test_many_scenarios_have_different_anchors(lost: ScenarioResult) -> None:
    """Every id of the page is there once."""
    ids = re.findall(r'\sid="([^"]+)"', render(page(*many([lost], 5))))

    assert len(ids) == len(set(ids))
