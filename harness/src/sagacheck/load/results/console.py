"""The terminal. Lines go to standard error: standard output belongs to Locust's tables."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from rich.padding import Padding

from sagacheck.checks import OrderStatus
from sagacheck.load.audit.verdict import Judgement
from sagacheck.output import STYLES, console_for, escape
from sagacheck.plural import count
from sagacheck.printable import printable

MOST = 20


def say(text: str) -> None:
    """Print one line."""
    sys.stderr.write(f"load: {printable(text)}\n")
    sys.stderr.flush()


def print_judgement(judgement: Judgement, folder: Path, again: str) -> None:
    """Print the verdict, then what is wrong, then where to read more."""
    console = console_for(stderr=True)
    style = STYLES[judgement.verdict]
    ends = judgement.statuses.items()
    others = (f"{n} {status}" for status, n in ends if status != OrderStatus.COMPLETED)
    orders = ", ".join([str(judgement.orders), *others]) if judgement.statuses else ""
    console.print(f"\n[{style}]{judgement.verdict}[/]: {escape(orders or 'no orders')}")
    kinds = Counter(each.invariant for each in judgement.violations)
    if kinds:
        found = ", ".join(f"{name} {count}" for name, count in kinds.items())
        shown = f"; {MOST} of {kinds.total()} follow" if kinds.total() > MOST else ""
        console.print(f"violations: {found}{shown}")
    for violation in judgement.violations[:MOST]:
        console.print(Padding.indent(escape(f"{violation.invariant}: {violation.detail}"), 2))
    for unmet in judgement.unmet:
        console.print(Padding.indent(escape(unmet.detail), 2))
    for note in judgement.notes:
        console.print(f"[dim]{escape(note)}[/]")
    if judgement.facts:
        total, many = sum(judgement.facts.values()), len(judgement.facts)
        console.print(f"{count(total, 'fact')} checked by {count(many, 'invariant')}")
    console.print("\n[dim]to repeat the run:[/]")
    console.print(f"  {printable(again)}", soft_wrap=True, markup=False)
    console.print("[dim]verdict, journal and histories:[/]")
    console.print(f"  {printable(str(folder))}", soft_wrap=True, markup=False)
