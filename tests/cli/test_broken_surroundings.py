"""What goes wrong around a run is no verdict on the saga."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

FULL = Path("/dev/full")
SCENARIO = Path("scenarios/catalogue/shipping/poisoned-key.yaml").resolve()


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a file on a full disk")
@pytest.mark.parametrize(
    "words",
    [
        ("run", str(SCENARIO), "--json"),
        ("run", str(SCENARIO), "--junit"),
        ("explore", "--faults", "0", "--json"),
        ("simulate", "--runs", "1", "--json"),
    ],
    ids=lambda words: f"{words[0]} {words[-1]}",
)
def test_a_full_disk_hides_no_verdict(tmp_path: Path, words: tuple[str, ...]) -> None:
    """The verdict is printed, then what could not be written; the exit code is 3."""
    folder = "--folder" if words[0] == "simulate" else "--runs"
    command = [
        sys.executable,
        "-m",
        "sagacheck",
        *words,
        str(FULL),
        folder,
        str(tmp_path),
    ]

    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)

    assert done.returncode == 3
    assert re.search(r"^(valid|invalid|unknown)\b", done.stdout, re.MULTILINE), done.stdout
    assert done.stderr == f"[Errno 28] No space left on device: '{FULL}'\n"


def test_a_folder_that_cannot_be_written_is_wrong_input(tmp_path: Path) -> None:
    """It is said in a line that names it, and the exit code is not that of a violation."""
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    command = [sys.executable, "-m", "sagacheck", "run", str(SCENARIO), "--runs"]

    done = subprocess.run(
        [*command, str(tmp_path / "file" / "runs")],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert str(tmp_path / "file") in done.stderr
