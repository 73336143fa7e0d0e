# SPDX-License-Identifier: MIT
"""Fetch a server of a Debian release into the cache, without installing it; and remove it."""

import contextlib
import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

from harness.servers.builds import Build, from_file
from harness.servers.errors import FetchFailed, FetchRefused, NotAServer, NotFetched
from harness.servers.kinds.table import ServerKind
from harness.servers.releases.apt import PrivateApt, Progress
from harness.servers.releases.cache import PACKAGES, ReleasedServer, find_fetched

KEYBOARD_COMPILER = Path("/usr/bin/xkbcomp")
"""Servers run it by this name at their start."""

_SCRIPT = """\
#!/bin/sh
# Runs the server of {name} with its own loader and libraries.
here=${{0%/*}}/root
export LIBGL_DRIVERS_PATH={drivers}
exec {loader} \\
    --library-path {libraries} \\
    {program}{options} "$@"
"""


def fetch(wanted: ReleasedServer, progress: Progress = lambda _phase, _done: None) -> Build:
    """The server, fetched unless it is there already; ready to be used for as long as it stays.

    Interrupted, it goes on where it was; of two that want the same the second waits for the
    first.  Raises FetchRefused, FetchFailed.
    """
    if not wanted.program.exists():
        with _lock(wanted, progress) as lock:
            if not wanted.program.exists():
                _fetch(wanted, lock, progress)
    return find_fetched(wanted)


def remove(wanted: ReleasedServer) -> None:
    """Remove it from the cache, also when it is there in part only.  Raises NotFetched."""
    found = [folder for folder in (wanted.folder, wanted.partial) if folder.exists()]
    if not found:
        raise NotFetched(str(wanted), wanted.folder)
    with _lock(wanted):
        for folder in found:
            if folder == wanted.folder:
                # Gone as a whole at once: nobody finds half a server.
                shutil.rmtree(wanted.partial, ignore_errors=True)
                folder = folder.rename(wanted.partial)
            shutil.rmtree(folder, ignore_errors=True)
        if not _others(wanted):
            shutil.rmtree(_lists(wanted), ignore_errors=True)


def _others(wanted: ReleasedServer) -> list[Path]:
    return [folder for kind in ServerKind for folder in wanted.folder.parent.glob(f"{kind}*")]


def _lists(wanted: ReleasedServer) -> Path:
    return wanted.folder.parent / "apt"


@contextlib.contextmanager
def _lock(wanted: ReleasedServer, progress: Progress = lambda _phase, _done: None) -> Iterator[int]:
    """Hold the one lock of this release.  It goes with its last holder, however that ends."""
    folder = wanted.folder.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise FetchRefused(
            f"the cache {folder} cannot be written ({error.strerror}); "
            f"name another folder in XHARNESS_CACHE"
        ) from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress(f"waiting for another run that fetches from {wanted.release}", 0.0)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def _fetch(wanted: ReleasedServer, lock: int, progress: Progress) -> None:
    if not os.access(KEYBOARD_COMPILER, os.X_OK):
        raise FetchRefused(
            f"{KEYBOARD_COMPILER} not found, which every X server runs at its start; "
            f"install it (Debian, Ubuntu: x11-xkb-utils)"
        )
    try:
        apt = PrivateApt(wanted.release, _lists(wanted), lock, progress)
        apt.update()
        files = apt.download(_packages(wanted.kind), wanted.partial / "archives")
        root = wanted.partial / "root"
        shutil.rmtree(root, ignore_errors=True)
        for number, file in enumerate(files):
            progress(f"unpacking {wanted}", 100 * number / len(files))
            _unpack(file, root)
        _write_script(wanted)
        names = "".join(f"{file.name}\n" for file in files)
        (wanted.partial / PACKAGES).write_text(names, encoding="utf-8")
        _try_out(wanted)
        shutil.rmtree(wanted.partial / "archives")
        wanted.partial.rename(wanted.folder)
    except OSError as error:
        raise FetchFailed(
            f"{wanted} cannot be kept in the cache",
            str(error),
            wanted.partial,
            "make room, or name another folder in XHARNESS_CACHE",
        ) from None
    progress(f"fetched {wanted}", 100.0)


def _packages(kind: ServerKind) -> list[str]:
    packages = [kind.info.packages["Debian, Ubuntu"]]
    if kind.info.module is not None:
        packages.append(kind.info.module.packages["Debian, Ubuntu"])
    return packages


def _unpack(file: Path, root: Path) -> None:
    done = subprocess.run(
        ["dpkg-deb", "--extract", str(file), str(root)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        # Apt took it for whole, so it would not be fetched again.
        with contextlib.suppress(OSError):
            file.unlink()
        raise FetchFailed(
            f"{file.name} cannot be unpacked",
            done.stderr.strip(),
            file.parent,
            "make room if the disk is full, then run it again",
        )


def _write_script(wanted: ReleasedServer) -> None:
    root = wanted.partial / "root"
    program = _first(root, [*wanted.kind.info.places, f"/usr/bin/{wanted.kind.info.program}"])
    loader = _first(root, [f"/{place}" for place in _relative(root, "**/ld-linux*.so.[0-9]")])
    if program is None or loader is None:
        missing = "a server" if program is None else "a loader"
        raise FetchFailed(
            f"the packages of {wanted} hold no {missing} where one was expected",
            f"looked through {root}",
            root,
            "tell the authors of the harness, or name a server by --server-path",
        )
    libraries = _library_folders(root)
    drivers = [folder for folder in _relative(root, "usr/lib/*/dri") if (root / folder).is_dir()]
    modules = _relative(root, "usr/lib/xorg/modules") if wanted.kind is ServerKind.XORG else []
    script = wanted.partial / wanted.program.name
    script.write_text(
        _SCRIPT.format(
            name=wanted,
            drivers=_inside(drivers),
            loader=_inside([loader]),
            libraries=_inside(libraries),
            program=_inside([program]),
            options="".join(f" -modulepath {_inside([folder])}" for folder in modules),
        ),
        encoding="utf-8",
    )
    script.chmod(0o755)


def _inside(places: list[str]) -> str:
    """A word of the script: these places below its root, as a search path."""
    return ":".join(f'"$here"/{quote(place)}' for place in places) or "''"


def _relative(root: Path, pattern: str) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.glob(pattern))


def _first(root: Path, places: list[str]) -> str | None:
    """The first of these places that is a file; one that leaves the root as a link is none."""
    for place in places:
        path = root / place.lstrip("/")
        if path.is_file() and path.resolve().is_relative_to(root.resolve()):
            return place.lstrip("/")
    return None


def _library_folders(root: Path) -> list[str]:
    """Where the release keeps libraries, and the private folders of some of them."""
    plain = _relative(root, "lib/*-linux-*") + _relative(root, "usr/lib/*-linux-*")
    return plain + [
        folder
        for parent in plain
        for folder in _relative(root, f"{parent}/*")
        if (root / folder).is_dir() and any((root / folder).glob("lib*.so*"))
    ]


def _try_out(wanted: ReleasedServer) -> None:
    program = wanted.partial / wanted.program.name
    try:
        from_file(program, wanted.kind)
    except NotAServer as error:
        raise FetchFailed(
            f"{wanted} was fetched but does not run on this machine",
            str(error),
            wanted.partial,
            "run the script named below with -help to see why",
        ) from None
