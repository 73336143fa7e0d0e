# SPDX-License-Identifier: MIT
"""A keymap folder from which a server starts sooner, with the keymap that it has anyway.

While it starts, a server has its keymap compiled by xkbcomp, which parses every file that the
keymap includes, though it needs few of their sections: half of the time of a lean start.  A
digest of the folder has these sections in full; in place of each other one it has an include of
the original, so that whatever is compiled from either folder is the same.  Once the server is
ready it is led to the original: what clients list, or load later, is from there.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from harness.errors import HarnessError
from harness.servers.releases.cache_folder import cache_folder
from harness.servers.spec import ServerSpec

FOLDER = "keymaps"
"""The folder of the digests, in the cache."""

_FORMAT = "1"
"""Changes with what a digest holds."""

_STARTS = {
    "keycodes": "evdev+aliases(qwerty)",
    "types": "complete",
    "compat": "complete",
    "symbols": "pc+us+inet(evdev)",
    "geometry": "pc(pc105)",
}
"""The parts of the keymap that servers have by default, by the folders that hold them."""

_OPTION = "-xkbdir"
_ORIGINAL = "original"
_COMPILED_IN = re.compile(rb"\0(/[\w./+-]{1,200}/X11/xkb)\0", re.ASCII)
_HARMLESS_PATH = re.compile(r"[\w./+-]{1,1000}", re.ASCII)
"""The server hands the path to a shell, between double quotes."""

_COMMENT = re.compile(r'("[^"\n]*")|(?://|#)[^\n]*')
_BRACE = re.compile(r'"[^"\n]*"|[{}]')
_INCLUDE = re.compile(r'\b(?:include|augment|override|replace|alternate)\s+"([^"\n]*)"')
_REFERENCE = re.compile(r"([^+|^():]+)(?:\(([^()]*)\))?")


class Keymap:
    """A link to a digest in the private ``folder`` of a server that is to start as ``spec`` says.

    ``arguments`` make the server use it.  They are empty where it is not lean, or given another
    folder, where its own one is not known or cannot be read, and where no digest can be kept.
    """

    def __init__(self, spec: ServerSpec, folder: Path) -> None:
        self._link = folder / "xkb"
        self.arguments: tuple[str, ...] = ()
        if not spec.lean or _OPTION in spec.extra_args:
            return
        self._original, digest = _digest_for(spec.build.path)
        if digest is None or not _HARMLESS_PATH.fullmatch(str(self._link)):
            return
        with suppress(OSError):
            self._link.symlink_to(digest)
            self.arguments = (_OPTION, str(self._link))

    def lead_to_original(self) -> None:
        """Let the server, which has its keymap, find the folder that it would have by default."""
        if self.arguments:
            following = self._link.with_name("xkb.following")
            following.symlink_to(self._original)
            following.replace(self._link)


def _digest_for(program: Path) -> tuple[Path, Path | None]:
    """The keymap folder that is compiled into ``program``, and the digest of it if there is one."""
    try:
        status = program.stat()
        original = _compiled_in(program, status.st_mtime_ns, status.st_size)
        if original is None:
            return Path(), None
        digest = _kept_digest(original)
        # The cache may have been emptied since.
        return original, digest if (digest / "rules").is_dir() else None
    except (OSError, HarnessError, ValueError):
        return Path(), None


@lru_cache(maxsize=64)
def _compiled_in(program: Path, _mtime_ns: int, _size: int) -> Path | None:
    found = set(_COMPILED_IN.findall(program.read_bytes()))
    return Path(os.fsdecode(found.pop())) if len(found) == 1 else None


@lru_cache(maxsize=8)
def _kept_digest(original: Path) -> Path:
    """The digest of a folder as it is now, made unless it is in the cache.

    Raises OSError when it cannot be kept, NoCacheFolder, and ValueError for files of a syntax
    that is not understood.
    """
    kept = cache_folder() / FOLDER / _state(original)
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix="partial-", dir=kept.parent))
        try:
            _write_digest(original, partial)
            # Another session may have been faster: its digest has the same content.
            with suppress(FileExistsError):
                partial.rename(kept)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return kept


def _state(original: Path) -> str:
    """A name for the content of a folder, which no other content has."""
    state = sha256(f"{_FORMAT} {original}".encode())
    for part in _STARTS:
        for entry in sorted(os.scandir(original / part), key=lambda entry: entry.name):
            status = entry.stat()
            state.update(f"{part}/{entry.name} {status.st_mtime_ns} {status.st_size}".encode())
    return state.hexdigest()[:24]


@dataclass(slots=True)
class _Section:
    """A keymap section: the words before its brace, what is inside, and whether it is kept."""

    head: str
    body: str
    kept: bool = False

    @property
    def name(self) -> str | None:
        found = re.search(r'"([^"\n]*)"', self.head)
        return found and found[1]

    def text(self, file: str) -> str:
        name = self.name
        if not self.kept and name is not None:
            return f'{self.head} {{ include "{_ORIGINAL}/{file}({name})" }};\n'
        return f"{self.head} {{ {' '.join(self.body.split())} }};\n"


def _write_digest(original: Path, folder: Path) -> None:
    """Write a digest into an empty folder.  Raises OSError, ValueError."""
    (folder / "rules").symlink_to(original / "rules")
    for part, start in _STARTS.items():
        files: dict[str, list[_Section]] = {}
        pending = [*_references(start)]
        while pending:
            file, name = pending.pop()
            if file not in files:
                files[file] = [*_sections((original / part / file).read_text("latin-1"))]
            section = _find(files[file], name)
            if section is not None and not section.kept:
                section.kept = True
                pending += [one for it in _INCLUDE.findall(section.body) for one in _references(it)]
        for file, sections in files.items():
            path = folder / part / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(section.text(file) for section in sections), "latin-1")
        (folder / part / _ORIGINAL).symlink_to(original / part)


def _references(text: str) -> Iterator[tuple[str, str | None]]:
    """The files and sections of an include: ``pc+us(basic):2``; None is the default section."""
    for reference in re.split(r"[+|^]", text):
        if found := _REFERENCE.match(reference):
            yield found[1], found[2]


def _find(sections: list[_Section], name: str | None) -> _Section | None:
    """The section of this name, or the default one: the first unless another is marked."""
    if name is not None:
        return next((one for one in sections if one.name == name), None)
    marked = (one for one in sections if re.match(r'[^"]*\bdefault\b', one.head))
    return next(marked, sections[0] if sections else None)


def _sections(text: str) -> Iterator[_Section]:
    """The sections of a file.  Raises ValueError when its braces do not match."""
    text = _COMMENT.sub(r"\1", text)
    depth, began, opened = 0, 0, 0
    for found in _BRACE.finditer(text):
        if found[0] == "{":
            if depth == 0:
                opened = found.end()
            depth += 1
        elif found[0] == "}":
            depth -= 1
            if depth == 0:
                head = " ".join(text[began : opened - 1].split())
                yield _Section(head, text[opened : found.start()])
                began = text.index(";", found.end()) + 1
    if depth != 0 or text[began:].strip():
        raise ValueError("a section that does not end")
