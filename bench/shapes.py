"""How much a team writes for each shape of ``examples/shapes``, and how soon it has a verdict.

Run it in the root: ``python bench/shapes.py``. The seconds are those of a search with at most one
fault, in this process; the import of the harness is not counted.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from sagacheck.explore import Search, explore
from sagacheck.language import plain_orders
from sagacheck.saga import load_saga

SHAPES = Path(__file__).parents[1] / "examples" / "shapes"


def glue_lines(file: Path) -> int:
    """The lines of code for the right saga, with its imports, without comments."""
    lines = (each.strip() for each in file.read_text(encoding="utf-8").splitlines())
    return sum(bool(x) and not x.startswith(('"""', "#")) and "replace" not in x for x in lines)


def main() -> None:
    """Print a row for each shape."""
    sys.stdout.write(f"{'shape':20}{'glue lines':>12}{'histories':>12}{'seconds':>10}\n")
    for file in sorted(SHAPES.glob("*/saga.py")):
        name = file.parent.name
        began = time.perf_counter()
        saga = load_saga(f"{name}.saga:SAGA")
        base = plain_orders(1, saga.dialect)
        found = explore(Search(base=base, saga_reference=f"{name}.saga:SAGA", faults=1))
        took = time.perf_counter() - began
        row = f"{name:20}{glue_lines(file):12}{found.tally.histories:12}{took:10.1f}\n"
        sys.stdout.write(row)


if __name__ == "__main__":
    main()
