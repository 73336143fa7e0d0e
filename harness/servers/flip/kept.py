# SPDX-License-Identifier: MIT
"""Which compiled drivers stay in the cache: those in use, and those that were used last."""

import fcntl
import os
import shutil
from contextlib import suppress
from pathlib import Path

KEPT = 16
"""How many drivers stay that no process uses: some 400 KB each."""

_held: dict[Path, int] = {}
"""The descriptors of the folders that this process uses."""


def hold(folder: Path) -> None:
    """Keep other processes from removing ``folder``, if it is there, until this process ends.

    It is the one that was used last, from now on.
    """
    # Where it cannot be locked, on some file systems, none can be removed either.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        # An earlier one may be of a folder of this name that was removed.
        earlier, _held[folder] = _held.get(folder), descriptor
        if earlier is not None:
            os.close(earlier)
        os.utime(folder)


def remove_unused(drivers: list[Path]) -> None:
    """Remove the folders that no process holds, without the ``KEPT`` that were used last."""
    for folder in sorted(drivers, key=_last_used)[:-KEPT]:
        _remove(folder)


def _last_used(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:
        return 0


def _remove(folder: Path) -> None:
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(descriptor)
