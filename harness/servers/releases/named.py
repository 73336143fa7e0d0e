# SPDX-License-Identifier: MIT
"""Servers by the names that options have for them: ``xvfb``, ``xvfb@trixie``, ``xvfb@main``."""

from harness.servers.builds import Build, find_on_path
from harness.servers.errors import NotFetched, SpecError
from harness.servers.kinds.table import ServerKind
from harness.servers.made_builds import RELEASES, MadeServer, find_made, means_build
from harness.servers.releases.cache import ReleasedServer, find_fetched

NamedServer = ServerKind | ReleasedServer | MadeServer
"""An installed server, one of a Debian release, or one of a build that was made."""


def parse_name(name: str) -> NamedServer:
    """The server that ``name`` means: ``KIND``, ``KIND@RELEASE`` or ``KIND@BUILD``.

    Raises SpecError, and NoCacheFolder where it cannot be known which builds there are.
    """
    kind, separator, source = name.partition("@")
    if kind in set(ServerKind) and separator and means_build(source):
        return MadeServer(ServerKind(kind), source)
    if separator:
        return ReleasedServer.parse(name)
    try:
        return ServerKind(name)
    except ValueError:
        raise SpecError(f"{name} is not known; known kinds: {', '.join(ServerKind)}") from None


def kind_of(name: str) -> ServerKind:
    """The kind of the server that ``name`` means.  Raises SpecError."""
    wanted = parse_name(name)
    return wanted if isinstance(wanted, ServerKind) else wanted.kind


def find_named(name: str) -> Build:
    """The server that ``name`` means: the installed one, or one in the cache.

    Raises SpecError for another name; NotFetched, NotMade, ServerNotInstalled, NotAServer,
    NoServerInBuildFolder.
    """
    wanted = parse_name(name)
    if isinstance(wanted, ServerKind):
        return find_on_path(wanted)
    if isinstance(wanted, MadeServer):
        return find_made(wanted)
    try:
        return find_fetched(wanted)
    except NotFetched as error:
        if wanted.release in RELEASES:
            raise
        raise NotFetched(error.name, error.folder, build=wanted.release) from None
