# SPDX-License-Identifier: MIT
"""The origin of a server's binary: a distribution's package, or a commit."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from harness.servers.builds import Build
from harness.servers.made_builds import record_of
from harness.servers.releases.cache import ReleasedServer

COMMAND_SECONDS = 10.0
MESON_INFO = Path("meson-info/meson-info.json")

RPM_FORMAT = "%{NAME} %{VERSION}-%{RELEASE}"
_DPKG_FORMAT = "--showformat=${Package} ${Version}"


@dataclass(frozen=True, slots=True)
class Origin:
    """``package`` is a name and a version, ``commit`` a name; empty when it is not known.

    ``options`` are those of meson, of a build that ``xharness builds`` made.
    """

    package: str = ""
    commit: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


def origin_of(build: Build) -> Origin:
    """Where the binary of ``build`` comes from; determined once for each program."""
    if record := record_of(build.path):
        commit = "" if record.package else record.commit
        return Origin(record.package, commit, record.options)
    if build.release:
        package, *_ = build.kind.info.debian_packages
        version = ReleasedServer(build.kind, build.release).version
        return Origin(package=f"{package} {version}") if version else Origin()
    return _origin_of_program(build.path.resolve())


@cache
def _origin_of_program(path: Path) -> Origin:
    source = _source_of(path)
    if source is not None:
        return Origin(
            commit=output_of("git", "-C", str(source), "describe", "--always", "--dirty", "--tags")
        )
    owner = output_of("dpkg-query", "--search", str(path)).partition(":")[0]
    if owner:
        return Origin(package=output_of("dpkg-query", "--show", _DPKG_FORMAT, owner))
    query = "--query", "--queryformat", RPM_FORMAT, "--file"
    if package := output_of("rpm", *query, str(path)):
        return Origin(package=package)
    owner = output_of("pacman", "--query", "--quiet", "--owns", str(path))
    return Origin(package=output_of("pacman", "--query", owner) if owner else "")


def provenance(build: Build) -> str:
    """``package VERSION`` or ``commit NAME``; empty when neither is known."""
    origin = origin_of(build)
    if origin.package:
        return f"package {origin.package.partition(' ')[2]}"
    return f"commit {origin.commit}" if origin.commit else ""


def _source_of(path: Path) -> Path | None:
    """The sources of the meson build folder around ``path``."""
    for folder in path.parents:
        try:
            info = json.loads((folder / MESON_INFO).read_text(encoding="utf-8"))
            return Path(info["directories"]["source"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def output_of(*command: str) -> str:
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
