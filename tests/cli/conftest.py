"""The temporary folder of each test is a project whose saga is that of this shop."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli._commands import configure


@pytest.fixture(autouse=True)
def _project(tmp_path: Path) -> None:
    configure(tmp_path)
