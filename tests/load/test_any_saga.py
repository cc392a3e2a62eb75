"""Any saga under load, by a locustfile of three lines; ``docs/your-own-saga.md`` has the trip."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.load._runs import ROOT, LocustRun, locust

TRANSFER = ROOT / "examples" / "transfer"


def locustfile(folder: Path, saga: str) -> str:
    """All of a team's locustfile."""
    file = folder / "locustfile.py"
    text = f'from sagacheck.load import saga_user\n\nUser = saga_user("{saga}")\n'
    file.write_text(text, encoding="utf-8")
    return str(file)


def end_of(run: LocustRun) -> tuple[int, set[str]]:
    """The exit code, and the invariants that are violated."""
    code = run.exit_code()
    return code, {each["invariant"] for each in run.verdict["violations"]}


@pytest.mark.long
def test_effects_people_and_positional_arguments(tmp_path: Path) -> None:
    """Activities record what they do, people approve, and every order is judged."""
    file = locustfile(tmp_path, "tests.sagas.asked:PURCHASE")
    with locust(tmp_path, "--workers", "1", "--orders", "4", "--cancels", "0", file=file) as run:
        assert end_of(run) == (0, set()), run.output

    assert "\nvalid: 4 of 4 orders completed\n" in run.output
    assert run.verdict["facts"].keys() >= {"I13"}


def test_a_bug_of_a_saga_without_http_is_found(tmp_path: Path) -> None:
    """Money is refunded that has arrived: the reply of the deposit was lost each time."""
    mix = tmp_path / "mix.yaml"
    mix.write_text("- {on: bank.deposit, fault: reset_after_effect}\n", encoding="utf-8")
    arguments = ("--workers", "1", "--cancels", "0", "--faults", str(mix))
    file = locustfile(tmp_path, "transfer.load:NAIVE")
    with locust(tmp_path, *arguments, file=file, cwd=TRANSFER) as run:
        run.wait_until(run.orders_ended(2))
        run.process.terminate()
        code, invariants = end_of(run)

    assert (code, "I7" in invariants) == (1, True), run.output


def test_a_workflow_that_never_answers_makes_the_verdict_unknown(tmp_path: Path) -> None:
    """It may still end: nobody knows when the message comes that it waits for."""
    file = locustfile(tmp_path, "tests.load._waiting_saga:SAGA")
    arguments = ("--workers", "1", "--orders", "1", "--patience", "1", "--faults", "none")
    with locust(tmp_path, *arguments, file=file) as run:
        assert end_of(run) == (3, set()), run.output

    (unmet, *_) = run.verdict["unmet"]
    assert "had not ended, see --patience: " in unmet["detail"]
    assert "waits for a message or a timer" in unmet["detail"]
