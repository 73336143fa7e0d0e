# SPDX-License-Identifier: MIT
"""Builds that ``xharness builds`` made: where they are, what each is, and their servers."""

import json
import re
import tomllib
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.errors import HarnessError
from harness.servers.builds import Build, check_helper, from_build_folder
from harness.servers.kinds.table import ServerKind
from harness.servers.releases.apt_sources import ALIASES, ROLLING
from harness.servers.releases.cache_folder import cache_folder

FILE = "nightly.toml"
"""The file with the definitions of builds, tables ``[builds.NAME]``."""

BUILD_FILE = "build.json"
"""In the meson build folder of a whole build, and written last."""

MESON_FOLDER = "build"
"""The meson build folder, in the folder of a build."""

FORMAT, VERSION = "xharness-build", 1

NAME = re.compile(r"[a-z][a-z0-9._-]*")
"""The name of a build."""

RELEASES = frozenset({"bullseye", "bookworm", "trixie", "forky", "duke"}) | ALIASES | ROLLING
"""Names that mean a Debian release, and no build."""

_DEEPEST = 5
"""Folders between a server and the top of its meson build folder."""


class NotMade(HarnessError):
    """No build has this name, or it has no such server; ``name`` is ``KIND@NAME``."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} cannot be judged: {reason}")
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRecord:
    """What a build was made from, and how: the content of its build.json.

    ``repository`` is an address, a folder, or ``PACKAGE@RELEASE``; ``ref`` is the name that was
    given there, a package's version, or what git calls a working tree.  ``commit`` names the git
    object that was built: a commit, or the tree of a working tree or package.  ``package`` is the
    source package with its version.  ``preset`` and ``options`` are those of meson, ``kinds`` the
    servers, ``lacks`` says of some of them why they cannot be started.  ``compiler`` is the first
    line of its ``--version``, ``version`` that of the meson project.  ``made`` is UTC as in RFC
    3339, ``seconds`` how long the build took.
    """

    repository: str
    ref: str
    commit: str
    package: str = ""
    preset: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()
    lacks: Mapping[str, str] = field(default_factory=dict)
    compiler: str = ""
    version: str = ""
    made: str = ""
    seconds: float = 0.0

    @property
    def origin(self) -> str:
        """What it was built from, in a few words."""
        named = f"{self.ref} " if self.ref and self.ref != self.commit else ""
        return self.package or f"{named}{self.commit[:12]}"


def builds_folder() -> Path:
    """The folder of builds in the cache.  Raises NoCacheFolder."""
    return cache_folder() / "builds"


def folder_named(name: str) -> Path:
    """The link to the folder of the build ``name``; there while it is made.

    Raises NoCacheFolder.
    """
    return builds_folder() / "names" / name


def read_record(folder: Path) -> BuildRecord | None:
    """The record of the build in the meson build folder ``folder``; None when it is not whole."""
    try:
        read = json.loads((folder / BUILD_FILE).read_text(encoding="utf-8"))
        if (read.pop("format"), read.pop("version_of_format")) != (FORMAT, VERSION):
            return None
        return BuildRecord(**{**read, "kinds": tuple(read["kinds"])})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def record_text(record: BuildRecord) -> str:
    """The content of the file that ``read_record`` reads."""
    members = {name: getattr(record, name) for name in BuildRecord.__slots__}
    whole = {"format": FORMAT, "version_of_format": VERSION} | members
    return json.dumps(whole, indent=2, default=dict) + "\n"


def record_of(program: Path) -> BuildRecord | None:
    """The record of the build that the server ``program`` belongs to; None for another one."""
    with suppress(OSError):
        for folder in program.resolve().parents[:_DEEPEST]:
            if (record := read_record(folder)) is not None:
                return record
    return None


@dataclass(frozen=True, slots=True)
class MadeServer:
    """The server of ``kind`` in the build ``name``, such as ``xvfb@main``."""

    kind: ServerKind
    name: str

    def __str__(self) -> str:
        return f"{self.kind}@{self.name}"


def made_servers() -> list[MadeServer]:
    """Every server of a build that has a name and is made.  Raises NoCacheFolder."""
    found = []
    for link in sorted((builds_folder() / "names").glob("[a-z]*")):
        record = read_record(link / MESON_FOLDER) if NAME.fullmatch(link.name) else None
        kinds = record.kinds if record is not None else ()
        found += [MadeServer(ServerKind(kind), link.name) for kind in kinds]
    return found


def find_file(start: Path) -> Path:
    """The ``nightly.toml`` in ``start`` or the nearest folder above; else that of ``start``."""
    found = (folder / FILE for folder in (start, *start.parents))
    return next((path for path in found if path.exists()), start / FILE)


def means_build(name: str) -> bool:
    """Whether ``name`` is that of a build: made, defined, or one that no release can have.

    Raises NoCacheFolder.
    """
    if not NAME.fullmatch(name):
        return False
    if folder_named(name).is_symlink() or not re.fullmatch(r"[a-z][a-z0-9.]*", name):
        return True
    return name not in RELEASES and name in _defined()


def _defined() -> Collection[str]:
    """The names of builds in the file that is found from here; what is wrong there is no build."""
    try:
        builds = tomllib.loads(find_file(Path.cwd()).read_text(encoding="utf-8")).get("builds")
    except (OSError, ValueError):
        return ()
    return builds if isinstance(builds, dict) else ()


def find_made(wanted: MadeServer) -> Build:
    """The server in the cache.

    Raises NotMade, NotAServer, NoServerInBuildFolder, and ServerNotInstalled when this machine
    lacks its helper.
    """
    folder = folder_named(wanted.name).resolve() / MESON_FOLDER
    record = read_record(folder)
    if record is None:
        raise NotMade(
            str(wanted), f"that build is not made yet; run: xharness builds make {wanted.name}"
        )
    if wanted.kind in record.lacks:
        reason = record.lacks[wanted.kind]
        raise NotMade(str(wanted), f"{reason}; then run again: xharness builds make {wanted.name}")
    program = wanted.kind.info.program
    if program not in {ServerKind(kind).info.program for kind in record.kinds}:
        raise NotMade(
            str(wanted),
            f"the build has {', '.join(record.kinds)} only: name {wanted.kind} too among its "
            f"servers in nightly.toml, then run: xharness builds make {wanted.name}",
        )
    check_helper(wanted.kind)
    return replace(from_build_folder(folder, wanted.kind), named=wanted.name)
