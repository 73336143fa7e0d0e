# SPDX-License-Identifier: MIT
"""What a bisection is to find, as a value and as a file: each step of git reads it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from harness.goldens.files import replace_file
from harness.nightly.sessions.failure import FailureSignature
from harness.nightly.sessions.session import Suites
from harness.results.codec import ShapeError, decode, encode, line_of
from harness.results.file_format import RunFileError, check_header, read_text

_FORMAT = "xharness-bisection"
_VERSION = 1


class BadIf(StrEnum):
    """Which runs of a commit make it a bad one."""

    ANY = "any"
    """One that shows the failure: it comes now and then where it is."""
    ALL = "all"
    """All show it: now and then it comes where it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BisectQuestion:
    """Between which commits of ``repository`` which failure came.

    ``good`` and ``bad`` are full names of commits.  ``preset``, ``options`` and ``kind`` say how a
    server is built, and which one.  Either ``tests`` of ``suites`` are run, with the random order
    of ``seed``; or ``script``, which gets the server with ``arguments`` and ends with 0, 1 or 125.
    ``failures`` are those to look for; none stands for what ``bad`` shows.  ``runs`` is how often
    a commit is tried, 0 for as often as the measured rate needs.  ``seconds`` (s) is the longest
    time of one run.
    """

    repository: str
    good: str
    bad: str
    preset: str = "plain"
    options: Mapping[str, str] = field(default_factory=dict)
    kind: str = "xvfb"
    suites: Suites
    tests: tuple[str, ...] = ()
    seed: str = ""
    script: str = ""
    arguments: tuple[str, ...] = ()
    failures: tuple[FailureSignature, ...] = ()
    runs: int = 0
    bad_if: BadIf = BadIf.ANY
    seconds: float = 300.0

    @property
    def name(self) -> str:
        """The same for the same question: the folder in which a bisection goes on."""
        digest = hashlib.sha256(line_of(encode(self))).hexdigest()[:8]
        return f"{self.good[:8]}-{self.bad[:8]}-{digest}"


def write_question(path: Path, question: BisectQuestion) -> None:
    """Put the question into ``path``.  Raises OSError."""
    members = {"format": _FORMAT, "version": _VERSION, **encode(question)}
    replace_file(path, json.dumps(members, indent=2).encode() + b"\n")


def read_question(path: Path) -> BisectQuestion:
    """The question in ``path``.  Raises RunFileError for a file that has none."""
    try:
        members = json.loads(read_text(path))
        check_header(members, path, _FORMAT, _VERSION)
        question: BisectQuestion = decode(BisectQuestion, members)
    except (ValueError, ShapeError) as error:
        raise RunFileError(f"{path}: {error}; delete the folder, and bisect again") from None
    return question
