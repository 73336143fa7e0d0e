# SPDX-License-Identifier: MIT
"""Servers by the names that options have for them: ``xvfb``, ``xvfb@trixie``."""

from harness.servers.builds import Build, find_on_path
from harness.servers.errors import SpecError
from harness.servers.kinds.table import ServerKind
from harness.servers.releases.cache import ReleasedServer, find_fetched


def parse_name(name: str) -> ServerKind | ReleasedServer:
    """The server that ``name`` means, ``KIND`` or ``KIND@RELEASE``.  Raises SpecError."""
    if "@" in name:
        return ReleasedServer.parse(name)
    try:
        return ServerKind(name)
    except ValueError:
        raise SpecError(f"{name} is not known; known kinds: {', '.join(ServerKind)}") from None


def kind_of(name: str) -> ServerKind:
    """The kind of the server that ``name`` means.  Raises SpecError."""
    wanted = parse_name(name)
    return wanted.kind if isinstance(wanted, ReleasedServer) else wanted


def find_named(name: str) -> Build:
    """The server that ``name`` means: the installed one, or that of a release in the cache.

    Raises SpecError for another name; NotFetched, ServerNotInstalled, NotAServer.
    """
    wanted = parse_name(name)
    return find_fetched(wanted) if isinstance(wanted, ReleasedServer) else find_on_path(wanted)
