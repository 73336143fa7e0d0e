# SPDX-License-Identifier: MIT
"""The cache of servers of Debian releases: their names, their folders, which are fetched."""

import re
from dataclasses import dataclass
from pathlib import Path

from harness.servers.builds import Build, check_helper, from_file
from harness.servers.errors import NotFetched, SpecError
from harness.servers.kinds.table import ServerKind
from harness.servers.releases.cache_folder import cache_folder

PACKAGES = "packages"
"""The file that lists the packages of a fetched server, one file name in each line."""

_PARTIAL = ".partial"


@dataclass(frozen=True, slots=True)
class ReleasedServer:
    """The server of ``kind`` as a release ships it; its name reads ``xvfb@trixie``."""

    kind: ServerKind
    release: str

    @classmethod
    def parse(cls, name: str) -> "ReleasedServer":
        """From ``KIND@RELEASE``.  Raises SpecError for an unknown kind or a malformed release."""
        kind, _, release = name.partition("@")
        if kind not in set(ServerKind):
            raise SpecError(f"{name} is not known; known kinds: {', '.join(ServerKind)}")
        if not re.fullmatch(r"[a-z][a-z0-9.]*", release):
            raise SpecError(
                f"{name} names no release; expected KIND@RELEASE such as {kind}@bullseye, "
                f"{kind}@bookworm, {kind}@trixie or {kind}@sid"
            )
        return cls(ServerKind(kind), release)

    def __str__(self) -> str:
        return f"{self.kind}@{self.release}"

    @property
    def folder(self) -> Path:
        """Its folder once it is complete."""
        return servers_folder() / self.release / self.kind

    @property
    def partial(self) -> Path:
        """Its folder until then."""
        return self.folder.with_name(self.kind + _PARTIAL)

    @property
    def program(self) -> Path:
        """The script that starts it."""
        return self.folder / Path(self.kind.info.program).name

    @property
    def version(self) -> str:
        """The version of its package, such as ``2:21.1.16-1.3``; empty when not fetched."""
        package, *_ = self.kind.info.debian_packages
        try:
            names = (self.folder / PACKAGES).read_text(encoding="utf-8").split()
        except OSError:
            return ""
        versions = [name.split("_")[1] for name in names if name.startswith(f"{package}_")]
        return versions[0].replace("%3a", ":") if versions else ""


def servers_folder() -> Path:
    """The folder of servers in the cache.  Raises NoCacheFolder."""
    return cache_folder() / "servers"


def find_fetched(wanted: ReleasedServer) -> Build:
    """The server in the cache.

    Raises NotFetched, NotAServer, and ServerNotInstalled when this machine lacks its helper.
    """
    if not wanted.program.exists():
        raise NotFetched(str(wanted), wanted.folder)
    helper = wanted.kind.info.helper
    if helper is not None and not helper.fetched:
        check_helper(wanted.kind)
    return from_file(wanted.program, wanted.kind, wanted.release)


def fetched() -> list[ReleasedServer]:
    """Every complete server in the cache."""
    return _found("")


def unfinished() -> list[ReleasedServer]:
    """Every server whose fetch is running or was interrupted."""
    return _found(_PARTIAL)


def _found(suffix: str) -> list[ReleasedServer]:
    found = [
        ReleasedServer(kind, folder.name)
        for folder in sorted(servers_folder().glob("*"))
        for kind in ServerKind
        if (folder / f"{kind}{suffix}").is_dir()
    ]
    return sorted(found, key=str)
