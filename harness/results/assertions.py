# SPDX-License-Identifier: MIT
"""The table of assertions: what servers are held to, as docs/assertions/*.toml say it."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.errors import HarnessError

IDENTIFIER = re.compile(r"\b[A-Z]{3}-\d{3}\b")
STATUS = re.compile(r"[LSVFTD]+!?V?")


class AssertionTableError(HarnessError):
    """A file is no table of assertions; the text names the file."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """One thing that a server must do.  ``why`` says why no test covers it."""

    identifier: str
    status: str
    says: str
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """Assertions about one topic."""

    title: str
    assertions: tuple[Assertion, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """All assertions about one extension: one file of docs/assertions."""

    title: str
    topics: tuple[Topic, ...]

    @property
    def assertions(self) -> list[Assertion]:
        return [assertion for topic in self.topics for assertion in topic.assertions]


def read_part(path: Path) -> Part:
    """The assertions in one file.  Raises AssertionTableError when it is malformed."""
    try:
        with path.open("rb") as file:
            tables = tomllib.load(file)
        return Part(
            title=tables.pop("title"),
            topics=tuple(
                Topic(title, tuple(_assertion(*entry) for entry in entries.items()))
                for title, entries in tables.items()
            ),
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise AssertionTableError(f"{path} is no table of assertions: {error!r}") from error


def _assertion(identifier: str, fields: Mapping[str, str]) -> Assertion:
    assertion = Assertion(identifier, **fields)
    if not IDENTIFIER.fullmatch(identifier):
        raise TypeError(f"{identifier!r} is no id such as PRE-017")
    if not STATUS.fullmatch(assertion.status):
        raise TypeError(f"{identifier} has the unknown status {assertion.status!r}")
    return assertion


def read_parts(folder: Path) -> list[Part]:
    """Every part, ordered by file name."""
    return [read_part(path) for path in sorted(folder.glob("*.toml"))]
