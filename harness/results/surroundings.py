# SPDX-License-Identifier: MIT
"""What a session ran on: the machine, programs and libraries, and packages of its servers."""

import os
import platform
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from harness.results.run import ServerIdentity
from harness.servers.builds import Build
from harness.servers.kinds.table import ServerKind
from harness.servers.releases.provenance import origin_of


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
