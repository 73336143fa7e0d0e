# SPDX-License-Identifier: MIT
"""Which sources are measured: the distribution's, or a working tree."""

from __future__ import annotations

import argparse
import platform
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.nightly.builds import making
from harness.nightly.builds.cache import BuildCache
from harness.nightly.builds.definitions import BuildDefinition
from harness.nightly.builds.progress import Progress
from harness.nightly.builds.revision import SourceRevision
from harness.servers.kinds.table import ServerKind


def add_to(command: Any) -> None:
    """Add the options that name sources."""
    command.add_argument(
        "--source", type=Path, metavar="DIR", help="these sources (default: the distribution's)"
    )
    command.add_argument("--release", default="", help="of this Debian release, such as sid")


def resolve(
    cache: BuildCache, chosen: argparse.Namespace, kind: ServerKind, progress: Progress
) -> SourceRevision:
    """The sources that the options name, as they are now.  Raises HarnessError."""
    if chosen.source is not None:
        definition = BuildDefinition(name="reach", source=str(chosen.source.resolve()))
    else:
        release = chosen.release or _own_release()
        definition = BuildDefinition(name="reach", release=f"{kind}@{release}")
    return making.resolve(cache, definition, progress)


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
