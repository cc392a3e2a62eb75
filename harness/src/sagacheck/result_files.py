"""Files of results: the error of a full disk, or of a folder nobody may write, names the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_text(file: Path, text: str) -> None:
    """Write `text` to `file`, in UTF-8.

    Raises:
        OSError: It cannot be written; the error names it.
    """
    with named_in_errors(file):
        file.write_text(text, encoding="utf-8")


@contextmanager
def named_in_errors(file: Path) -> Iterator[None]:
    """Let an error of the system name this file: that of a full disk names none."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(file)
        raise
