# SPDX-License-Identifier: MIT
"""Build the kernel that servers of kind ``xorg-kms`` run in, from Debian's source package.

The package comes by a private apt, which verifies it.  All else that a build makes is in a folder
of its own, removed when it ends, however it does; what a killed one left goes with the next.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.errors import HarnessError
from harness.servers.errors import FetchRefused, ServerNotInstalled
from harness.servers.kms.kernel import (
    OPTIONS,
    PROGRAM,
    Kernel,
    kernels_folder,
    short_digest,
    usable_kernels,
    wanted_options,
)
from harness.servers.releases.apt import PrivateApt, Progress, unpack
from harness.servers.releases.cache_folder import lock_folder

RELEASE = "trixie-backports"
"""It has the sources of a kernel that makes CRTCs of vkms in configfs (from 6.18 on)."""

SOURCES = re.compile(r"linux-source-\d+\.\d+")

ROOM_BYTES = 3_000_000_000
"""What the unpacked sources and a build take."""

STEPS = 1400
"""About as many lines make writes."""

_MAKING = ".making-"
_WAITING = "waiting for another run that builds a kernel"
_TOOLS = {
    "gcc": {"Debian, Ubuntu": "gcc libc6-dev", "Fedora": "gcc", "Arch": "gcc", "openSUSE": "gcc"},
    **{
        tool: {"Debian, Ubuntu": tool, "Fedora": tool, "Arch": tool, "openSUSE": tool}
        for tool in ("make", "flex", "bison", "bc")
    },
    "tar": {"Debian, Ubuntu": "tar", "Fedora": "tar", "Arch": "tar", "openSUSE": "tar"},
    "xz": {"Debian, Ubuntu": "xz-utils", "Fedora": "xz", "Arch": "xz", "openSUSE": "xz"},
}


class KernelNotMade(HarnessError):
    """The kernel cannot be made; ``output`` is what the failed program said at its end."""

    def __init__(self, what: str, output: Sequence[str]) -> None:
        said = "".join(f"\n    {line}" for line in output[-20:])
        super().__init__(f"the kernel of xorg-kms cannot be made: {what}{said}")
        self.what, self.output = what, tuple(output)


def build(progress: Progress) -> Kernel:
    """The kernel, built unless the cache has one with these options and by this compiler.

    Of two processes that build one the second waits for the first.  Raises ServerNotInstalled for
    a missing tool, FetchRefused, FetchFailed, KernelNotMade and NoCacheFolder.
    """
    for tool, packages in _TOOLS.items():
        if shutil.which(tool) is None:
            raise ServerNotInstalled("xorg-kms", tool, packages)
    compiler = short_digest(_first_line("gcc", "--version"))
    folder = kernels_folder()
    with lock_folder(folder, lambda: progress(_WAITING, 0.0)) as lock:
        for left in folder.glob(f"{_MAKING}*"):
            shutil.rmtree(left, ignore_errors=True)
        there = [kernel for kernel in usable_kernels() if kernel.compiler == compiler]
        if there:
            return there[-1]
        free = shutil.disk_usage(folder).free
        if free < ROOM_BYTES:
            raise FetchRefused(
                f"a kernel takes {ROOM_BYTES / 1e9:.0f} GB while it is made, and {folder} has "
                f"{free / 1e9:.1f} GB of room; make room, or name another folder in XHARNESS_CACHE"
            )
        with tempfile.TemporaryDirectory(
            prefix=_MAKING, dir=folder, ignore_cleanup_errors=True
        ) as making:
            kernel = _build(Path(making), lock, compiler, progress)
            progress("removing the sources", 0.0)
        progress(f"built Linux {kernel.version}", 100.0)
        return kernel


def remove(kernel: Kernel) -> None:
    """Remove a kernel from the cache; servers that run in it are not disturbed."""
    shutil.rmtree(kernel.folder, ignore_errors=True)


def _build(making: Path, lock: int, compiler: str, progress: Progress) -> Kernel:
    apt = PrivateApt(RELEASE, making / "apt", lock, progress)
    apt.update()
    package = apt.download_alone(apt.newest_of(SOURCES), making)
    version = package.name.split("_")[1]
    progress("unpacking the sources", 0.0)
    unpack(package, making / "package")
    package.unlink()
    [archive] = (making / "package").glob("usr/src/*.tar.xz")
    sources, objects, whole = (making / name for name in ("sources", "objects", "whole"))
    for place in (sources, objects, whole):
        place.mkdir()
    _run(["tar", "-xf", str(archive), "-C", str(sources), "--strip-components=1"], making)
    make = ["make", "ARCH=um", f"O={objects}", f"KCONFIG_ALLCONFIG={OPTIONS}"]
    _run([*make, "allnoconfig"], sources)
    _check_options(objects / ".config")
    steps = _lines([*make, f"-j{len(os.sched_getaffinity(0))}", PROGRAM], sources)
    for done, _ in enumerate(steps):
        progress(f"building Linux {version}", min(99.0, 100 * done / STEPS))
    _run(["strip", "-o", str(whole / PROGRAM), str(objects / PROGRAM)], objects)
    kernel = Kernel(version, wanted_options(), compiler)
    whole.rename(kernel.folder)
    return kernel


def _check_options(configuration: Path) -> None:
    """Raise KernelNotMade when this kernel does not have all options that were asked for."""
    has = configuration.read_text(encoding="utf-8").splitlines()
    wanted = OPTIONS.read_text(encoding="utf-8").splitlines()
    dropped = [line for line in wanted if line.endswith("=y") and line not in has]
    if dropped:
        raise KernelNotMade(f"this version does not take {', '.join(dropped)}", ())


def _run(command: Sequence[str], folder: Path) -> None:
    for _ in _lines(command, folder):
        pass


def _lines(command: Sequence[str], folder: Path) -> Iterator[str]:
    """The lines that ``command`` writes.  Raises KernelNotMade when it fails."""
    output: list[str] = []
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | {"LC_ALL": "C"},
        cwd=folder,
        start_new_session=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                output.append(line.rstrip())
                yield line
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode:
        raise KernelNotMade(f"{' '.join(command)} failed", output)


def _first_line(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.partition("\n")[0]
