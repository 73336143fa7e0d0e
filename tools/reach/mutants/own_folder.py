# SPDX-License-Identifier: MIT
"""Folders in the cache that a run works in, and that go with it, however it ends."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.errors import HarnessError
from harness.locks import is_held, locked

_LOCK = "lock"


@contextmanager
def own_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """A folder in ``parent`` whose name begins with ``prefix``, removed at the end.

    Those of runs that were killed are removed at first.  Raises HarnessError where it cannot be
    written.
    """
    for left in parent.glob(f"{prefix}*"):
        lock = left / _LOCK
        # One without a lock may be another run's that has just made it.
        if lock.exists() and not is_held(lock):
            shutil.rmtree(left, ignore_errors=True)

    def refused(error: OSError) -> HarnessError:
        return HarnessError(f"{parent} cannot be written: {error.strerror or error}")

    with TemporaryDirectory(prefix=prefix, dir=parent) as name:
        folder = Path(name)
        with locked(folder / _LOCK, refused):
            yield folder
