"""Documents whose examples are run: their fenced blocks, one after another, in a folder of its own.

A block is run by the comment above it, which readers do not see, or by its language. So nothing can
be shown that is not run:

    ```console          commands behind `$`, each with what it prints
    ```diff             a change of files that were written before
    <!-- file: NAME --> the block is the file NAME
    <!-- part of: F --> the block stands in file F of the repository, word for word
    <!-- nightly -->    the commands take long; run where HYPOTHESIS_PROFILE is nightly
    <!-- not run -->    it is for another computer, or is no example

A command that ends with `&` goes on until the document is at its end; what is exported is there for
all that follow, and `cd` moves them. In what a command prints `…` stands for anything, on a line of
its own for any number of lines.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from textwrap import indent

from sybil import Document, Example, Region, Sybil
from sybil.parsers.markdown.lexers import FencedCodeBlockLexer

ROOT = Path(__file__).parents[2]
SHOWN = ("examples", "scenarios", "fakes", "load")
"""What a reader finds, beside the project file, in the folder that the code was downloaded to."""
LEFT_OUT = shutil.ignore_patterns("__pycache__", "runs", ".venv")
TELLING = ("GITHUB_ACTIONS", "FORCE_COLOR", "COLUMNS", "PYTHONPATH", "TEMPORAL", "LOAD")
"""How variables begin that tell a command more about where it runs than a terminal does."""
INDENTS = ("", " " * 4, " " * 8)
"""How far that may be indented of which a document shows a part."""
COMMENT = re.compile(r"<!-- (?P<what>[a-z ]+)(: (?P<name>\S+))? -->\n+\Z")
VARYING = (
    (re.compile(r"\d{8}T\d{6}\.\d+Z"), "<moment>"),
    (re.compile(r"\bin \d[\d.]* s\b"), "in <some> s"),
    (re.compile(r"(?<=[ /])\d+\.\d+$"), "<some>"),
    (re.compile(r"\b[\d,]+/s\b"), "<some>/s"),
    (re.compile(r"[ \u2500]{2,}"), "  "),
)
"""What differs between two runs, or machines: when they were, and how long they took."""


@dataclass
class Reader:
    """A reader who follows a document.

    Attributes:
        folder: Where; a document leaves it by `cd`.
        addresses: Words of the document, each with what stands for it on this computer.
        nightly: Whether there is time for what takes long.
        status: The exit code of the last command.
    """

    folder: Path
    addresses: Mapping[str, str] = field(default_factory=dict)
    nightly: bool = field(default=os.environ.get("HYPOTHESIS_PROFILE") == "nightly")
    status: int = 0
    _environment: dict[str, str] = field(init=False)
    _going_on: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        plain = {name: value for name, value in os.environ.items() if not name.startswith(TELLING)}
        self._environment = {**plain, "PATH": path}
        shutil.copy(ROOT / "pyproject.toml", self.folder)
        for name in SHOWN:
            shutil.copytree(ROOT / name, self.folder / name, ignore=LEFT_OUT)

    def read(self, document: Path) -> int:
        """Do it all; how many blocks there were.

        Raises:
            AssertionError: Something is not as it is shown.
        """
        examples = list(Sybil(parsers=[self._blocks]).parse(document).examples())
        try:
            for example in examples:
                example.evaluate()
        finally:
            for going_on in reversed(self._going_on):
                os.killpg(going_on.pid, signal.SIGKILL)
                going_on.wait()
        return len(examples)

    def _blocks(self, document: Document) -> Iterator[Region]:
        for region in FencedCodeBlockLexer(r"\w+")(document):
            comment = COMMENT.search(document.text, 0, region.start)
            what, name = (comment["what"], comment["name"]) if comment else ("", "")
            text = self._as_here(region.lexemes["source"])
            block = _Block(what, name, region.lexemes["language"], text)
            yield Region(region.start, region.end, block, self._do)

    def _as_here(self, text: str) -> str:
        for word, here in self.addresses.items():
            text = text.replace(word, here)
        return text

    def _do(self, example: Example) -> str:
        """Do what a block says; what is wrong with it, empty if nothing is."""
        block: _Block = example.parsed
        match block:
            case _Block(what="file"):
                (self.folder / block.name).write_text(block.text, encoding="utf-8")
            case _Block(what="part of"):
                whole = _without_gaps((ROOT / block.name).read_text(encoding="utf-8"))
                stands = any(indent(_without_gaps(block.text), by) in whole for by in INDENTS)
                return "" if stands else f"this does not stand in {block.name}"
            case _Block(what="not run"):
                pass
            case _Block(language="console"):
                if self.nightly or block.what != "nightly":
                    wrong = (self._run(*each) for each in commands(block.text))
                    return "\n".join(filter(None, wrong))
            case _Block(language="diff"):
                return self._patch(block.text)
            case _:
                return f"there is no rule for a block of {block.language}"
        return ""

    def _run(self, command: str, shown: str) -> str:
        """Have a command run; what it prints and should not, or the other way round."""
        if command.startswith("export "):
            pairs = (word.partition("=") for word in command.split()[1:])
            self._environment |= {name: value for name, _, value in pairs}
            return ""
        if command.startswith("cd "):
            self.folder = self.folder / command.removeprefix("cd ")
            return ""
        if command.endswith(" &"):
            self._begin(command.removesuffix(" &"))
            return ""
        done = self._process("bash", "-c", f"(exit {self.status}); {command}")
        self.status = done.returncode
        if is_as_shown(shown, done.stdout):
            return ""
        return f"$ {command}\nprints\n{done.stdout}\nand not\n{shown}"

    def _begin(self, command: str) -> None:
        with (self.folder / f"going-on-{len(self._going_on)}.txt").open("wb") as log:
            going_on = subprocess.Popen(
                ["bash", "-c", f"exec {command}"],
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._going_on.append(going_on)

    def _patch(self, text: str) -> str:
        done = self._process("patch", "--strip=0", "--fuzz=0", stdin=text)
        return "" if done.returncode == 0 else f"cannot be applied: {done.stdout}"

    def _process(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            cwd=self.folder,
            env=self._environment,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )


@dataclass(frozen=True)
class _Block:
    what: str
    name: str
    language: str
    text: str


def commands(text: str) -> Iterator[tuple[str, str]]:
    """The commands of a console, each with what it prints."""
    starts = [*(found.start() for found in re.finditer(r"^\$ ", text, re.MULTILINE)), len(text)]
    for start, end in pairwise(starts):
        command, _, shown = text[start + 2 : end].partition("\n")
        yield command, shown


def is_as_shown(shown: str, printed: str) -> bool:
    """Whether a command printed what a document shows."""
    lines = (re.escape(line).replace("…", ".*") for line in _comparable(shown))
    pattern = "".join(r"(.*\n)*" if line == ".*" else rf"{line}\n" for line in lines)
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in _comparable(printed))) is not None


def _without_gaps(text: str) -> str:
    """The lines that are not empty; the formatter decides about the others."""
    return "".join(f"{line}\n" for line in text.splitlines() if line.strip())


def _comparable(text: str) -> list[str]:
    """The lines, but for what differs between two runs."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    for pattern, word in VARYING:
        lines = [pattern.sub(word, line).rstrip() for line in lines]
    return lines
