# SPDX-License-Identifier: MIT
"""The origin of a server's binary: a distribution's package, or a commit."""

import json
import subprocess
from pathlib import Path

from harness.servers.builds import Build
from harness.servers.releases.cache import ReleasedServer

COMMAND_SECONDS = 10.0
MESON_INFO = Path("meson-info/meson-info.json")


def provenance(build: Build) -> str:
    """``package VERSION`` or ``commit NAME``; empty when neither is known."""
    if build.release:
        return f"package {ReleasedServer(build.kind, build.release).version}"
    source = _source_of(build.path.resolve())
    if source is not None:
        commit = _output("git", "-C", str(source), "describe", "--always", "--dirty", "--tags")
        return f"commit {commit}" if commit else ""
    owner = _output("dpkg-query", "--search", str(build.path.resolve())).partition(":")[0]
    version = owner and _output("dpkg-query", "--show", "--showformat=${Version}", owner)
    return f"package {version}" if version else ""


def _source_of(path: Path) -> Path | None:
    """The sources of the meson build folder around ``path``."""
    for folder in path.parents:
        try:
            info = json.loads((folder / MESON_INFO).read_text(encoding="utf-8"))
            return Path(info["directories"]["source"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def _output(*command: str) -> str:
    """The output of ``command``; empty when it fails or does not exist."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return "" if done.returncode else done.stdout.strip()
