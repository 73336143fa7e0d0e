# SPDX-License-Identifier: MIT
"""The builds that a user wants: the tables ``[builds.NAME]`` of ``nightly.toml``."""

import fcntl
import os
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.nightly.builds.errors import BuildDefinitionError, BuildToolMissing
from harness.nightly.builds.recipe import Preset, Recipe
from harness.nightly.builds.sources.packages import SOURCE_PACKAGES
from harness.servers.kinds.table import ServerKind
from harness.servers.made_builds import NAME, RELEASES
from harness.servers.releases.cache import ReleasedServer

_ORIGINS = ("git", "source", "release")
_KEYS = {*_ORIGINS, "ref", "preset", "servers", "options"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildDefinition:
    """A build by its ``name``: from ``git`` and ``ref``, a ``source`` folder, or a ``release``.

    ``git`` is a folder or an address, ``release`` a ReleasedServer's name (``xvfb@trixie``).
    """

    name: str
    git: str = ""
    ref: str = ""
    source: str = ""
    release: str = ""
    recipe: Recipe = field(default_factory=Recipe)

    @property
    def origin(self) -> str:
        """Where its sources come from, in words."""
        return (
            f"{self.ref} of {self.git}" if self.git else self.source or f"sources of {self.release}"
        )


def read_definitions(file: Path) -> dict[str, BuildDefinition]:
    """The builds by name, in the order of the file; none where there is no file.

    Folders are relative to the file's.  Raises BuildDefinitionError.
    """
    try:
        text = file.read_text(encoding="utf-8")
        tables = tomllib.loads(text).get("builds", {})
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise BuildDefinitionError(f"{file} cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise BuildDefinitionError(f"{file} is no TOML: {error}") from None
    if not isinstance(tables, dict):
        raise BuildDefinitionError(f"{file}: builds: expected tables [builds.NAME], got {tables!r}")
    return {name: define(name, table, file) for name, table in tables.items()}


def define(name: str, table: Mapping[str, Any], file: Path) -> BuildDefinition:
    """The definition that ``table`` of ``file`` means.  Raises BuildDefinitionError."""
    where = f"{file}: [builds.{name}]"
    try:
        check_name(name)
    except BuildDefinitionError as error:
        raise BuildDefinitionError(f"{file}: [builds]: {error}") from None
    if not isinstance(table, dict):
        raise BuildDefinitionError(f"{where}: expected a table, got {table!r}")
    if unknown := sorted(table.keys() - _KEYS):
        raise BuildDefinitionError(
            f"{where}: {unknown[0]} is not known; expected some of {', '.join(sorted(_KEYS))}"
        )
    origins = [key for key in _ORIGINS if key in table]
    if len(origins) != 1:
        raise BuildDefinitionError(
            f"{where}: expected one of {', '.join(_ORIGINS)}, got {' and '.join(origins) or 'none'}"
        )
    texts = {key: _text(table, key, where) for key in (*_ORIGINS, "ref", "preset")}
    if bool(texts["git"]) != bool(texts["ref"]):
        raise BuildDefinitionError(f"{where}: git and ref belong together: give both")
    release = texts["release"]
    kinds = _kinds(table.get("servers", []), where)
    if release:
        kind = _packaged(release, where)
        kinds = kinds or (kind,)
    return BuildDefinition(
        name=name,
        git=_place(texts["git"], file),
        ref=texts["ref"],
        source=_place(texts["source"], file),
        release=release,
        recipe=Recipe(_preset(texts["preset"], where), _options(table, where), kinds),
    )


def check_name(name: str) -> None:
    """Raise BuildDefinitionError unless ``name`` can be that of a build."""
    if not NAME.fullmatch(name):
        raise BuildDefinitionError(
            f"{name!r} cannot be the name of a build; expected small letters, digits, dots, "
            f"hyphens and underscores behind a small letter, such as main-asan"
        )
    if name in RELEASES:
        raise BuildDefinitionError(
            f"{name} cannot be the name of a build: it is that of a Debian release"
        )


def add_definition(file: Path, name: str, table: Mapping[str, Any]) -> BuildDefinition:
    """Write ``[builds.NAME]`` into ``file``, made where it is missing; all else in it stays.

    Processes that do so at the same time come one after the other.
    Raises BuildDefinitionError when the name is taken, the table wrong, or the file unusable.
    """
    with _alone(file):
        if name in read_definitions(file):
            raise BuildDefinitionError(
                f"{file} has a build {name} already; remove it (xharness builds forget {name}), "
                f"or take another name"
            )
        definition = define(name, table, file)
        document = _document(file)
        builds = document.setdefault("builds", _toml().table(is_super_table=True))
        builds[name] = {key: value for key, value in table.items() if value}
        _write(file, document.as_string())
    return definition


def remove_definition(file: Path, name: str) -> bool:
    """Remove ``[builds.NAME]`` from ``file``; whether it was there.

    Raises BuildDefinitionError.
    """
    with _alone(file):
        if name not in read_definitions(file):
            return False
        _write(file, _without(_document(file), name))
    return True


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Keep other processes from changing ``file``, which each change replaces."""
    folder = file.resolve().parent
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise BuildDefinitionError(f"{file} cannot be written: {error.strerror or error}") from None
    try:
        # flock on the folder itself leaves no lock file.
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _without(document: Any, name: str) -> str:
    """The text without ``[builds.NAME]``; comments behind its last key stay.

    To TOML they are of that table, to their author mostly of what follows.
    """
    builds = document["builds"]
    behind = _behind_last_key(builds[name])
    if "#" in behind:
        # No TOML has this character, so that it shows where the table begins.
        builds[name].trivia.indent = "\0" + builds[name].trivia.indent
    before, _, rest = document.as_string().partition("\0")
    del builds[name]
    text: str = document.as_string()
    return text[: len(before)] + behind + text[len(before) :] if rest else text


def _behind_last_key(table: Any) -> str:
    """Comments and empty lines at the end of ``table`` and of the last table in it."""
    text = ""
    while isinstance(table, _toml().items.Table):
        last = table
        for key, item in last.value.body:
            text = "" if key is not None else text + item.as_string()
            table = item
    return text


def _toml() -> Any:
    try:
        import tomlkit
    except ImportError:
        raise BuildToolMissing(
            "the library tomlkit", "pip install 'xharness[builds]', or write the table by hand"
        ) from None
    return tomlkit


def _document(file: Path) -> Any:
    toml = _toml()
    return toml.parse(file.read_text(encoding="utf-8")) if file.exists() else toml.document()


def _write(file: Path, text: str) -> None:
    """Write ``file`` or what it links to, with the mode and the ends of lines that it has."""
    target = file.resolve()
    new = target.with_name(f"{target.name}.new")
    try:
        there = target.exists()
        newline = "\r\n" if there and b"\r\n" in target.read_bytes() else "\n"
        new.write_text(text, encoding="utf-8", newline=newline)
        if there:
            shutil.copymode(target, new)
        new.replace(target)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        raise BuildDefinitionError(f"{file} cannot be written: {error.strerror or error}") from None


def _text(table: Mapping[str, Any], key: str, where: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str) or (key in table and not value.strip()):
        raise BuildDefinitionError(f"{where}: {key}: expected a text, got {value!r}")
    if "\0" in value:
        raise BuildDefinitionError(f"{where}: {key}: expected no null character, got {value!r}")
    return value


def _place(text: str, file: Path) -> str:
    """A folder relative to that of ``file``, whole; an address as it is."""
    if not text:
        return ""
    folder = Path(text).expanduser()
    looks_like_address = "://" in text or (":" in text and not folder.exists())
    return text if looks_like_address else str((file.absolute().parent / folder).resolve())


def _preset(text: str, where: str) -> Preset:
    try:
        return Preset(text or Preset.PLAIN)
    except ValueError:
        raise BuildDefinitionError(
            f"{where}: preset: expected one of {', '.join(Preset)}, got {text!r}"
        ) from None


def _kinds(names: object, where: str) -> tuple[ServerKind, ...]:
    known = list(ServerKind)
    if not isinstance(names, list) or not all(name in known for name in names):
        raise BuildDefinitionError(
            f"{where}: servers: expected a list of {', '.join(ServerKind)}, got {names!r}"
        )
    return tuple(ServerKind(name) for name in dict.fromkeys(names))


def _packaged(release: str, where: str) -> ServerKind:
    from harness.servers.errors import SpecError

    try:
        server = ReleasedServer.parse(release)
    except SpecError as error:
        raise BuildDefinitionError(f"{where}: release: {error}") from None
    if server.kind not in SOURCE_PACKAGES:
        raise BuildDefinitionError(
            f"{where}: release: the sources of {server.kind} are not built by meson; expected one "
            f"of {', '.join(SOURCE_PACKAGES)}"
        )
    return server.kind


def _options(table: Mapping[str, Any], where: str) -> dict[str, str]:
    options = table.get("options", {})
    if not isinstance(options, dict):
        raise BuildDefinitionError(f"{where}: options: expected a table, got {options!r}")
    for key, value in options.items():
        if not isinstance(value, str | bool | int):
            raise BuildDefinitionError(
                f"{where}: options: {key}: expected a text, true, false or a number, got {value!r}"
            )
    return {
        key: str(value).lower() if isinstance(value, bool) else str(value)
        for key, value in options.items()
    }
