# SPDX-License-Identifier: MIT
"""The compiled driver of the kind ``xorg-flip``, in the cache: one for each set of headers.

A module fits a server of its own interface (ABI) only, so its folder is named for the sources,
the headers and the compiler.  A process that has one holds it; with a new one, old ones are removed
that nobody holds.
"""

import contextlib
import fcntl
import hashlib
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from harness.inputs import variable
from harness.servers.errors import DriverNotMade, ServerNotInstalled
from harness.servers.flip.headers import KIND, Headers
from harness.servers.flip.kept import hold, remove_unused
from harness.servers.kinds.xorg_flip import DRIVER
from harness.servers.releases.cache_folder import cache_folder

SOURCES = Path(__file__).with_name("driver")
COMPILER = {"Debian, Ubuntu": "gcc libc6-dev", "Fedora": "gcc", "Arch": "gcc", "openSUSE": "gcc"}
# Without the names of GNU the driver runs with C libraries older than the machine's.
FLAGS = ("-std=gnu11", "-D_DEFAULT_SOURCE", "-O2", "-g", "-fPIC", "-shared", "-Wall")

_DIGEST = f"{DRIVER}.sha256"
_DIGITS = 16
_UNFINISHED = ".making-"


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
    drivers = cache_folder() / "drivers"
    folder = drivers / _key(headers)
    if "," in str(folder):
        reason = "Xorg takes the comma for the end of a path; name another one by XHARNESS_CACHE"
        raise DriverNotMade(f"it cannot be put into {folder}: {reason}", "")
    if not _is_there(folder):
        try:
            with _alone(drivers):
                if not _is_there(folder):
                    _make(headers, folder)
                    hold(folder)
                    remove_unused([*drivers.glob(f"*-{'[0-9a-f]' * _DIGITS}")])
        except OSError as error:
            reason = f"{error.strerror or error}; name another folder in XHARNESS_CACHE"
            raise DriverNotMade(f"it cannot be put into {folder}: {reason}", "") from None
    return folder


def _key(headers: Headers) -> str:
    """Names a compiled driver: the interface, and a digest of all that it is made of."""
    # The compiler itself is not needed where the driver is there.
    digest = hashlib.sha256(repr((headers.digest, FLAGS, _wanted())).encode())
    for path in _sources():
        digest.update(f"{path.name}\n".encode() + path.read_bytes())
    return f"{headers.abi}-{digest.hexdigest()[:_DIGITS]}"


def _is_there(folder: Path) -> bool:
    """Whether the driver is there, as it was compiled: a full disk may have cut it off.

    Then it is not removed while this process lives.
    """
    hold(folder)
    try:
        content = (folder / DRIVER).read_bytes()
        return hashlib.sha256(content).hexdigest() == (folder / _DIGEST).read_text().strip()
    except (OSError, ValueError):
        return False


@contextlib.contextmanager
def _alone(drivers: Path) -> Iterator[None]:
    """Be the only process that compiles into ``drivers``; the kernel frees it with its process."""
    drivers.mkdir(parents=True, exist_ok=True)
    with (drivers / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(headers: Headers, folder: Path) -> None:
    """Compile into a folder that is then renamed, after removing what others did not end."""
    for left in (*folder.parent.glob(f"{_UNFINISHED}*"), folder):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=folder.parent) as made:
        include, whole = Path(made) / "include", Path(made) / folder.name
        whole.mkdir()
        for name, path in headers.files:
            link = include / name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)
        own = [f"-I{include}"] if headers.files else []
        _compile([*own, *headers.flags], whole / DRIVER)
        digest = hashlib.sha256((whole / DRIVER).read_bytes()).hexdigest()
        (whole / _DIGEST).write_text(f"{digest}\n")
        whole.rename(folder)


def _compile(flags: list[str], driver: Path) -> None:
    sources = [str(path) for path in _sources() if path.suffix == ".c"]
    command = [*_compiler(), *FLAGS, *flags, "-o", str(driver), *sources]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise DriverNotMade(f"{command[0]} cannot compile it", done.stderr)


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
