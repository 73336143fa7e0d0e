# SPDX-License-Identifier: MIT
"""What a display leaves in the file system."""

from contextlib import suppress
from pathlib import Path

import psutil


def traces(display: str) -> set[tuple[str, int, int]]:
    """Lock and socket of a display; another server's of the same name are not the same."""
    number = display.removeprefix(":")
    found = set()
    for path in (Path(f"/tmp/.X{number}-lock"), Path(f"/tmp/.X11-unix/X{number}")):
        with suppress(FileNotFoundError):
            status = path.stat()
            found.add((str(path), status.st_ino, status.st_ctime_ns))
    return found


def traces_of_running(display: str) -> set[tuple[str, int, int]]:
    """Those of a server that runs: a lock may be left from one of the same name that was killed."""
    return {trace for trace in traces(display) if not _is_left(Path(trace[0]))}


def _is_left(path: Path) -> bool:
    """Whether it is the lock of a process that has ended."""
    if not path.name.endswith("-lock"):
        return False
    with suppress(FileNotFoundError, ValueError):
        return not psutil.pid_exists(int(path.read_text(encoding="ascii")))
    return False
