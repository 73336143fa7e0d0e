# SPDX-License-Identifier: MIT
"""What a display leaves in the file system."""

from contextlib import suppress
from pathlib import Path


def traces(display: str) -> set[tuple[str, int, int]]:
    """Lock and socket of a display; another server's of the same name are not the same."""
    number = display.removeprefix(":")
    found = set()
    for path in (Path(f"/tmp/.X{number}-lock"), Path(f"/tmp/.X11-unix/X{number}")):
        with suppress(FileNotFoundError):
            status = path.stat()
            found.add((str(path), status.st_ino, status.st_ctime_ns))
    return found
