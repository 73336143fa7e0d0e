# SPDX-License-Identifier: MIT
"""The compiled driver of the kind ``xorg-flip``, in the cache: one for each interface of Xorg.

A module fits a server of its own interface (ABI) only, so its folder is named for the sources,
the headers and the compiler.
"""

import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from harness.inputs import variable
from harness.servers.errors import DriverNotMade, ServerNotInstalled
from harness.servers.kinds.xorg_flip import DRIVER
from harness.servers.releases.cache_folder import cache_folder

SOURCES = Path(__file__).with_name("driver")
HEADERS = {
    "Debian, Ubuntu": "xserver-xorg-dev",
    "Fedora": "xorg-x11-server-devel",
    "Arch": "xorg-server-devel",
    "openSUSE": "xorg-x11-server-sdk",
}
COMPILER = {"Debian, Ubuntu": "gcc libc6-dev", "Fedora": "gcc", "Arch": "gcc", "openSUSE": "gcc"}
PKG_CONFIG = {
    "Debian, Ubuntu": "pkgconf",
    "Fedora": "pkgconf-pkg-config",
    "Arch": "pkgconf",
    "openSUSE": "pkgconf",
}
FLAGS = ("-std=gnu11", "-D_GNU_SOURCE", "-O2", "-g", "-fPIC", "-shared", "-Wall")

KIND = "xorg-flip"


@dataclass(frozen=True, slots=True)
class Headers:
    """The headers of one Xorg, as pkg-config knows them: flags, version, interface of drivers."""

    flags: tuple[str, ...]
    version: str
    abi: str

    @classmethod
    def of_machine(cls) -> "Headers":
        """Those that are installed.  Raises ServerNotInstalled without them, or pkg-config."""
        if shutil.which("pkg-config") is None:
            raise ServerNotInstalled(KIND, "pkg-config", PKG_CONFIG)
        asked = (("--cflags",), ("--modversion",), ("--variable=abi_videodrv",))
        flags, version, abi = (_pkg_config(*words) for words in asked)
        return cls(tuple(flags.split()), version, abi)

    @property
    def key(self) -> str:
        """Names a compiled driver: the interface, and a digest of all that it is made of."""
        # The compiler itself is not needed where the driver is there.
        digest = hashlib.sha256(repr((self.flags, self.version, FLAGS, _wanted())).encode())
        for path in _sources():
            digest.update(f"{path.name}\n".encode() + path.read_bytes())
        return f"{self.abi}-{digest.hexdigest()[:16]}"


@lru_cache(maxsize=1)
def machine_driver() -> Path:
    """The folder with the driver for the machine's Xorg; compiled first where it is missing.

    Raises ServerNotInstalled when a compiler or headers are missing, DriverNotMade when they
    cannot compile it or it cannot be kept, and NoCacheFolder.
    """
    return compiled(Headers.of_machine())


def compiled(headers: Headers) -> Path:
    """The folder with the driver for servers of these ``headers``, in the cache.

    Raises DriverNotMade, and what ``machine_driver`` does for a compiler or folder.
    """
    folder = cache_folder() / "drivers" / headers.key
    if "," in str(folder):
        reason = "Xorg takes the comma for the end of a path; name another one by XHARNESS_CACHE"
        raise DriverNotMade(f"it cannot be put into {folder}: {reason}", "")
    if not (folder / DRIVER).exists():
        try:
            _compile(headers, folder)
        except OSError as error:
            reason = error.strerror or str(error)
            raise DriverNotMade(f"it cannot be put into {folder}: {reason}", "") from None
    return folder


def _compile(headers: Headers, folder: Path) -> None:
    """Compile into a folder of its own first: others may want the driver at the same time."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".making-", dir=folder.parent) as made:
        whole = Path(made) / folder.name
        whole.mkdir()
        sources = [str(path) for path in _sources() if path.suffix == ".c"]
        command = [*_compiler(), *FLAGS, *headers.flags, "-o", str(whole / DRIVER), *sources]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise DriverNotMade(f"{command[0]} cannot compile it", done.stderr)
        try:
            whole.rename(folder)
        except OSError:
            # Another process was faster, with the same.
            if not (folder / DRIVER).exists():
                raise


def _sources() -> list[Path]:
    return sorted(path for path in SOURCES.iterdir() if path.suffix in (".c", ".h"))


def _compiler() -> list[str]:
    """The compiler and its options.  Raises ServerNotInstalled without one."""
    wanted, *more = _wanted()
    found = shutil.which(wanted)
    if found is None:
        raise ServerNotInstalled(KIND, wanted, COMPILER)
    return [found, *more]


def _wanted() -> list[str]:
    """The words of ``CC``, which may have options or be run by ccache."""
    try:
        return shlex.split(variable("CC") or "") or ["cc"]
    except ValueError as error:
        raise DriverNotMade(f"CC={variable('CC')}: {error}", "") from None


def _pkg_config(*words: str) -> str:
    """What pkg-config says of Xorg's headers.  Raises ServerNotInstalled without them."""
    done = subprocess.run(
        ["pkg-config", *words, "xorg-server"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"LC_ALL": "C"},
    )
    if done.returncode:
        raise ServerNotInstalled(KIND, "xorg-server.pc", HEADERS, "by pkg-config")
    return done.stdout.strip()
