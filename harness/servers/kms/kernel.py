# SPDX-License-Identifier: MIT
"""The kernel that servers of kind ``xorg-kms`` run in, in the cache.

The folder of one is named for the version of its source package, the options it is made with and
the compiler.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from harness.servers.errors import KernelNotBuilt
from harness.servers.releases.cache_folder import cache_folder

OPTIONS = Path(__file__).with_name("kernel.config")
PROGRAM = "linux"


@dataclass(frozen=True, slots=True)
class Kernel:
    """A kernel in the cache: the version of its source package, its options, its compiler."""

    version: str
    options: str
    compiler: str

    @classmethod
    def in_folder(cls, folder: Path) -> Self:
        """The one whose folder this is.  Raises ValueError for a folder of another name."""
        version, options, compiler = folder.name.rsplit("-", 2)
        return cls(version, options, compiler)

    @property
    def folder(self) -> Path:
        """Its folder.  Raises NoCacheFolder."""
        return kernels_folder() / f"{self.version}-{self.options}-{self.compiler}"

    @property
    def program(self) -> Path:
        """The kernel itself, a program."""
        return self.folder / PROGRAM


def kernels_folder() -> Path:
    """The folder of kernels in the cache.  Raises NoCacheFolder."""
    return cache_folder() / "kernels"


def short_digest(text: str) -> str:
    """A name for ``text``."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def wanted_options() -> str:
    """The name of the options that kernels are made with now."""
    return short_digest(OPTIONS.read_text(encoding="utf-8"))


def kernels() -> list[Kernel]:
    """Every kernel in the cache, the last one built behind the others.  Raises NoCacheFolder."""
    found = sorted(
        kernels_folder().glob(f"[0-9]*/{PROGRAM}"), key=lambda path: path.stat().st_mtime
    )
    return [Kernel.in_folder(path.parent) for path in found]


def usable_kernels() -> list[Kernel]:
    """Those that are made with the options of this version of the harness."""
    options = wanted_options()
    return [kernel for kernel in kernels() if kernel.options == options]


def machine_kernel() -> Path:
    """The program of the last kernel that was built.  Raises KernelNotBuilt, NoCacheFolder."""
    usable = usable_kernels()
    if not usable:
        raise KernelNotBuilt(kernels_folder())
    return usable[-1].program
