# SPDX-License-Identifier: MIT
"""Folders for the private files of servers, removed even if this process is killed."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.servers.errors import FolderUnusable
from harness.servers.process.reaper import REAPER

SOCKET_FOLDERS = Path("/tmp")
"""Where private sockets go: a socket's path has at most 107 bytes, TMPDIR may be longer."""


def new_folder(prefix: str, parent: Path | None = None) -> Path:
    """A new folder in ``parent`` (default: TMPDIR), which the caller removes.

    Raises FolderUnusable.
    """
    try:
        return Path(tempfile.mkdtemp(prefix=prefix, dir=parent)).absolute()
    except OSError as error:
        raise FolderUnusable(_where(parent), error) from None


def _where(parent: Path | None) -> str:
    if parent is not None:
        return str(parent)
    try:
        return tempfile.gettempdir()
    except OSError:
        return "the folder for temporary files"


@contextmanager
def writing_into(folder: Path) -> Iterator[None]:
    """Raise FolderUnusable for what goes wrong while files are written into ``folder``."""
    try:
        yield
    except OSError as error:
        raise FolderUnusable(str(folder), error) from None


@contextmanager
def temporary_folder(parent: Path | None = None) -> Iterator[Path]:
    """A private folder in ``parent`` (default: TMPDIR), removed when it is left.

    Raises FolderUnusable, MachineUnsuitable.
    """
    folder = new_folder("xharness-", parent)
    try:
        REAPER.own(folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        REAPER.disown(folder)
