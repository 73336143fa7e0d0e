# SPDX-License-Identifier: MIT
"""Expectation files: groups of tests that fail, are flaky or must not run, with the reason.

The name of a file ends in ``fails.txt``, ``flakes.txt`` or ``skips.txt``.
"""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from errno import ENOENT
from pathlib import Path
from typing import NoReturn

from harness.errors import HarnessError
from harness.results.expectations.evidence import ExpectationError
from harness.results.expectations.known_bug import KnownBug, link_of, without_link
from harness.results.expectations.line import ExpectationLine, parse_line
from harness.results.run import LineKind, UsedLine
from harness.servers.kinds.table import DEFAULT_KINDS, ServerKind
from harness.servers.version import Vendor, parse_version

REASON, LINK = "REASON:", "LINK:"
"""What a suggested group has before its reason and its link, which somebody must write."""

_KEYS = ("servers", "vendors", "since", "fixed")
_KEY = re.compile(r"([a-z]+)\s*:\s*(.*)")
_NAME = re.compile(rf"(?:.*-)?({'|'.join(LineKind)})\.txt")

_Keys = dict[str, dict[str, str]]
"""What the keys say: servers, vendors with version 0, vendors with their bounds."""


def read_expectations(
    paths: Sequence[Path], root: Path | None = None
) -> tuple[ExpectationLine, ...]:
    """All lines of the files ``paths``, and of those in the folders among them.

    Files below ``root`` are named relative to it.
    Raises ExpectationError, which names the place, for what cannot be read, and for a line whose
    tests another one skips.
    """
    lines = tuple(line for file in expectation_files(paths) for line in _read(file, root))
    skips = [line for line in lines if line.used.kind is LineKind.SKIPS]
    for line in lines:
        if line.used.kind is not LineKind.SKIPS:
            _require_run(line, skips)
    return lines


def _require_run(line: ExpectationLine, skips: Sequence[ExpectationLine]) -> None:
    for skip in skips:
        # A pattern that fits another one fits all that this names.
        if skip.names.fit(line.names.pattern) and skip.of_all_servers_of(line):
            raise ExpectationError(
                f"{line.used.place}: expected tests that are run, got some that "
                f"{skip.used.place} skips; delete one of both lines"
            )


def expectation_files(paths: Sequence[Path]) -> tuple[Path, ...]:
    """The files that ``paths`` name, and those in the folders among them.

    Raises ExpectationError for a path or a folder without any.
    """
    return tuple(file for path in paths for file in _files(path))


def _files(path: Path) -> list[Path]:
    if not os.path.lexists(path):
        raise ExpectationError(
            f"{path}: expected expectations, got none: {os.strerror(ENOENT)}; name a file or a "
            f"folder"
        )
    if not path.is_dir():
        return [path]
    found = sorted(path.glob("*.txt"))
    if not found:
        raise ExpectationError(
            f"{path}: expected files such as xvfb-fails.txt in this folder, got none; "
            f"name another folder, or leave it out"
        )
    return found


def _read(path: Path, root: Path | None) -> Iterator[ExpectationLine]:
    kind = kind_of(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = error.object[: error.start].count(b"\n") + 1
        raise ExpectationError(
            f"{path}:{number}: expected text in UTF-8, got {error.object[error.start]:#04x}"
        ) from None
    except OSError as error:
        raise ExpectationError(
            f"{path}: expected expectations, got none: {error.strerror}; name a file or a folder"
        ) from None
    below = root is not None and path.is_relative_to(root)
    shown = path.relative_to(root).as_posix() if root is not None and below else str(path)
    reader = _Reader(shown, kind)
    for number, line in enumerate(text.split("\n"), 1):
        yield from reader.take(number, line.rstrip("\r"))
    yield from reader.end()


def kind_of(path: Path) -> LineKind:
    """What becomes of the tests of a file, by its name.  Raises ExpectationError for another."""
    named = _NAME.fullmatch(path.name)
    if named is None:
        raise ExpectationError(
            f"{path}: expected a name that ends in {', '.join(f'{one}.txt' for one in LineKind)}, "
            f"which says what becomes of the tests; rename the file"
        )
    return LineKind(named[1])


@dataclass(slots=True)
class _Group:
    """Lines without an empty one between them: comments, keys, tests."""

    comments: list[str] = field(default_factory=list)
    keys: _Keys = field(default_factory=dict)
    tests: list[tuple[int, str]] = field(default_factory=list)
    begins: int = 0


class _Reader:
    """Takes the lines of one file, and gives those of a group when it is over."""

    def __init__(self, file: str, kind: LineKind) -> None:
        self._file = file
        self._kind = kind
        self._group = _Group()
        self._whole: _Keys = {}
        self._seen: dict[tuple[str, str], int] = {}
        self._any = False

    def take(self, number: int, line: str) -> Iterator[ExpectationLine]:
        """Read a line; what is over when it begins.  Raises ExpectationError."""
        words, group = line.strip(), self._group
        if not words:
            yield from self.end()
            return
        if words.startswith("#"):
            if group.tests:
                # The next group stands directly below.
                yield from self.end()
            self._group.comments.append(words.lstrip("#").strip())
            return
        group.begins = group.begins or number
        if key := _KEY.fullmatch(words):
            if group.tests:
                self._refuse(number, f"{key[1]}: above the tests of its group", "it below them")
            if key[1] in group.keys:
                self._refuse(number, f"{key[1]}: once in a group", "it again")
            group.keys[key[1]] = self._value(number, key[1], key[2])
        else:
            group.tests.append((number, line))

    def end(self) -> Iterator[ExpectationLine]:
        """The lines of the group that is over.  Raises ExpectationError."""
        group, self._group = self._group, _Group()
        if group.tests:
            self._any = True
            reference = self._reference(group)
            keys = self._whole | group.keys
            for number, text in group.tests:
                yield self._line(number, text, reference, keys)
        elif group.keys and (self._any or self._whole):
            self._refuse(
                group.begins,
                "keys of the whole file in its first group, or above tests",
                f"{next(iter(group.keys))}: alone",
            )
        elif group.keys:
            self._whole = group.keys

    def _line(self, number: int, text: str, reference: str, keys: _Keys) -> ExpectationLine:
        try:
            names, evidence = parse_line(text, self._kind)
        except ExpectationError as error:
            raise ExpectationError(f"{self._file}:{number}: {error}") from None
        said = " ".join(text.split()), repr(keys)
        if before := self._seen.get(said):
            self._refuse(number, "each line once", f"what line {before} says; delete one of them")
        self._seen[said] = number
        bug = KnownBug(
            reference=reference,
            servers=tuple(keys.get("servers", {})),
            since=keys.get("vendors", {}) | keys.get("since", {}),
            fixed=keys.get("fixed", {}),
            evidence=evidence or (),
            strict=False,
        )
        named = [name.partition("@")[0] for name in names.servers]
        used = UsedLine(
            file=self._file,
            line=number,
            text=text.strip(),
            kind=self._kind,
            servers=bug.servers or tuple(named or map(str, DEFAULT_KINDS)),
        )
        return ExpectationLine(used, names, bug)

    def _reference(self, group: _Group) -> str:
        """The comments of ``group`` in one line, which must have a reason and a link."""
        for word in (REASON, LINK):
            if word in group.comments:
                self._refuse(
                    group.begins,
                    "a reason and a link above these tests",
                    f"{word!r} as it was suggested; write behind it why, and where that is "
                    f"reported",
                )
        said = (line.removeprefix(REASON).removeprefix(LINK).strip() for line in group.comments)
        comment = " ".join(filter(None, said))
        if not link_of(comment):
            self._refuse(
                group.begins,
                "a link in the lines above that begin with #: https://..., CVE-..., "
                "or 'xserver commit ...'",
                repr(comment) if comment else "no such line",
            )
        if not re.search(r"\w", without_link(comment)):
            self._refuse(
                group.begins,
                "a reason beside the link in the lines above that begin with #",
                repr(comment),
            )
        return comment

    def _value(self, number: int, key: str, text: str) -> dict[str, str]:
        """What a key says."""
        words = [word.strip() for word in text.split(",")]
        if key not in _KEYS:
            self._refuse(number, f"one of {', '.join(f'{one}:' for one in _KEYS)}", f"{key}:")
        if key in ("servers", "vendors"):
            known = list(map(str, ServerKind if key == "servers" else Vendor))
            for word in words:
                if word not in known:
                    self._refuse(number, f"{key}: some of {', '.join(known)}", repr(word))
            return dict.fromkeys(words, "0")
        return dict(self._bound(number, key, word) for word in words)

    def _bound(self, number: int, key: str, words: str) -> tuple[str, str]:
        vendor, _, version = words.rpartition(" ")
        try:
            parse_version(version)
        except HarnessError:
            vendor = ""
        if vendor not in set(Vendor):
            self._refuse(
                number,
                f"{key}: vendors with a version, such as '{key}: X.Org 21.1.7, XLibre 25' "
                f"({', '.join(Vendor)})",
                repr(words),
            )
        return vendor, version

    def _refuse(self, number: int, expected: str, got: str) -> NoReturn:
        raise ExpectationError(f"{self._file}:{number}: expected {expected}, got {got}")
