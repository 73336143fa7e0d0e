# SPDX-License-Identifier: MIT
"""The script that runs a fetched server with the loader and libraries of its own release."""

from pathlib import Path
from shlex import quote

from harness.servers.errors import FetchFailed
from harness.servers.kinds.table import ServerKind
from harness.servers.releases.cache import ReleasedServer

_SCRIPT = """\
#!/bin/sh
# Runs the server of {name} with its own loader and libraries.
here=${{0%/*}}/root
export LIBGL_DRIVERS_PATH={drivers}
exec {loader} \\
    --library-path {libraries} \\
    {program}{options} "$@"
"""


def write_start_script(wanted: ReleasedServer) -> Path:
    """Write the script for the packages unpacked in ``wanted.partial / "root"``.

    Raises FetchFailed when they hold no server or no loader.
    """
    info, root = wanted.kind.info, wanted.partial / "root"
    program = _first_file(root, [*info.places, f"/usr/bin/{info.program}"])
    loader = _first_file(root, [f"/{place}" for place in _find(root, "**/ld-linux*.so.[0-9]")])
    if program is None or loader is None:
        missing = "a server" if program is None else "a loader"
        raise FetchFailed(
            f"the packages of {wanted} hold no {missing} where one was expected",
            f"looked through {root}",
            root,
            "tell the authors of the harness, or name a server by --server-path",
        )
    drivers = [folder for folder in _find(root, "usr/lib/*/dri") if (root / folder).is_dir()]
    modules = _find(root, "usr/lib/xorg/modules") if wanted.kind is ServerKind.XORG else []
    script = wanted.partial / wanted.program.name
    script.write_text(
        _SCRIPT.format(
            name=wanted,
            drivers=_search_path(drivers),
            loader=_search_path([loader]),
            libraries=_search_path(_library_folders(root)),
            program=_search_path([program]),
            options="".join(f" -modulepath {_search_path([folder])}" for folder in modules),
        ),
        encoding="utf-8",
    )
    script.chmod(0o755)
    return script


def _search_path(places: list[str]) -> str:
    """One word of the script: ``places`` below its root, separated by colons."""
    return ":".join(f'"$here"/{quote(place)}' for place in places) or "''"


def _find(root: Path, pattern: str) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.glob(pattern))


def _first_file(root: Path, places: list[str]) -> str | None:
    """The first of ``places`` that is a file below ``root``, links resolved."""
    for place in places:
        path = root / place.lstrip("/")
        if path.is_file() and path.resolve().is_relative_to(root.resolve()):
            return place.lstrip("/")
    return None


def _library_folders(root: Path) -> list[str]:
    """The folders of the release's libraries, and private ones below them."""
    plain = _find(root, "lib/*-linux-*") + _find(root, "usr/lib/*-linux-*")
    return plain + [
        folder
        for parent in plain
        for folder in _find(root, f"{parent}/*")
        if (root / folder).is_dir() and any((root / folder).glob("lib*.so*"))
    ]
