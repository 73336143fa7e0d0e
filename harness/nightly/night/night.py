# SPDX-License-Identifier: MIT
"""``night.json``: the verdict on a night, as values and as a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from harness.nightly.night.files import read_value, write_value
from harness.results.comparing.flakes import FlakyTest

NAME = "night.json"
FORMAT = "xharness-night"


class BuildStatus(StrEnum):
    """What became of a build."""

    BUILT = "built"
    FAILED = "failed"
    MISSING = "missing"
    """Nothing is known of it: its job did not run, or died, or its artifact is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildVerdict:
    """A build of the night.

    ``stage`` is where it failed (fetch, configure, compile), ``reason`` why in words, ``log`` the
    file relative to the folder of the night.  ``kinds`` are its servers, ``lacks`` says of those
    that it should have and has not why.  ``preset``, ``options`` and ``wanted``, which are kinds,
    are its recipe, the other members those of its revision.
    """

    name: str
    status: BuildStatus
    repository: str = ""
    ref: str = ""
    commit: str = ""
    package: str = ""
    preset: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    wanted: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    lacks: Mapping[str, str] = field(default_factory=dict)
    stage: str = ""
    reason: str = ""
    log: str = ""
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        return self.status is BuildStatus.BUILT and not self.lacks


class JobStatus(StrEnum):
    """What became of a job."""

    JUDGED = "judged"
    NOT_BUILT = "not built"
    """Its server could not be built: that is the build's verdict."""
    MISSING = "missing"
    """It left nothing: it did not run, or its artifact is lost."""
    DIED = "died"
    """It left what it had found when its process ended."""
    UNUSABLE = "unusable"
    """What it left cannot be read here, or belongs to another night or other suites."""

    @property
    def lost(self) -> bool:
        """Whether verdicts of its tests are lost."""
        return self in (JobStatus.MISSING, JobStatus.DIED, JobStatus.UNUSABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobVerdict:
    """A job of the night: ``tests`` have a verdict, ``reason`` says in words what went wrong."""

    name: str
    status: JobStatus
    server: str = ""
    reason: str = ""
    run: str = ""
    tests: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GuiltyCommit:
    """The commit that a bisection found; ``candidates`` where some could not be built."""

    commit: str
    subject: str = ""
    author: str = ""
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NightFailure:
    """A test that failed against all expectations.

    ``since`` is the night in which it began to fail, ``nights`` counts those that saw it since.
    ``good`` is the last night in which it was good, empty where none is known.  ``verdict`` is that
    of the investigation (``product``), ``explanation`` in words; ``script`` a file that shows it,
    relative to the folder of the night.
    """

    test: str
    server: str
    outcome: str
    cause: str = ""
    message: str = ""
    since: str = ""
    nights: int = 1
    good: str = ""
    verdict: str = ""
    explanation: str = ""
    commit: GuiltyCommit | None = None
    script: str = ""

    @property
    def new(self) -> bool:
        return self.nights == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncovered:
    """Tests that every run of the night skipped for one reason.

    ``allowed`` and ``link`` say why that may be, empty where it is not allowed.
    """

    need: str
    tests: tuple[str, ...]
    allowed: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slower:
    """A test that took ``before`` seconds in the last good night and takes ``now``."""

    test: str
    before: float
    now: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """The verdict on a night.

    ``red`` are the reasons why it is not green, in words; ``notes`` what else is to be known.
    ``last_good`` is the last green night before it, empty where there is none.  ``stale``
    are lines of expectation files to delete, ``needless`` those that do no harm.  ``flakes`` are
    the tests that were flaky in this night, ``flakes_of_week`` counts those of seven days.
    """

    id: str
    started: str
    seconds: float = 0.0
    suites: str = ""
    red: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    last_good: str = ""
    builds: tuple[BuildVerdict, ...] = ()
    jobs: tuple[JobVerdict, ...] = ()
    counts: tuple[tuple[str, str], ...] = ()
    failures: tuple[NightFailure, ...] = ()
    flakes: tuple[FlakyTest, ...] = ()
    flakes_of_week: int = 0
    fixed: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    needless: tuple[str, ...] = ()
    uncovered: tuple[Uncovered, ...] = ()
    slower: tuple[Slower, ...] = ()

    @property
    def green(self) -> bool:
        return not self.red

    @property
    def new_failures(self) -> tuple[NightFailure, ...]:
        return tuple(one for one in self.failures if one.new)

    @property
    def old_failures(self) -> tuple[NightFailure, ...]:
        return tuple(one for one in self.failures if not one.new)


def write_night(folder: Path, night: Night) -> None:
    """Put the verdict into the folder of its night.  Raises OSError."""
    write_value(folder / NAME, FORMAT, night)


def read_night(folder: Path) -> Night:
    """The verdict on the night in ``folder``.  Raises RunFileError."""
    night: Night = read_value(folder / NAME, FORMAT, Night)
    return night
