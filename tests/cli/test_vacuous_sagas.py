"""A saga that completes nothing harms nobody: what every command says of it is unknown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli._commands import VALID, command, write

SAGAS = "tests.sagas.vacuous"
UNDOES = (
    "the plain order, without a fault, does not complete: "
    "o1 ended as failed (TypeError: a typo in the second step)"
)
CALLS = (
    "no call reached any service, so nothing was checked; the plain order, without a fault, does "
    "not complete: o1 ended as failed (TypeError: a typo in the first line)"
)
READS = "no call had an effect, so nothing was checked"
ANY = VALID.replace("completed", "any")
FAILS = VALID.replace("completed", "failed")


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _found(exit_code: int, *words: str) -> dict[str, Any]:
    result = command(*words, "--json", "out.json")
    assert result.exit_code == exit_code, result.output
    found: dict[str, Any] = json.loads(Path("out.json").read_text())
    found["output"] = " ".join(result.output.split())
    return found


@pytest.mark.parametrize(("saga", "why"), [("UNDOES_EVERYTHING", UNDOES), ("CALLS_NOTHING", CALLS)])
@pytest.mark.parametrize(
    "searching", ["explore --faults 1 --jobs 1", "simulate --runs 2 --seed 1 --jobs 1"]
)
def test_a_search_over_nothing_is_unknown(saga: str, why: str, searching: str) -> None:
    """However many histories keep every invariant."""
    found = _found(3, *searching.split(), "--saga", f"{SAGAS}:{saga}")

    assert (found["verdict"], found["orders_completed"]) == ("unknown", 0)
    assert found["orders_placed"] > 1
    assert why in found["output"]
    assert f"0 of {found['orders_placed']:,} orders completed" in found["output"]


@pytest.mark.parametrize(
    ("saga", "why"),
    [
        ("UNDOES_EVERYTHING", f"no order completed; {UNDOES}"),
        ("CALLS_NOTHING", CALLS.partition(";")[0]),
    ],
)
def test_a_run_over_nothing_is_unknown(tmp_path: Path, saga: str, why: str) -> None:
    """Where the scenario leaves open how its orders end."""
    write(tmp_path, a=ANY)

    found = _found(3, "run", "a.yaml", "--saga", f"{SAGAS}:{saga}")

    details = [unmet["detail"] for unmet in found["scenarios"][0]["unmet"]]
    assert why in details[0]
    assert (found["orders_placed"], found["orders_completed"]) == (1, 0)
    assert "1 unknown in" in found["output"]
    assert ", 0 of 1 order completed" in found["output"]


@pytest.mark.parametrize(
    "searching", ["explore --faults 1 --jobs 1", "simulate --runs 2 --seed 1 --jobs 1"]
)
def test_a_search_over_reads_is_unknown(searching: str) -> None:
    """Every order completes and nothing is promised: what was only read cannot be wrong."""
    found = _found(3, *searching.split(), "--saga", f"{SAGAS}:ONLY_LOOKS")

    assert found["verdict"] == "unknown"
    assert found["orders_completed"] > 0
    assert READS in found["output"]


@pytest.mark.parametrize("text", [ANY, VALID], ids=["any", "completed"])
def test_a_run_over_reads_is_unknown(tmp_path: Path, text: str) -> None:
    """That an order completes is not enough, be it expected; the message says what is."""
    write(tmp_path, a=text)

    found = _found(3, "run", "a.yaml", "--saga", f"{SAGAS}:ONLY_LOOKS")

    [unmet] = found["scenarios"][0]["unmet"]
    assert unmet["detail"] == (
        f"{READS}, not even the plain order's; "
        "if that is right, say `effects: {tables.book: 0}` in `expect:`"
    )


@pytest.mark.parametrize("saga", ["ONLY_LOOKS", "ONLY_READS"])
def test_a_saga_that_is_to_read_only_says_so(tmp_path: Path, saga: str) -> None:
    """By what its scenario expects, or by services that nothing can be asked of."""
    no_effects = VALID.replace("completed}}", "completed}, effects: {tables.book: 0}}")
    write(tmp_path, a=no_effects if saga == "ONLY_LOOKS" else VALID)

    found = _found(0, "run", "a.yaml", "--saga", f"{SAGAS}:{saga}")

    assert (found["verdict"], found["orders_completed"]) == ("valid", 1)


def test_a_search_over_services_that_are_only_read_is_valid() -> None:
    """No effect was to be expected."""
    assert _found(0, "explore", "--faults", "1", "--jobs", "1", "--saga", f"{SAGAS}:ONLY_READS")


def test_a_scenario_that_expects_a_failure_is_not_vacuous(tmp_path: Path) -> None:
    """It has been seen."""
    write(tmp_path, a=FAILS)

    found = _found(0, "run", "a.yaml", "--saga", f"{SAGAS}:UNDOES_EVERYTHING")

    assert (found["verdict"], found["orders_completed"]) == ("valid", 0)


def test_an_order_that_fails_by_a_fault_is_not_vacuous(tmp_path: Path) -> None:
    """The plain order completes, though none of the scenario does."""
    write(tmp_path, a=f"{ANY}faults: [{{on: payments.charge, calls: all, fault: 402}}]\n")

    found = _found(0, "run", "a.yaml")

    assert (found["verdict"], found["orders_completed"]) == ("valid", 0)


@pytest.mark.parametrize(
    "searching", ["explore --faults 0 --jobs 1", "simulate --runs 1 --seed 1 --jobs 1"]
)
def test_a_search_that_shows_something_says_how_many_completed(searching: str) -> None:
    """Ours completes what nothing keeps it from."""
    found = _found(0, *searching.split())

    assert found["orders_completed"] > 0
    noun = "order" if found["orders_placed"] == 1 else "orders"
    said = f"{found['orders_completed']} of {found['orders_placed']} {noun} completed"
    assert said in found["output"]


def test_a_search_on_a_scenario_whose_orders_fail_is_not_vacuous(tmp_path: Path) -> None:
    """It says so."""
    write(tmp_path, a=f"{FAILS}faults: [{{on: payments.charge, calls: all, fault: 402}}]\n")

    found = _found(0, "explore", "a.yaml", "--faults", "0", "--jobs", "1")

    assert (found["verdict"], found["orders_completed"]) == ("valid", 0)
