"""The command line as people meet it: help that teaches, completion, colours where they belong."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import click
import pytest

from scenarios.cli import main
from tests.cli._commands import INVALID, command, write

COMMANDS = main.list_commands(click.Context(main))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_teaches_by_example(name: str) -> None:
    """Help has a sentence that begins it, examples to paste, and every option explained."""
    shown = command(name, "--help").output
    taught = main.get_command(click.Context(main), name)
    assert taught is not None
    options = [each for each in taught.params if isinstance(each, click.Option)]

    assert "Examples:" in shown
    assert f"python -m scenarios {name}" in shown
    unexplained = [each.name for each in options if not each.help]
    assert unexplained == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_can_complete(shell: str) -> None:
    """The completion script of each shell can be had, and names the program."""
    if shell == "bash":
        pytest.importorskip("shutil")
    result = complete(f"{shell}_source")

    assert result.returncode == 0
    assert "_SCENARIOS_COMPLETE" in result.stdout


def complete(instruction: str, **words: str) -> subprocess.CompletedProcess[str]:
    """Ask for completion as a shell does."""
    return subprocess.run(
        [sys.executable, "-c", "from scenarios.cli import main; main(prog_name='scenarios')"],
        env={**os.environ, "_SCENARIOS_COMPLETE": instruction, **words},
        capture_output=True,
        text=True,
        check=False,
    )


def test_commands_and_options_are_completed() -> None:
    """What a shell asks is answered: commands that begin so, and the words of an option."""
    commands = complete("bash_complete", COMP_WORDS="scenarios re", COMP_CWORD="1").stdout
    engines = complete(
        "bash_complete", COMP_WORDS="scenarios run --engine s", COMP_CWORD="3"
    ).stdout

    assert commands.split() == ["plain,replay"]
    assert set(engines.split()) == {"plain,simulated", "plain,server"}


def in_a_terminal(*words: str, cwd: Path, **environment: str) -> str:
    """What a command prints when it is run in a terminal."""
    ours, theirs = pty.openpty()
    clean = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "GITHUB_ACTIONS", "CI"}}
    with subprocess.Popen(
        [sys.executable, "-m", "scenarios", *words],
        cwd=cwd,
        stdout=theirs,
        stderr=theirs,
        env={**clean, "TERM": "xterm-256color", **environment},
    ):
        os.close(theirs)
        parts = []
        try:
            while part := os.read(ours, 4096):
                parts.append(part)
        except OSError:  # Linux says so when the other side is closed
            pass
    os.close(ours)
    return b"".join(parts).decode()


def test_colours_in_a_terminal_unless_nobody_wants_them(tmp_path: Path) -> None:
    """A terminal gets colours; with NO_COLOR it gets none, and the same words."""
    write(tmp_path, b=INVALID)

    coloured = in_a_terminal("run", "b.yaml", cwd=tmp_path)
    plain = in_a_terminal("run", "b.yaml", cwd=tmp_path, NO_COLOR="1")

    assert "\x1b[1;31minvalid" in coloured
    assert "\x1b[1;31m" not in plain
    assert "\x1b[31m" not in plain
    assert "o1 was to end as failed" in plain


def test_a_run_looks_the_same_every_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it goes to a file nothing depends on the width or on time, but for the time itself."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, b=INVALID)

    first, again = (
        [line for line in command("run", "b.yaml").output.splitlines() if " s" not in line]
        for _ in range(2)
    )

    stable = [line for line in first if "runs/" not in line]
    assert stable == [line for line in again if "runs/" not in line]
    assert stable
