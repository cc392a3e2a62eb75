"""A disk that is full until there is room again."""

from __future__ import annotations

import errno
import io
from pathlib import Path

from sagacheck.http.served_world import ServedWorld


class FullDisk(io.FileIO):
    """A file that can be written as long as there is room."""

    room = 0

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Write as much as there is room for."""
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = super().write(bytes(data)[: self.room])
        self.room -= written
        return written


def on_full_disk(served: ServedWorld, path: Path, room: int = 0) -> FullDisk:
    """Let the journal of a world stand on a disk with so many bytes of room."""
    log = served._log
    assert log is not None
    log._file.close()
    log._file = disk = FullDisk(path, "ab")
    disk.room = room
    return disk
