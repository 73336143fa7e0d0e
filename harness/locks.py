# SPDX-License-Identifier: MIT
"""Locks between processes that use one folder."""

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path


def at_once() -> None:
    """Nothing is to be done before a lock is waited for."""


@contextlib.contextmanager
def locked(
    path: Path,
    refused: Callable[[OSError], Exception],
    waiting: Callable[[], None] = at_once,
) -> Iterator[int]:
    """Hold the lock of the file ``path``, made where it is missing; its descriptor.

    The kernel releases it with the last process that has the descriptor.  ``waiting`` is called
    before another holder is waited for.  Raises what ``refused`` makes of the reason why the
    file cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise refused(error) from None
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
