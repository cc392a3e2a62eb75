"""Fault mixes: built in, or read from a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes import ORDER_OPERATIONS
from sagacheck.load.system.fault_mixes import MIXES, mix_named, read_mix
from transfer.saga import SAGA as TRANSFER


@pytest.mark.parametrize("name", MIXES)
def test_mixes_have_rules_that_a_file_may_have_too(tmp_path: Path, name: str) -> None:
    """The built-in mixes use nothing that a file cannot say."""
    file = tmp_path / "mix.yaml"
    rules = [dict(rule) for rule in mix_named(name, ORDER_OPERATIONS)]
    file.write_text(str(rules), encoding="utf-8")

    assert [dict(rule) for rule in read_mix(str(file), ORDER_OPERATIONS)] == rules


@pytest.mark.parametrize("name", MIXES)
def test_mixes_have_what_can_happen_to_activities(name: str) -> None:
    """A reply that is cut off cannot: there is none."""
    faults = {str(rule["fault"]) for rule in read_mix(name, TRANSFER.operations)}

    assert not faults & {"empty", "truncated", "malformed"}
    assert ("drop_response" in faults) is (name != "none")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("on: payments", "a mix is a list of rules"),
        ("- {on: payments, fault: 503", r"mix.yaml:1:\d+"),
        ("- {on: payments.chrge, fault: 503}", "rule 1: .*payments.charge"),
        ("- {on: payments, fault: 503, share: 2}", "rule 1: .*share"),
    ],
)
def test_a_wrong_mix_is_an_error_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    """The message has the file, the line or rule, and what would be right."""
    file = tmp_path / "mix.yaml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match=message):
        read_mix(str(file), ORDER_OPERATIONS)
