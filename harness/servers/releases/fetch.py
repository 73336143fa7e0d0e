# SPDX-License-Identifier: MIT
"""Fetch a server of a Debian release into the cache, without installing it; and remove it."""

import os
import shutil
from contextlib import AbstractContextManager
from pathlib import Path

from harness.servers.builds import Build, from_file
from harness.servers.errors import FetchFailed, FetchRefused, NotAServer, NotFetched
from harness.servers.kinds.table import ServerKind
from harness.servers.releases.apt import PrivateApt, Progress, unpack
from harness.servers.releases.cache import PACKAGES, ReleasedServer, find_fetched
from harness.servers.releases.cache_folder import lock_folder
from harness.servers.releases.start_script import write_start_scripts

KEYBOARD_COMPILER = Path("/usr/bin/xkbcomp")
"""Every X server runs it by this name at its start."""


def _no_progress(_phase: str, _percent: float) -> None:
    pass


def fetch(wanted: ReleasedServer, progress: Progress = _no_progress) -> Build:
    """The server, fetched unless it is in the cache already.

    An interrupted fetch is continued by the next one; of two processes that fetch from the
    same release the second waits for the first.  Raises FetchRefused, FetchFailed.
    """
    if not wanted.program.exists():
        with _lock(wanted, progress) as lock:
            if not wanted.program.exists():
                _fetch(wanted, lock, progress)
    return find_fetched(wanted)


def remove(wanted: ReleasedServer) -> None:
    """Remove it from the cache, also one that was fetched in part.  Raises NotFetched."""
    found = [folder for folder in (wanted.folder, wanted.partial) if folder.exists()]
    if not found:
        raise NotFetched(str(wanted), wanted.folder)
    with _lock(wanted, _no_progress):
        for folder in found:
            if folder == wanted.folder:
                # A rename is atomic: no other process finds half a server.
                shutil.rmtree(wanted.partial, ignore_errors=True)
                folder = folder.rename(wanted.partial)
            shutil.rmtree(folder, ignore_errors=True)
        release = wanted.folder.parent
        if not any(path for kind in ServerKind for path in release.glob(f"{kind}*")):
            shutil.rmtree(_apt_folder(wanted), ignore_errors=True)


def _apt_folder(wanted: ReleasedServer) -> Path:
    return wanted.folder.parent / "apt"


def _lock(wanted: ReleasedServer, progress: Progress) -> AbstractContextManager[int]:
    waiting = f"waiting for another run that fetches from {wanted.release}"
    return lock_folder(wanted.folder.parent, lambda: progress(waiting, 0.0))


def _fetch(wanted: ReleasedServer, lock: int, progress: Progress) -> None:
    if not os.access(KEYBOARD_COMPILER, os.X_OK):
        raise FetchRefused(
            f"{KEYBOARD_COMPILER} not found, which every X server runs at its start; "
            f"install it (Debian, Ubuntu: x11-xkb-utils)"
        )
    archives, root = wanted.partial / "archives", wanted.partial / "root"
    try:
        apt = PrivateApt(wanted.release, _apt_folder(wanted), lock, progress)
        apt.update()
        if headers := wanted.kind.info.headers:
            # The interface of drivers outlives security updates, whose archive may lack a file.
            apt.download_alone(headers["Debian, Ubuntu"], archives)
        files = apt.download(wanted.kind.info.debian_packages, archives)
        shutil.rmtree(root, ignore_errors=True)
        for number, file in enumerate(files):
            progress(f"unpacking {wanted}", 100 * number / len(files))
            unpack(file, root)
        script = write_start_scripts(wanted)
        names = "".join(f"{file.name}\n" for file in files)
        (wanted.partial / PACKAGES).write_text(names, encoding="utf-8")
        from_file(script, wanted.kind, wanted.release)
        shutil.rmtree(archives)
        wanted.partial.rename(wanted.folder)
    except NotAServer as error:
        raise FetchFailed(
            f"{wanted} was fetched but does not run on this machine",
            str(error),
            wanted.partial,
            "run the script named below with -help to see why",
        ) from None
    except OSError as error:
        raise FetchFailed(
            f"{wanted} cannot be kept in the cache",
            str(error),
            wanted.partial,
            "make room, or name another folder in XHARNESS_CACHE",
        ) from None
    progress(f"fetched {wanted}", 100.0)
