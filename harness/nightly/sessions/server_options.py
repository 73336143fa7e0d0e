# SPDX-License-Identifier: MIT
"""pytest's options for a server: of a build folder, or that of an earlier result again."""

from dataclasses import dataclass
from pathlib import Path

from harness.errors import HarnessError
from harness.results.run import ServerIdentity
from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind


class ServerNotStartable(HarnessError):
    """The server of a result cannot be started from what the result says of it."""


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """The ``options`` that select one server, and the ``name`` that it has in ids of tests."""

    name: str
    options: tuple[str, ...]


def of_build(folder: Path, kind: str) -> ServerOptions:
    """The server of this kind in a meson build folder."""
    return ServerOptions(kind, ("--server", kind, "--server-build", str(folder)))


def of_identity(server: ServerIdentity) -> ServerOptions:
    """The server that a result is about, as it was started then.

    Raises ServerNotStartable for one that was attached to, and for one that is there no more.
    """
    if server.kind not in set(ServerKind) or not server.program:
        raise ServerNotStartable(
            f"{server.name or 'the server'}: expected a server that pytest has started, got one "
            f"that it attached to (--display): it cannot be started again from here"
        )
    program, kind = Path(server.program), ServerKind(server.kind)
    if not program.exists():
        raise ServerNotStartable(
            f"{server.name}: expected the program {program} that was judged, and it is there no "
            f"more: build or fetch it again"
        )
    wrapped = ("--server-wrapper", f"{kind}={server.wrapper}") if server.wrapper else ()
    if (folder := build_folder(server)) is not None:
        return ServerOptions(str(kind), (*of_build(folder, kind).options, *wrapped))
    if "@" in server.name:
        return ServerOptions(server.name, ("--server", server.name, *wrapped))
    if _installed(kind) == program:
        return ServerOptions(str(kind), ("--server", str(kind), *wrapped))
    return ServerOptions(
        str(kind), ("--server", str(kind), "--server-path", str(program), *wrapped)
    )


def build_folder(server: ServerIdentity) -> Path | None:
    """The meson build folder that the program of the server is in; None if it is in none."""
    place = Path(ServerKind(server.kind).info.built_at).parts
    program = Path(server.program)
    if program.parts[-len(place) :] != place:
        return None
    folder = program.parents[len(place) - 1]
    return folder if (folder / "meson-info").is_dir() or (folder / "build.json").exists() else None


def _installed(kind: ServerKind) -> Path | None:
    try:
        return find_on_path(kind).path
    except HarnessError:
        return None
