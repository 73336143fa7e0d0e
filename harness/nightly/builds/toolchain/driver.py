# SPDX-License-Identifier: MIT
"""The dummy driver for an Xorg that was built: the machine's, or built against the new headers.

Source of the rule for ABIs: CheckVersion in hw/xfree86/loader/loadmod.c.
"""

import os
import re
import shutil
import struct
import subprocess
from pathlib import Path

from harness.errors import HarnessError
from harness.nightly.builds.errors import BuildCacheUnusable
from harness.nightly.builds.progress import BuildStep
from harness.nightly.builds.sources.packages import source_package
from harness.nightly.builds.sources.store import SourceStore
from harness.nightly.builds.toolchain.debian import package_of
from harness.nightly.builds.toolchain.diagnosis import why_not_compiled
from harness.nightly.builds.toolchain.meson import MesonBuild
from harness.nightly.builds.toolchain.programs import run
from harness.nightly.builds.toolchain.tools import build_environment, tool
from harness.servers.kinds.info import Module
from harness.servers.releases.apt_sources import own_release

Abi = tuple[int, int]
"""Major and minor number of the interface between Xorg and video drivers."""

_MARK = struct.pack("=II", 0xEF23FDC5, 0x10DC023A)
"""MODINFOSTRING1 and 2 of xf86Module.h, in the description of every module."""

_VERSION_FROM_MARK = {1: 20, 2: 24}
"""Where the ABI's version is, in bytes from the mark, by the class of ELF: 32 or 64 bits."""

_AUTOTOOLS = ("autoreconf", "aclocal", "libtoolize", "make")
_MACROS = Path("share/aclocal/xorg-macros.m4")


def add_driver(build: MesonBuild, module: Module) -> str:
    """Put the driver beside the installed modules; empty, or why that cannot be done."""
    needed, modules = abi_of_server(build.installed), _variable(build.installed, "moduledir")
    if needed is None or not modules.startswith(f"{build.installed}/"):
        return "the sources install no xorg-server.pc that says where its drivers are"
    target = Path(modules) / module.file
    if target.exists():
        return ""
    target.parent.mkdir(parents=True, exist_ok=True)
    if (found := _of_machine(module, needed)) is not None:
        _put(found, target)
        return ""
    try:
        _build(build, module, target)
    except HarnessError as error:
        if isinstance(error, BuildCacheUnusable):
            raise
        return f"it has no {target.name} for the ABI {needed[0]}.{needed[1]}: {error}"
    return ""


def abi_of_server(installed: Path) -> Abi | None:
    """The ABI of video drivers of the Xorg below ``installed``; None when it states none."""
    found = re.match(r"(\d+)\.(\d+)", _variable(installed, "abi_videodrv"))
    return (int(found[1]), int(found[2])) if found else None


def abi_of_driver(path: Path) -> Abi | None:
    """The ABI that the driver in the file ``path`` was built for; None for another file."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    place = data.find(_MARK)
    if data[:4] != b"\x7fELF" or place < 0 or data[4] not in _VERSION_FROM_MARK:
        return None
    number = data[place + _VERSION_FROM_MARK[data[4]] :][:4]
    if len(number) < 4:
        return None
    version = struct.unpack("=I", number)[0]
    return version >> 16, version & 0xFFFF


def fits(driver: Abi, server: Abi) -> bool:
    """Whether a server of one ABI loads a driver of the other: no other major, no later minor."""
    return driver[0] == server[0] and driver[1] <= server[1]


def _variable(installed: Path, name: str) -> str:
    """A variable of the installed ``xorg-server.pc``; empty when there is none."""
    place = str(installed / "lib/pkgconfig")
    own = {"PKG_CONFIG_PATH": place, "PKG_CONFIG_LIBDIR": place}
    done = subprocess.run(
        [tool("pkg-config"), f"--variable={name}", "xorg-server"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env=build_environment() | own,
    )
    return done.stdout.strip()


def _of_machine(module: Module, needed: Abi) -> Path | None:
    """The machine's own driver, where it fits."""
    for folder in module.folders:
        path = Path(folder) / module.file
        abi = abi_of_driver(path)
        if abi is not None and fits(abi, needed):
            return path
    return None


class DriverFailed(HarnessError):
    """The driver cannot be built against these headers."""


def _build(build: MesonBuild, module: Module, target: Path) -> None:
    """Build the driver of the machine's own release against the installed headers."""
    package = module.packages["Debian, Ubuntu"]
    release = own_release()
    if not release:
        raise DriverFailed(f"only the sources of a Debian release are built; put it into {target}")
    store = SourceStore(build.folder.parent.parent / "sources.git")
    revision = source_package(store, package, release, build.progress)
    source = build.folder / "driver"
    shutil.rmtree(source, ignore_errors=True)
    store.export(revision.commit, source)
    build.progress(BuildStep(f"compiling {package}"))
    if not (source / "configure").exists():
        _require_autotools(package)
        _run(build, source, ["autoreconf", "--force", "--install"])
    _make_equally_old(source)
    configure = source / "configure"
    configure.chmod(0o755)
    _run(build, source, ["./configure", f"--prefix={build.installed}", "--disable-static"])
    _run(build, source, [tool("make")])
    made = sorted(source.rglob(f".libs/{target.name}"))
    if not made:
        raise DriverFailed(f"{package} made no {target.name}; {build.log} has what it printed")
    _put(made[0], target)
    shutil.rmtree(source)


def _put(file: Path, target: Path) -> None:
    """Copy ``file`` so that ``target`` is never a part of it."""
    new = target.with_name(f"{target.name}.new")
    shutil.copyfile(file, new)
    new.rename(target)


def _make_equally_old(source: Path) -> None:
    """Keep make from making what autotools made again, since git keeps no times of files."""
    for path in source.rglob("*"):
        os.utime(path, (0, 0), follow_symlinks=False)


def _run(build: MesonBuild, source: Path, command: list[str]) -> None:
    own = str(build.installed / "lib/pkgconfig")
    environment = build_environment()
    path = ":".join(filter(None, [own, environment.get("PKG_CONFIG_PATH", "")]))
    environment |= {"PKG_CONFIG_PATH": path}
    text = run(command, build.log, environment, lock=build.lock, folder=source)
    if text is not None:
        raise DriverFailed(f"{why_not_compiled(text)}; all that was printed is in {build.log}")


def _require_autotools(package: str) -> None:
    missing = [name for name in _AUTOTOOLS if shutil.which(name) is None]
    packages = {package_of(name) for name in missing}
    if not any((Path(prefix) / _MACROS).exists() for prefix in ("/usr", "/usr/local")):
        packages.add("xutils-dev")
    if packages:
        raise DriverFailed(
            f"{package} is built by autotools, and some are missing: install "
            f"{' '.join(sorted(packages))} (Debian, Ubuntu)"
        )
