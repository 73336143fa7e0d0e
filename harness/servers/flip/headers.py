# SPDX-License-Identifier: MIT
"""The headers of an Xorg, which a driver for it is compiled with, and what they say of it.

Those of the machine are found by pkg-config, those of a fetched server below its root, and those
of a build where meson would take them from to install them.
"""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.servers.errors import DriverNotMade, ServerNotInstalled
from harness.servers.kinds.xorg_flip import INFO

PKG_CONFIG = {
    "Debian, Ubuntu": "pkgconf",
    "Fedora": "pkgconf-pkg-config",
    "Arch": "pkgconf",
    "openSUSE": "pkgconf",
}
KIND = "xorg-flip"
PACKAGE = "xorg-server"

_DESCRIPTION = f"{PACKAGE}.pc"
_INSTALLED = Path("meson-info/intro-installed.json")


@dataclass(frozen=True, slots=True)
class Headers:
    """The headers of one Xorg: flags of the compiler, version, interface (ABI) of drivers.

    ``files`` are headers by their names below a folder that the compiler is to look into first;
    empty where the flags name that folder.
    """

    flags: tuple[str, ...]
    version: str
    abi: str
    files: tuple[tuple[str, Path], ...] = field(default=(), repr=False)

    @classmethod
    def of_machine(cls) -> "Headers":
        """Those that are installed.  Raises ServerNotInstalled without them, or pkg-config."""
        flags = tuple(_of_package(PACKAGE, "--cflags").split())
        return cls(flags, *_version_and_abi(PACKAGE))

    @classmethod
    def of_release(cls, root: Path) -> "Headers":
        """Those below ``root``, where packages of a release were unpacked.

        What they include of others is the machine's.
        Raises DriverNotMade without them, and ServerNotInstalled as ``of_machine``.
        """
        description = next(root.glob(f"usr/**/pkgconfig/{_DESCRIPTION}"), None)
        folder = root / "usr/include/xorg"
        if description is None or not folder.is_dir():
            raise DriverNotMade(
                f"{root.parent} was fetched without the headers of its Xorg; "
                f"remove it, and fetch it again",
                "",
            )
        files = ((str(path.relative_to(folder)), path) for path in folder.rglob("*.h"))
        return cls._beside_the_machines(description, files)

    @classmethod
    def of_build(cls, folder: Path) -> "Headers":
        """Those that the meson build folder ``folder`` would install.

        Raises DriverNotMade for a folder that has none, and ServerNotInstalled as ``of_machine``.
        """
        installed = _installed(folder)
        description = _description(folder, installed)
        include = Path(_variable(description, "sdkdir"))
        files = (
            (str(target.relative_to(include)), source)
            for target, source in installed.items()
            if target.is_relative_to(include)
        )
        return cls._beside_the_machines(description, files)

    @classmethod
    def _beside_the_machines(
        cls, description: Path, files: Iterator[tuple[str, Path]]
    ) -> "Headers":
        machine = cls.of_machine()
        own = f"-I{_variable(PACKAGE, 'sdkdir')}"
        others = tuple(flag for flag in machine.flags if flag != own)
        return replace(
            cls(others, *_version_and_abi(description)),
            files=tuple(sorted(files)),
        )

    @property
    def digest(self) -> str:
        """Of all that is known of them, and of what ``files`` contain.

        Raises DriverNotMade for a file that cannot be read.
        """
        digest = hashlib.sha256(repr((self.flags, self.version, self.abi)).encode())
        for name, path in self.files:
            try:
                digest.update(f"{name}\n".encode() + path.read_bytes())
            except OSError as error:
                raise DriverNotMade(f"cannot read {path}: {error.strerror}", "") from None
        return digest.hexdigest()


def is_build_folder(folder: Path) -> bool:
    """Whether meson has set up ``folder``."""
    return (folder / _INSTALLED).exists()


def modules_of_build(folder: Path) -> tuple[Path, ...]:
    """The folders with the modules of the Xorg in the meson build folder ``folder``.

    Raises DriverNotMade when one of them is not built.
    """
    installed = _installed(folder)
    place = Path(_variable(_description(folder, installed), "moduledir"))
    modules = [source for target, source in installed.items() if target.parent == place]
    for module in modules:
        if not module.exists():
            raise DriverNotMade(f"{module} is missing; build all of {folder}, by ninja", "")
    return tuple(dict.fromkeys(module.parent for module in modules))


def _installed(folder: Path) -> dict[Path, Path]:
    """The files of a build folder by the places where they would be installed."""
    try:
        files = json.loads((folder / _INSTALLED).read_text(encoding="utf-8"))
        return {Path(target): Path(source) for source, target in files.items()}
    except (OSError, ValueError, AttributeError) as error:
        said = error.strerror if isinstance(error, OSError) else error
        raise DriverNotMade(f"cannot read {folder / _INSTALLED} of meson: {said}", "") from None


def _description(folder: Path, installed: dict[Path, Path]) -> Path:
    found = [source for source in installed.values() if source.name == _DESCRIPTION]
    if not found:
        raise DriverNotMade(f"{folder} has no {_DESCRIPTION}: it is no build of Xorg", "")
    return found[0]


def _version_and_abi(package: str | Path) -> tuple[str, str]:
    return _of_package(package, "--modversion"), _variable(package, "abi_videodrv")


def _variable(package: str | Path, name: str) -> str:
    return _of_package(package, f"--variable={name}")


def _of_package(package: str | Path, word: str) -> str:
    """What pkg-config says of a package, or of its description in a file.

    Raises ServerNotInstalled without it, or without pkg-config.
    """
    if shutil.which("pkg-config") is None:
        raise ServerNotInstalled(KIND, "pkg-config", PKG_CONFIG)
    done = subprocess.run(
        ["pkg-config", word, str(package)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"LC_ALL": "C"},
    )
    if done.returncode:
        raise ServerNotInstalled(KIND, _DESCRIPTION, INFO.headers, "by pkg-config")
    return done.stdout.strip()
