# SPDX-License-Identifier: MIT
"""Which sources are measured: the distribution's, or a working tree."""

from __future__ import annotations

import argparse
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.nightly.builds import making
from harness.nightly.builds.cache import BuildCache
from harness.nightly.builds.definitions import BuildDefinition
from harness.nightly.builds.progress import Progress
from harness.nightly.builds.revision import SourceRevision
from harness.nightly.builds.sources.packages import SOURCE_PACKAGES
from harness.servers.kinds.table import ServerKind

_MADE_OF = {kind: kind for kind in SOURCE_PACKAGES} | {ServerKind.XORG_FLIP: ServerKind.XORG}

KINDS = tuple(_MADE_OF)
"""The kinds that can be built here; some are started from the program of another."""

_OF_A_SERVER = ("meson.build", "dix/dispatch.c")
"""What all of them have: those of X.Org, of Xwayland alone, of XLibre."""


def built(kinds: Iterable[ServerKind]) -> tuple[ServerKind, ...]:
    """What to build for servers of ``kinds``, which are of the same sources.

    Raises HarnessError where they are not.
    """
    wanted = tuple(dict.fromkeys(_MADE_OF[kind] for kind in kinds))
    packages = {SOURCE_PACKAGES[kind]: kind for kind in wanted}
    if len(packages) > 1:
        named = " and ".join(f"{kind} of {package}" for package, kind in packages.items())
        raise HarnessError(f"{named} have sources of their own; measure one at a time")
    return wanted


def add_to(command: Any) -> None:
    """Add the options that name sources."""
    which = command.add_mutually_exclusive_group()
    which.add_argument(
        "--source", type=Path, metavar="DIR", help="these sources (default: the distribution's)"
    )
    which.add_argument("--release", default="", help="of this Debian release, such as sid")


def resolve(
    cache: BuildCache, chosen: argparse.Namespace, kind: ServerKind, progress: Progress
) -> SourceRevision:
    """The sources that the options name, as they are now.  Raises HarnessError."""
    if chosen.source is not None:
        _check_folder(chosen.source)
        definition = BuildDefinition(name="reach", source=str(chosen.source.resolve()))
    else:
        release = chosen.release or _own_release()
        definition = BuildDefinition(name="reach", release=f"{_MADE_OF[kind]}@{release}")
    return making.resolve(cache, definition, progress)


def _check_folder(folder: Path) -> None:
    """Raise HarnessError for a folder that holds no sources of an X server."""
    if missing := [name for name in _OF_A_SERVER if not (folder / name).exists()]:
        why = f"it has no {missing[0]}" if folder.is_dir() else "it is no folder"
        raise HarnessError(
            f"--source {folder}: expected the sources of an X server that meson builds, but {why}; "
            f"give the folder that has {' and '.join(_OF_A_SERVER)}, such as a clone of xserver"
        )


def _own_release() -> str:
    try:
        name = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    except OSError:
        name = ""
    if not name:
        raise HarnessError(
            "this system does not say which release it is; name one (--release sid) or the "
            "sources (--source DIR)"
        )
    return name
