# SPDX-License-Identifier: MIT
"""Where a server's binary comes from: PATH, a file, a meson build folder, a release."""

import contextlib
import os
import re
import select
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from harness.deadlines import Deadline
from harness.servers.errors import NoServerInBuildFolder, NotAServer, ServerNotInstalled
from harness.servers.flip.driver import compiled, machine_driver
from harness.servers.flip.headers import Headers, is_build_folder, modules_of_build
from harness.servers.kinds import xorg
from harness.servers.kinds.table import ServerKind
from harness.servers.kms.kernel import machine_kernel
from harness.servers.process.environment import clean_environment
from harness.servers.process.orphans import collect_orphans
from harness.servers.sanitizers import built_in

HELP_SECONDS = 5.0
HELP_BYTES = 256 * 1024

_ANY_SERVER = "-audit int"
"""An option that the help of every X server lists (os/utils.c, UseMsg)."""


@dataclass(frozen=True, slots=True)
class Build:
    """A server binary that answered ``-help`` as its kind does.

    ``origin`` is "PATH", "file", "build folder" or "release"; ``help`` is what it printed,
    ``release`` the Debian release that it was fetched from, ``named`` the name of the build that
    ``xharness builds`` made.  ``module_folders`` are where it finds its modules, the harness's own
    driver first; empty without that.  ``kernel`` is the one that it runs in.
    """

    kind: ServerKind
    path: Path
    origin: str
    help: str = field(repr=False)
    release: str = ""
    named: str = ""
    module_folders: tuple[Path, ...] = ()
    kernel: Path | None = None

    @property
    def name(self) -> str:
        """Its name in options and messages: ``xvfb``, ``xvfb@trixie``, ``xvfb@main``."""
        source = self.release or self.named
        return f"{self.kind}@{source}" if source else str(self.kind)

    @property
    def sanitizers(self) -> tuple[str, ...]:
        """The sanitizers that it was built with, such as AddressSanitizer."""
        return built_in(self.path)

    @property
    def stock(self) -> bool:
        """Whether a distribution built it, so that its version determines its bugs."""
        return self.origin in ("PATH", "release")

    @property
    def helper_program(self) -> str:
        """The helper process of its kind: the name of the one on PATH, or that of its release."""
        helper = self.kind.info.helper
        if helper is None:
            return ""
        own = self.release and helper.fetched
        return str(self.path.with_name(helper.program)) if own else helper.program

    @property
    def joins_screens(self) -> bool:
        """Whether it can have several screens that Xinerama joins to one."""
        return self.kind.info.joins_screens and self.offers("+xinerama")

    def built_without(self, extension: str) -> bool:
        """Whether a build that no distribution made lists no ``extension`` of this name.

        The help of a server lists those that it was built with and that can be switched off.
        """
        return bool(extension) and not self.stock and not self.offers(extension)

    def offers(self, option: str) -> bool:
        """Whether the help lists ``option`` (``-fakescreenfps``) or extension (``GLX``)."""
        if option in self.kind.info.no_effect:
            return False
        return re.search(rf"^\s*{re.escape(option)}(?!\S)", self.help, re.MULTILINE) is not None


def find_on_path(kind: ServerKind) -> Build:
    """The installed server of ``kind``, with all that it needs beside it.

    Raises ServerNotInstalled when a part is missing, NotAServer for another program; for a kind
    with a driver of the harness's own also what ``machine_driver`` raises, for one with a kernel
    what ``machine_kernel`` does.
    """
    info = kind.info
    places = [place for place in info.places if os.access(place, os.X_OK)]
    found = places[0] if places else shutil.which(info.program)
    if found is None:
        raise ServerNotInstalled(kind, info.program, info.packages)
    check_helper(kind)
    module = info.module
    if module is not None and not any((Path(f) / module.file).exists() for f in module.folders):
        where = f"in {' or '.join(module.folders)}"
        raise ServerNotInstalled(kind, module.file, module.packages, where)
    return _identify(Path(found), kind, "PATH")


def check_helper(kind: ServerKind) -> None:
    """Raise ServerNotInstalled when the helper process of ``kind`` has no program on PATH."""
    helper = kind.info.helper
    if helper is not None and shutil.which(helper.program) is None:
        raise ServerNotInstalled(kind, helper.program, helper.packages)


def from_file(path: Path, kind: ServerKind | None = None, release: str = "") -> Build:
    """The server in the file ``path``, of any name; a wrapper script will do.

    ``release`` is the Debian release that it comes from, if it is known.
    Raises NotAServer, also when it is a server of another kind than ``kind``.
    """
    return _identify(path, kind, "release" if release else "file", release)


def kinds_of(build: Build) -> list[ServerKind]:
    """The kinds that the program of ``build`` can be started as."""
    return [kind for kind in ServerKind if kind.info.program == build.kind.info.program]


def from_build_folder(folder: Path, kind: ServerKind) -> Build:
    """The server of ``kind`` in a meson build folder.

    Raises NoServerInBuildFolder, or NotAServer for a file in its place; for a kind with a driver of
    the harness's own also what ``compiled`` raises.
    """
    place = kind.info.built_at
    places = {str(kind): place}
    try:
        folder = folder.expanduser()
        if not folder.is_dir():
            reason = "it is not a folder" if folder.exists() else "it does not exist"
            raise NoServerInBuildFolder(folder, places, reason)
        if not (folder / place).exists():
            raise NoServerInBuildFolder(folder, places)
    except RuntimeError as error:
        raise NoServerInBuildFolder(folder, places, str(error)) from None
    except OSError as error:
        raise NoServerInBuildFolder(folder, places, error.strerror or str(error)) from None
    return _identify(folder / place, kind, "build folder")


def _identify(path: Path, wanted: ServerKind | None, origin: str, release: str = "") -> Build:
    try:
        path = path.expanduser().absolute()
        status = path.stat()
    except OSError as error:
        raise NotAServer(path, error.strerror or str(error)) from None
    except RuntimeError as error:
        raise NotAServer(path, str(error)) from None
    if path.is_dir():
        hint = "give the program in it, or a meson build folder by --server-build"
        raise NotAServer(path, f"it is a folder; {hint}")
    if not path.is_file():
        raise NotAServer(path, "it is not a regular file")
    if not os.access(path, os.X_OK):
        raise NotAServer(path, "it is not executable")
    text = _help_text(path, status.st_mtime_ns, status.st_size)
    kinds = [kind for kind in ServerKind if kind.info.help_mark in text]
    known = len({kind.info.program for kind in kinds}) == 1
    if not known and _ANY_SERVER in text:
        raise NotAServer(
            path,
            f"{path.name} is an X server of a kind that is not started here; start it yourself, "
            f"and judge it by its display (--display :N)",
        )
    if not known:
        first = text.strip().partition("\n")[0][:80]
        raise NotAServer(path, f"its -help is not that of an X server (it begins {first!r})")
    if wanted is not None and wanted not in kinds:
        raise NotAServer(path, f"it is of kind {kinds[0]}, asked for was {wanted}")
    kind = wanted or kinds[0]
    folders = _module_folders(kind, path, origin, release)
    kernel = machine_kernel() if kind.info.guest else None
    return Build(kind, path, origin, text, release, module_folders=folders, kernel=kernel)


def _module_folders(kind: ServerKind, path: Path, origin: str, release: str) -> tuple[Path, ...]:
    """Where a server that needs a driver of the harness's own finds it, and its other modules."""
    if not kind.info.own_driver:
        return ()
    top = path.parents[min(len(Path(kind.info.built_at).parts), len(path.parents)) - 1]
    if origin == "build folder" or is_build_folder(top):
        return compiled(Headers.of_build(top)), *modules_of_build(top)
    if not release:
        return machine_driver(), *map(Path, xorg.MODULES)
    root = path.with_name("root")
    modules = (root / folder.lstrip("/") for folder in xorg.MODULES)
    return compiled(Headers.of_release(root)), *modules


@lru_cache(maxsize=64)
def _help_text(path: Path, _mtime_ns: int, _size: int) -> str:
    """The output of ``path -help``; the other arguments make a rebuilt file a new key."""
    try:
        process = subprocess.Popen(
            [path, "-help"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=clean_environment(),
            cwd="/",
            start_new_session=True,
        )
    except OSError as error:
        raise NotAServer(path, f"it cannot be run: {error.strerror}") from None
    assert process.stdout is not None
    with process:
        try:
            data, ended = _read_bounded(process.stdout.fileno(), Deadline.after(HELP_SECONDS))
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
    collect_orphans(process.pid)
    if not ended:
        raise NotAServer(
            path, f"its -help did not end within {HELP_SECONDS:g} s and {HELP_BYTES // 1024} KiB"
        )
    return data.decode(errors="replace")


def _read_bounded(fd: int, deadline: Deadline) -> tuple[bytes, bool]:
    """The bytes that ``fd`` delivers, and whether it ended before the deadline and size limit."""
    data, ended = b"", False
    poller = select.poll()
    poller.register(fd, select.POLLIN)
    while not ended and len(data) < HELP_BYTES and poller.poll(deadline.remaining * 1000):
        chunk = os.read(fd, HELP_BYTES)
        data, ended = data + chunk, not chunk
    return data, ended
