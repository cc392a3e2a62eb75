"""What goes wrong around a run is no verdict on the saga."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCENARIO = Path("scenarios/catalogue/shipping/poisoned-key.yaml").resolve()


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
