# SPDX-License-Identifier: MIT
"""The scripts that run a fetched server with the loader and libraries of its own release."""

from pathlib import Path
from shlex import quote

from harness.servers.errors import FetchFailed
from harness.servers.kinds.table import ServerKind
from harness.servers.releases.cache import ReleasedServer

_SCRIPT = """\
#!/bin/sh
# Runs the {what} of {name} with its own loader and libraries.
here=${{0%/*}}/root
export LIBGL_DRIVERS_PATH={drivers}
export GBM_BACKENDS_PATH={backends}
exec {loader} \\
    --library-path {libraries} \\
    {program}{options} "$@"
"""


def write_start_scripts(wanted: ReleasedServer) -> Path:
    """Write the scripts for the packages unpacked in ``wanted.partial / "root"``.

    That of the server, which is returned, and that of its helper if it is of the same release.
    Raises FetchFailed when they hold no server or no loader.
    """
    info, root = wanted.kind.info, wanted.partial / "root"
    is_xorg = info.program == ServerKind.XORG.info.program
    modules = _find(root, "usr/lib/xorg/modules") if is_xorg else []
    options = "".join(f" -modulepath {_search_path([folder])}" for folder in modules)
    places = [*info.places, f"/usr/bin/{info.program}"]
    script = _write(wanted, "server", wanted.program.name, places, options)
    if info.helper is not None and info.helper.fetched:
        helper = info.helper.program
        _write(wanted, helper, helper, [f"/usr/bin/{helper}"])
    return script


def _write(
    wanted: ReleasedServer, what: str, name: str, places: list[str], options: str = ""
) -> Path:
    """Write the script ``name`` that runs the program in the first of ``places`` there is."""
    root = wanted.partial / "root"
    program = _first_file(root, places)
    loader = _first_file(root, [f"/{place}" for place in _find(root, "**/ld-linux*.so.[0-9]")])
    if program is None or loader is None:
        missing = what if program is None else "loader"
        raise FetchFailed(
            f"the packages of {wanted} hold no {missing} where one was expected",
            f"looked through {root}",
            root,
            "tell the authors of the harness, or name a server by --server-path",
        )
    drivers, backends = (
        [folder for folder in _find(root, f"usr/lib/*/{name}") if (root / folder).is_dir()]
        for name in ("dri", "gbm")
    )
    script = wanted.partial / name
    script.write_text(
        _SCRIPT.format(
            what=what,
            name=wanted,
            drivers=_search_path(drivers),
            backends=_search_path(backends),
            loader=_search_path([loader]),
            libraries=_search_path(_library_folders(root)),
            program=_search_path([program]),
            options=options,
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
