# SPDX-License-Identifier: MIT
"""The programs that build X servers, where they are, and what of them decides a build."""

import os
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

from harness.inputs import variable
from harness.nightly.builds.errors import BuildToolMissing

_REMEDIES = {
    "meson": "pip install 'xharness[builds]' (Debian: apt-get install meson)",
    "ninja": "install it (Debian: apt-get install ninja-build)",
    "git": "install it (Debian: apt-get install git)",
    "pkg-config": "install it (Debian: apt-get install pkgconf)",
    "dpkg-source": "install it (Debian: apt-get install dpkg-dev)",
    "patch": "install it (Debian: apt-get install patch)",
    "make": "install it (Debian: apt-get install make)",
}

ENVIRONMENT = (
    *("CC", "CFLAGS", "CPPFLAGS", "LDFLAGS"),
    *("PKG_CONFIG_PATH", "PKG_CONFIG_LIBDIR", "PKG_CONFIG_SYSROOT_DIR"),
)
"""Variables that decide what meson builds."""

_FOREIGN = ("DESTDIR", "NINJA_STATUS", "MAKEFLAGS", "MAKELEVEL")
"""Variables that misdirect a build which is started below another one, or by a hook of git."""


def tool(name: str) -> str:
    """The path of the program ``name``: beside Python, else on PATH.  Raises BuildToolMissing."""
    names = ("ninja", "ninja-build", "samu") if name == "ninja" else (name,)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    for one in names:
        if found := shutil.which(one, path=path):
            return found
    raise BuildToolMissing(name, _REMEDIES[name])


def build_environment() -> dict[str, str]:
    """The environment of a build: the user's, without what belongs to other builds."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _FOREIGN and not name.startswith(("GIT_", "MESON_"))
    }
    # Sources of several builds have the same contents in different folders.
    return kept | {"LC_ALL": "C", "CCACHE_NOHASHDIR": "true", "GIT_TERMINAL_PROMPT": "0"}


def compiler() -> str:
    """The C compiler that meson takes, by the first line of its ``--version``.

    Raises BuildToolMissing.
    """
    words = (variable("CC") or "cc").split()
    for name in (words, ["gcc"], ["clang"]):
        if path := shutil.which(name[0]):
            return _version((path, *name[1:]), Path(path).stat().st_mtime_ns)
        if variable("CC"):
            break
    raise BuildToolMissing(words[0], "install a C compiler (Debian: apt-get install gcc)")


@lru_cache(maxsize=8)
def _version(command: tuple[str, ...], _mtime_ns: int) -> str:
    done = subprocess.run(
        [*command, "--version"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env=build_environment(),
    )
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        raise BuildToolMissing(
            " ".join(command), "it does not answer --version; name another one in CC"
        )
    return lines[0]
