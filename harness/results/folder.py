# SPDX-License-Identifier: MIT
"""The folders that keep the evidence of failing tests: one for each session.

Below ``results`` each session has a folder of its own, and ``latest`` is a link to the one that
began last. Every process that keeps something in a folder holds a lock on its mark: a session
deletes no folder that is locked.
"""

import fcntl
import hashlib
import os
import re
import secrets
import shutil
import time
from contextlib import suppress
from pathlib import Path

from harness.errors import HarnessError

KEPT = 10
"""How many sessions' folders are kept, the running ones apart."""

LATEST = "latest"

_MARK = ".xharness-results"
_SESSION = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")
_LONGEST_NAME = 120


class ResultsError(HarnessError):
    """The results folder cannot be used."""


def new_session(folder: Path) -> Path:
    """A path below ``folder`` for the results of a session that begins now, not created."""
    return folder / _session_name(time.time())


class Results:
    """The results of one session in ``folder``, with one folder in it for each failing test.

    Nothing is created before there is something to keep.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock: int | None = None

    def begin(self) -> None:
        """Remove the link ``latest``: the reader shall not take an older session for this one."""
        latest = self.folder.with_name(LATEST)
        with suppress(OSError):
            if _is_link_of_ours(latest):
                latest.unlink()
            elif (latest / _MARK).exists():
                # A folder of a release that kept only one session.
                latest.rename(latest.with_name(_session_name(latest.stat().st_mtime)))

    def clear(self) -> None:
        """Empty the folder for this session.

        Raises ResultsError when it cannot be written, holds files that are not results, or is
        in use by a session that runs.
        """
        try:
            self._check_ours()
            self._create(fcntl.LOCK_EX)
            self._empty()
        except BlockingIOError:
            raise ResultsError(
                f"the results folder {self.folder} is in use by a session that runs; "
                f"name another one with --results DIR"
            ) from None
        except OSError as error:
            raise ResultsError(
                f"the results folder {self.folder} cannot be written: {error.strerror}; "
                f"name another one with --results DIR"
            ) from None
        # The workers of this session keep evidence here too.
        _lock(self._lock, fcntl.LOCK_SH)

    def _check_ours(self) -> None:
        """Raise ResultsError for a folder of other files, and for a file."""
        if not self.folder.exists():
            return
        if not self.folder.is_dir():
            raise ResultsError(f"the results folder {self.folder} is a file; name a folder")
        if any(self.folder.iterdir()) and not (self.folder / _MARK).exists():
            raise ResultsError(
                f"the results folder {self.folder} holds files that are not results; "
                f"name an empty or new folder"
            )

    def _empty(self) -> None:
        for path in self.folder.iterdir():
            # Sessions without --results may have theirs in here.
            if path.name in (_MARK, LATEST) or _SESSION.fullmatch(path.name):
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def path_of(self, name: str) -> Path:
        """Where the evidence of test ``name`` is kept; not created.

        No two tests share one: digits that stand for the whole name follow what is readable.
        """
        readable = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-")[-_LONGEST_NAME:]
        digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:8]
        return self.folder / f"{readable}-{digest}"

    def of_test(self, name: str) -> Path:
        """The folder for the evidence of test ``name``, created.

        Raises OSError when it cannot be written.
        """
        self.create()
        path = self.path_of(name)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def create(self) -> None:
        """Create the folder of the session unless it is there; ``latest`` links to it then.

        Raises OSError when it cannot be written.
        """
        if self._lock is None or not (self.folder / _MARK).exists():
            self.close()
            self._create(fcntl.LOCK_SH)
            if _SESSION.fullmatch(self.folder.name):
                self._point_latest()
                self._delete_oldest()

    def close(self) -> None:
        """Let later sessions delete the folder."""
        if self._lock is not None:
            # A child that another thread forks holds the descriptor until it executes its program.
            _lock(self._lock, fcntl.LOCK_UN)
            os.close(self._lock)
            self._lock = None

    def _create(self, lock: int) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self.folder / _MARK, os.O_WRONLY | os.O_CREAT, 0o666)
        try:
            _lock(self._lock, lock)
        except BlockingIOError:
            self.close()
            raise

    def _point_latest(self) -> None:
        """Make ``latest`` a link to this folder, unless it names a session that began later."""
        latest = self.folder.with_name(LATEST)
        beside = self.folder.with_name(f".{LATEST}.{secrets.token_hex(4)}")
        # Where links cannot be made the evidence is found by the path that is printed.
        with suppress(OSError):
            if _is_link_of_ours(latest):
                if latest.exists() and latest.readlink().name >= self.folder.name:
                    return
            elif latest.exists() or latest.is_symlink():
                return
            beside.symlink_to(self.folder.name)
            beside.replace(latest)

    def _delete_oldest(self) -> None:
        """Delete the folders of sessions that are over, but for the last ones."""
        sessions = [
            path
            for path in self.folder.parent.iterdir()
            if _SESSION.fullmatch(path.name) and (path / _MARK).exists()
        ]
        for path in sorted(sessions)[:-KEPT]:
            old = Results(path)
            with suppress(OSError):
                old._create(fcntl.LOCK_EX)
                shutil.rmtree(path, ignore_errors=True)
            old.close()


def _session_name(seconds: float) -> str:
    """UTC, so that names are in order, and some digits for sessions of the same second."""
    return f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(seconds))}-{secrets.token_hex(3)}"


def _is_link_of_ours(path: Path) -> bool:
    return path.is_symlink() and bool(_SESSION.fullmatch(path.readlink().name))


def _lock(descriptor: int | None, kind: int) -> None:
    """Raises BlockingIOError when another process's lock is in the way."""
    assert descriptor is not None
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError as error:
        # Some file systems have no locks.
        if isinstance(error, BlockingIOError):
            raise
