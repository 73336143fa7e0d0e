# SPDX-License-Identifier: MIT
"""The package sources of another release, derived from those that the machine itself uses."""

import platform
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from harness.servers.errors import FetchRefused

ROLLING = frozenset({"sid", "unstable", "experimental"})
"""Suites without -updates and -security beside them."""

ALIASES = frozenset({"stable", "oldstable", "testing", "unstable", "sid"})
POCKETS = ("", "-updates", "-security")

_FIELD_OF_OPTION = {"arch": "Architectures", "lang": "Languages", "target": "Targets"}


@dataclass(frozen=True, slots=True)
class Source:
    """One suite at one address; ``options`` are other fields, such as Signed-By.

    ``types`` is ``deb`` for packages, ``deb-src`` for their sources.
    """

    uri: str
    suite: str
    components: str
    options: tuple[tuple[str, str], ...] = ()
    types: str = "deb"

    def __str__(self) -> str:
        """As a paragraph of a ``.sources`` file."""
        fields = {"Types": self.types, "URIs": self.uri, "Suites": self.suite}
        fields |= {"Components": self.components} | dict(self.options)
        return "".join(f"{name}: {value}\n" for name, value in fields.items() if value)

    def in_release(self, release: str, own: frozenset[str]) -> "Source | None":
        """The same source for ``release``; None for a suite that is not one of ``own``."""
        for pocket in POCKETS:
            base = self.suite.removesuffix(pocket)
            if base in own and base + pocket == self.suite:
                if pocket and release in ROLLING:
                    return None
                # For a file: source apt would report the place and copy nothing.
                uri = re.sub("^file:", "copy:", self.uri)
                return Source(uri, release + pocket, self.components, self.options)
        return None


def derive(release: str, list_file: Path, list_folder: Path, types: str = "deb") -> list[Source]:
    """The sources of ``release`` and these ``types``, where the machine gets its own packages.

    Raises FetchRefused when the machine's files name no source of its own release.
    """
    own = ALIASES | frozenset(filter(None, [own_release()]))
    files = [list_file, *sorted(list_folder.glob("*.list")), *sorted(list_folder.glob("*.sources"))]
    found = [source for file in files if file.is_file() for source in _read(file)]
    derived = [source.in_release(release, own) for source in found]
    if not any(derived):
        raise FetchRefused(
            f"no package source of this machine's own release ({', '.join(sorted(own))}) stands in "
            f"{list_file} or {list_folder}; expected one whose address serves {release} too"
        )
    kept = dict.fromkeys(source for source in derived if source is not None)
    return [replace(source, types=types) for source in kept]


def own_release() -> str:
    """The code name of this machine's release; empty when it has none."""
    try:
        return platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    except OSError:
        return ""


def _read(file: Path) -> Iterator[Source]:
    text = file.read_text(encoding="utf-8", errors="replace")
    if file.suffix == ".sources":
        for paragraph in re.split(r"\n\s*\n", text):
            yield from _from_paragraph(_fields(paragraph))
    else:
        for line in text.splitlines():
            yield from _from_line(line)


def _fields(paragraph: str) -> dict[str, str]:
    """Fields by their names in lower case; a value that is a key keeps its line breaks."""
    fields: dict[str, str] = {}
    name = ""
    for line in paragraph.splitlines():
        if line.startswith("#"):
            continue
        if line[:1].isspace() and name:
            fields[name] += f"\n{line}"
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields


def _from_paragraph(fields: Mapping[str, str]) -> Iterator[Source]:
    enabled = fields.get("enabled", "yes").lower() in ("yes", "true", "1", "on", "with", "enable")
    if not enabled or "deb" not in fields.get("types", "").split():
        return
    known = {"types", "uris", "suites", "components", "enabled"}
    options = tuple((name, value) for name, value in fields.items() if name not in known)
    for uri in fields.get("uris", "").split():
        for suite in fields.get("suites", "").split():
            yield Source(uri, suite, fields.get("components", ""), options)


def _from_line(line: str) -> Iterator[Source]:
    """One line of a ``.list`` file: ``deb [option=value ...] uri suite component ...``."""
    match = re.match(r"\s*deb\s+(?:\[([^]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)", line)
    if match is None:
        return
    options, uri, suite, components = match.groups()
    pairs = (word.partition("=") for word in shlex.split(options or ""))
    fields = tuple(
        (_FIELD_OF_OPTION.get(name.lower(), name), value.replace(",", " "))
        for name, _, value in pairs
    )
    yield Source(uri, suite, components.strip(), fields)
