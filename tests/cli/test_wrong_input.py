"""Wrong usage and wrong input: exit code 2, a clear text, no traceback, and nothing was run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli._commands import ROOT, VALID, WRONG, command, write

SMALL_SAGAS = ROOT / "tests" / "sagas" / "small.py"
UNNAMED = {
    "no_activity": """\
from scenarios import OrderSagaUnderTest
from tests.sagas.small import Reserves

def reserve_goods(order):
    return 0

SAGA = OrderSagaUnderTest(workflow=Reserves, activities=[reserve_goods])
""",
    "no_workflow": """\
from scenarios import OrderSagaUnderTest

class Plain:
    pass

SAGA = OrderSagaUnderTest(workflow=Plain, activities=[])
""",
    "two_activities": """\
from scenarios import OrderSagaUnderTest
from tests.sagas.small import Reserves, reserve_goods, reserve_goods_in_a_thread

SAGA = OrderSagaUnderTest(
    workflow=Reserves, activities=[reserve_goods, reserve_goods_in_a_thread]
)
""",
    "two_workflows": """\
from scenarios import OrderSagaUnderTest
from tests.sagas.small import Reserves, reserve_goods

SAGA = OrderSagaUnderTest(workflow=Reserves, activities=[reserve_goods], children=[Reserves])
""",
}
"""Files with sagas of which a decorator was forgotten, or a name of their own."""


@dataclass(frozen=True)
class Case:
    """Words of a command, and what must be said about them."""

    name: str
    words: tuple[str, ...]
    says: tuple[str, ...]

    def __str__(self) -> str:
        return self.name


CASES = [
    Case("path", ("run", "nowhere"), ("nowhere:1:1: no scenario: it does not exist",)),
    Case("empty folder", ("run", "empty"), ("empty:1:1: no scenario: no .yaml file in it",)),
    Case(
        "file",
        ("run", "a.yaml", "b.yaml"),
        ("b.yaml:4:15: unknown operation: 'payment.charge'", "did you mean 'payments.charge'?"),
    ),
    Case("file to list", ("list", "b.yaml"), ("b.yaml:4:15: unknown operation",)),
    Case(
        "saga without a name",
        ("run", "a.yaml", "--saga", "shop"),
        ("--saga: 'shop'; write package.module:NAME or path/to/file.py:NAME",),
    ),
    Case(
        "saga in no file",
        ("run", "a.yaml", "--saga", "shop.py:SAGA"),
        ("--saga: 'shop.py:SAGA'; there is no file shop.py",),
    ),
    Case(
        "saga in a misspelt file",
        ("run", "a.yaml", "--saga", "no_workflo.py:SAGA"),
        ("there is no file no_workflo.py (did you mean no_workflow.py?)",),
    ),
    Case(
        "saga in no module",
        ("run", "a.yaml", "--saga", "no_such_shop:SAGA"),
        ("--saga: 'no_such_shop:SAGA'; cannot import no_such_shop: ModuleNotFoundError",),
    ),
    Case(
        "saga by a wrong name",
        ("run", "a.yaml", "--saga", "tests.sagas.small:RESERVE"),
        ("tests.sagas.small has no RESERVE (did you mean RESERVES?)",),
    ),
    Case(
        "saga that is none",
        ("run", "a.yaml", "--saga", "tests.sagas.small:NOT_A_SAGA"),
        ("NOT_A_SAGA is a str, not a SagaUnderTest",),
    ),
    Case(
        "workflow without decorator",
        ("run", "a.yaml", "--saga", "no_workflow.py:SAGA"),
        ("--saga: 'no_workflow.py:SAGA'; ", "Plain", "@workflow.defn"),
    ),
    Case(
        "activity without decorator",
        ("run", "a.yaml", "--saga", "no_activity.py:SAGA"),
        ("--saga: 'no_activity.py:SAGA'; ", "reserve_goods", "@activity.defn"),
    ),
    Case(
        "activities of one name",
        ("run", "a.yaml", "--saga", "two_activities.py:SAGA"),
        ("--saga: 'two_activities.py:SAGA'; more than one activity named reserve_goods",),
    ),
    Case(
        "workflows of one name",
        ("run", "a.yaml", "--saga", "two_workflows.py:SAGA"),
        ("--saga: 'two_workflows.py:SAGA'; more than one workflow named Reserves",),
    ),
    Case(
        "report in no folder",
        ("run", "a.yaml", "--json", "nowhere/out.json"),
        ("Invalid value for '--json': there is no folder nowhere",),
    ),
    Case(
        "engine",
        ("run", "a.yaml", "--engine", "steam"),
        ("Invalid value for '--engine': 'steam' is not",),
    ),
    Case("option", ("run", "--sage", "x:Y"), ("No such option '--sage'", "'--saga'")),
    Case("number", ("run", "a.yaml", "--at-once", "0"), ("0 is not in the range",)),
    Case("command", ("walk",), ("No such command 'walk'",)),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_wrong_input_is_explained_and_nothing_is_run(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is wrong is said on standard error before anything runs, with exit code 2."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    for name, text in UNNAMED.items():
        (tmp_path / f"{name}.py").write_text(text)
    write(tmp_path, a=VALID, b=WRONG)

    result = command(*case.words)

    assert result.exit_code == 2
    assert [text for text in case.says if text not in result.stderr] == [], result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "runs").exists()


def test_the_problems_of_all_files_are_said_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two files with mistakes need one run to be found, not two."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, a=WRONG, b=WRONG.replace("orders", "order"))

    result = command("run", ".")

    files = {line.partition(":")[0] for line in result.stderr.splitlines()}
    assert (result.exit_code, files) == (2, {"a.yaml", "b.yaml"})


def test_a_forgotten_saga_is_asked_for() -> None:
    """Scenarios of another saga without `--saga`: the hint is below the unknown operations."""
    result = command("run", ROOT / "examples" / "trip" / "scenarios")

    *problems, hint = result.stderr.splitlines()
    assert all(".yaml:" in each for each in problems)
    assert "no services called car, flight, hotel; pass --saga for one that has" in hint


def test_a_misspelt_operation_is_no_other_saga(tmp_path: Path) -> None:
    """What was probably meant is said, and nothing of sagas."""
    write(
        tmp_path,
        a=VALID.replace("expect:", "faults: [{on: payment.charge, fault: drop_response}]\nexpect:"),
    )

    result = command("run", tmp_path)

    assert "did you mean 'payments.charge'?" in result.stderr
    assert "--saga" not in result.stderr
