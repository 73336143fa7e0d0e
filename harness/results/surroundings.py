# SPDX-License-Identifier: MIT
"""What a session ran on: the machine, its packages and servers; where its suites stand."""

import os
import platform
import re
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path

from harness.results.run import ServerIdentity
from harness.servers.builds import Build
from harness.servers.kinds.table import ServerKind
from harness.servers.releases.provenance import RPM_FORMAT, origin_of, output_of

_DPKG_STATUS = Path("/var/lib/dpkg/status")
_STANZA = re.compile(
    r"^Package: (\S+)$(?:\n.+)*?\nStatus: \S+ \S+ installed$(?:\n.+)*?\nVersion: (\S+)$",
    re.MULTILINE,
)
_GIT_SECONDS = 10.0


def machine() -> dict[str, str]:
    """The system and its processors; nothing that names the machine or its user."""
    system = os.uname()
    found = {
        "system": f"{system.sysname} {system.release} {system.machine}",
        "processors": str(len(os.sched_getaffinity(0))),
    }
    with suppress(OSError, KeyError):
        found["distribution"] = platform.freedesktop_os_release()["PRETTY_NAME"]
    return found


def versions(packages: Iterable[str]) -> dict[str, str]:
    """The versions of Python and of those ``packages`` that are installed."""
    found = {"python": platform.python_version()}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@cache
def packages() -> dict[str, dict[str, str]]:
    """The versions of all installed packages, by manager.

    They are those of this ``python``, and of the first of ``dpkg``, ``rpm`` and ``pacman`` that has
    some.  Several versions of one package stand in one text.
    """
    python = {one.name: one.version for one in distributions() if one.name}
    found = {"python": dict(sorted(python.items()))}
    for manager, listed in _MANAGERS.items():
        if installed := listed():
            return {**found, manager: installed}
    return found


def _of_dpkg() -> dict[str, str]:
    try:
        text = _DPKG_STATUS.read_text("utf-8", "replace")
    except OSError:
        return {}
    return dict(_STANZA.findall(text))


def _of_rpm() -> dict[str, str]:
    return _listed("rpm", "--query", "--all", "--queryformat", f"{RPM_FORMAT}\n")


def _of_pacman() -> dict[str, str]:
    return _listed("pacman", "--query")


_MANAGERS = {"dpkg": _of_dpkg, "rpm": _of_rpm, "pacman": _of_pacman}


def _listed(*command: str) -> dict[str, str]:
    """The packages that a command prints, a name and a version a line."""
    found: dict[str, set[str]] = {}
    for line in output_of(*command).splitlines():
        name, _, number = line.partition(" ")
        found.setdefault(name, set()).add(number)
    return {name: ", ".join(sorted(numbers)) for name, numbers in sorted(found.items())}


@cache
def suites_at(folder: Path) -> dict[str, str]:
    """The ``commit`` of the git repository around ``folder``; empty outside of one.

    ``changed`` is ``yes`` where files differ from it.
    """
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return {}
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return {"commit": commit, **({"changed": "yes"} if changed else {})}


def _git(folder: Path, *words: str) -> str:
    command = ["git", "--no-optional-locks", "-C", str(folder), *words]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_GIT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return "" if done.returncode else done.stdout.strip()


def with_origins(servers: Mapping[str, ServerIdentity]) -> dict[str, ServerIdentity]:
    """The ``servers`` with the packages and commits that they come from."""
    return {name: _with_origin(server) for name, server in servers.items()}


def _with_origin(server: ServerIdentity) -> ServerIdentity:
    if not server.program or server.kind not in set(ServerKind):
        return server
    release = server.name.partition("@")[2]
    build = Build(ServerKind(server.kind), Path(server.program), "", "", release)
    origin = origin_of(build)
    return replace(
        server, package=origin.package, commit=origin.commit, options=dict(origin.options)
    )
