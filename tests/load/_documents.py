"""Does what a document says, with addresses of this computer in place of those that it shows.

A command that ends with `&` is started and goes on; what is exported is there for all that follow.
A block below `<!-- file: NAME -->` is that file, one below `<!-- nightly -->` takes long.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from load._processes import Child
from tests.docs.documents import commands, is_as_shown
from tests.load._runs import ROOT

BLOCK = re.compile(
    r"(?:<!-- (?P<what>file|nightly)(?:: (?P<name>\S+))? -->\n\n)?"
    r"^```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


class Reader:
    """Somebody who follows the document.

    Args:
        folder: Where.
        addresses: Words of the document, each with what stands for it here.
        nightly: Whether there is time for what takes long.
    """

    def __init__(self, folder: Path, addresses: Mapping[str, str], *, nightly: bool) -> None:
        self._folder = folder
        self._addresses = addresses
        self._nightly = nightly
        self._exit_code = 0
        self._going_on: list[Child] = []
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("TEMPORAL", "LOAD"))}
        self._environment = {**inherited, "PATH": path}
        (folder / "load").symlink_to(ROOT / "load")

    def read(self, text: str) -> int:
        """Do it all; how many commands there were.

        Raises:
            AssertionError: Something is not as it is shown.
        """
        count = 0
        for word, here in self._addresses.items():
            text = text.replace(word, here)
        for block in BLOCK.finditer(text):
            if block["what"] == "file":
                (self._folder / block["name"]).write_text(block["text"], encoding="utf-8")
            elif block["what"] != "nightly" or self._nightly:
                for command, shown in commands(block["text"]):
                    self._do(command, shown)
                    count += 1
        return count

    def close(self) -> None:
        """End what goes on."""
        for child in reversed(self._going_on):
            child.kill()

    def _do(self, command: str, shown: str) -> None:
        if command.startswith("export "):
            pairs = (word.partition("=") for word in command.split()[1:])
            self._environment |= {name: value for name, _, value in pairs}
        elif command.endswith(" &"):
            log = self._folder / f"going-on-{len(self._going_on)}.txt"
            line = f"cd {self._folder} && exec {command.removesuffix(' &')}"
            child = Child(command, ["bash", "-c", line], log, self._environment)
            child.start()
            self._going_on.append(child)
        else:
            self._run(command, shown)

    def _run(self, command: str, shown: str) -> None:
        done = subprocess.run(
            ["bash", "-c", f"(exit {self._exit_code}); {command}"],
            cwd=self._folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self._exit_code = done.returncode
        assert is_as_shown(shown, done.stdout), done.stdout


@contextmanager
def reader(folder: Path, addresses: Mapping[str, str], *, nightly: bool) -> Iterator[Reader]:
    """A reader, and an end to all that he has started."""
    found = Reader(folder, addresses, nightly=nightly)
    try:
        yield found
    finally:
        found.close()
