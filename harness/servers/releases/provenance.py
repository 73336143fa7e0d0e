# SPDX-License-Identifier: MIT
"""What a server's binary was made from: a distribution's package, or a commit."""

import json
import subprocess
from pathlib import Path

from harness.servers.builds import Build
from harness.servers.releases.cache import ReleasedServer

SECONDS = 10.0
MESON_INFO = Path("meson-info/meson-info.json")


def provenance(build: Build) -> str:
    """``package VERSION`` or ``commit NAME``, as far as it can be told; else empty."""
    if build.release:
        return f"package {ReleasedServer(build.kind, build.release).version}"
    source = _source_of(build.path.resolve())
    if source is not None:
        commit = _say("git", "-C", str(source), "describe", "--always", "--dirty", "--tags")
        return f"commit {commit}" if commit else ""
    owner = _say("dpkg-query", "--search", str(build.path.resolve())).partition(":")[0]
    version = owner and _say("dpkg-query", "--show", "--showformat=${Version}", owner)
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


def _say(*command: str) -> str:
    """What ``command`` prints; nothing when it fails or does not exist."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return "" if done.returncode else done.stdout.strip()
