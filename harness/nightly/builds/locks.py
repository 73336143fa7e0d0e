# SPDX-License-Identifier: MIT
"""Locks between processes that use one cache."""

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from harness.nightly.builds.errors import BuildCacheUnusable


def _at_once() -> None:
    pass


@contextlib.contextmanager
def locked(path: Path, waiting: Callable[[], None] = _at_once) -> Iterator[int]:
    """Hold the lock of the file ``path``, made where it is missing; its descriptor.

    The kernel releases it with the last process that has the descriptor.  ``waiting`` is called
    before another holder is waited for.  Raises BuildCacheUnusable.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise BuildCacheUnusable(path.parent, error.strerror or str(error)) from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def is_held(path: Path) -> bool:
    """Whether another process holds the lock of the file ``path``."""
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
