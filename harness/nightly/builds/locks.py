# SPDX-License-Identifier: MIT
"""Locks between processes that use one cache of builds."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from harness import locks
from harness.nightly.builds.errors import BuildCacheUnusable


def locked(path: Path, waiting: Callable[[], None] = locks.at_once) -> AbstractContextManager[int]:
    """``harness.locks.locked``.  Raises BuildCacheUnusable."""

    def refused(error: OSError) -> BuildCacheUnusable:
        return BuildCacheUnusable(path.parent, error.strerror or str(error))

    return locks.locked(path, refused, waiting)
