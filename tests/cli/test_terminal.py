"""The command line as people meet it: help that teaches, completion, colours where they belong."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from sagacheck.cli.main import main
from tests.cli._commands import INVALID, ROOT, command, write

COMMANDS = main.list_commands(click.Context(main))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_teaches_by_example(name: str) -> None:
    """Help has examples that can be pasted, and explains every option."""
    shown = command(name, "--help").output
    options = (main.get_command(click.Context(main), name) or main).params

    assert "Examples:" in shown
    assert f"sagacheck {name}" in shown
    assert [o.name for o in options if isinstance(o, click.Option) and not o.help] == []


ASK = {
    "bash": (
        'eval "$(sagacheck completion bash)"; COMP_WORDS=({words}); '
        'COMP_CWORD={last}; _sagacheck_completion sagacheck; printf "%s\\n" "${{COMPREPLY[@]}}"'
    ),
    "fish": 'sagacheck completion fish | source; complete -C "{words}"',
}


@pytest.mark.parametrize("shell", ASK)
@pytest.mark.parametrize(
    ("words", "answers"),
    [("sagacheck rep", {"replay"}), ("sagacheck run --engine s", {"simulated", "server"})],
)
def test_shells_complete(shell: str, words: str, answers: set[str]) -> None:
    """A real shell with the printed script completes commands, and the words of an option."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = ASK[shell].format(words=words, last=len(words.split()) - 1)

    said = in_shell(shell, script).splitlines()
    assert {line.partition("\t")[0] for line in said} == answers


def test_zsh_takes_the_script() -> None:
    """It registers the function for the name; what it then asks is the same as bash's."""
    if shutil.which("zsh") is None:
        pytest.skip("zsh is not installed")
    script = (
        "autoload -Uz compinit; compinit -u -D; "
        'eval "$(sagacheck completion zsh)"; print $_comps[sagacheck]'
    )

    assert in_shell("zsh", script).strip() == "_sagacheck_completion"


def in_shell(shell: str, script: str) -> str:
    """What a shell prints that runs `script`, with our Python first on the path."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [shell, "-c", script],
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


def in_a_terminal(*words: str, cwd: Path, **environment: str) -> str:
    """What a command prints when it is run in a terminal."""
    ours, theirs = pty.openpty()
    clean = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "GITHUB_ACTIONS", "CI"}}
    with subprocess.Popen(
        [sys.executable, "-m", "sagacheck", *words],
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
    assert "expected o1 to end as failed" in plain


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
