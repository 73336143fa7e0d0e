# SPDX-License-Identifier: MIT
"""What one session found: the run, its servers, the verdict on each test."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """The verdict on one test on one server."""

    PASSED = "passed"
    FAILED = "failed"
    """An assertion, a deadline or an error of the protocol."""
    CRASHED = "crashed"
    HUNG = "hung"
    GOLDEN = "golden mismatch"
    """A frame is not its golden's, in pixels or in size, or has none yet."""
    RULE = "rule violated"
    LEFT_BEHIND = "state left behind"
    SANITIZER = "sanitizer report"
    ERROR = "error"
    """The set-up or the teardown failed for a reason of the harness or of its machine."""
    EXPECTED = "expected failure"
    UNEXPECTED_PASS = "unexpected pass"
    SKIPPED = "skipped"
    FLAKY = "flaky"
    """It failed, and passed on a fresh server at once; or a flakes file names its failure."""
    NOT_FINISHED = "not finished"
    """The session ended, or its worker died, during the test."""

    @property
    def bad(self) -> bool:
        """Whether it speaks against the server or the harness."""
        return self in _BAD


_BAD = frozenset(Outcome) - {
    Outcome.PASSED,
    Outcome.EXPECTED,
    Outcome.UNEXPECTED_PASS,
    Outcome.SKIPPED,
    Outcome.FLAKY,
}


class Ended(StrEnum):
    """How a session came to its end."""

    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    """By Ctrl-C, SIGTERM, or ``-x`` and ``--maxfail``."""
    BROKEN_OFF = "broken off"
    """Its process ended without a word: only the journal of its tests is there."""


class CauseKind(StrEnum):
    """What an outcome is grouped by."""

    RULE = "rule"
    GOLDEN = "golden"
    BUG = "known bug"
    NEED = "need"
    EXCEPTION = "exception"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a test did not simply pass: tests of the same ``kind`` and ``name`` are one group.

    ``name`` is the rule, the golden's key, the bug, the need in words, or the exception's class;
    ``reference`` links to more (the rule's clause, the bug's report), empty when there is none.
    """

    kind: CauseKind
    name: str
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerIdentity:
    """A judged server.

    ``name`` is what test names carry (``xvfb``, ``xvfb@sid``, ``display``), ``kind`` the program,
    empty when it is unknown; ``version`` is in words and of the line of ``vendor``.  ``package``
    is the package with its version, ``commit`` what the program says it was built from; both are
    empty when they are unknown.  ``options`` are those of meson, of a build that xharness made.
    """

    name: str
    kind: str = ""
    vendor: str = ""
    version: str = ""
    release_number: int = 0
    package: str = ""
    commit: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    program: str = ""
    wrapper: str = ""
    sanitizers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameResult:
    """One check of a frame against its golden.

    ``golden`` is its key below the golden folder, ``name`` the test's name for it, ``verdict`` one
    of ``match``, ``mismatch``, ``size-changed``, ``missing``; ``size`` is (width, height) of what
    was captured.  ``box`` is (x, y, width, height) of the differing pixels, ``worst`` the largest
    difference in words, ``limit`` the tolerance in words, empty for an exact comparison.
    ``pictures`` maps ``expected``, ``actual`` and ``difference`` to files, relative to the folder
    of the run, with slashes; a frame that matches has none.  ``digest`` is that of the captured
    pixels, as the golden's description has it, and empty for one that matches exactly;
    ``expected`` that of the golden which a wrong one was compared with.  ``steady`` is false where
    another capture at once showed something else.
    """

    name: str
    golden: str
    verdict: str
    depth: int = 0
    size: tuple[int, int] = (0, 0)
    total: int = 0
    differing: int = 0
    tolerated: int = 0
    box: tuple[int, int, int, int] | None = None
    worst: str = ""
    limit: str = ""
    text: str = ""
    saved: bool = False
    digest: str = ""
    expected: str = ""
    steady: bool = True
    pictures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """How long (s) the parts of a test took."""

    setup: float = 0.0
    call: float = 0.0
    teardown: float = 0.0

    @property
    def whole(self) -> float:
        return self.setup + self.call + self.teardown


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One run of a test of which a session has several: after the first each has a fresh server.

    ``files`` are those of a TestResult, of this attempt alone.
    """

    outcome: Outcome
    cause: Cause | None = None
    message: str = ""
    durations: Durations = field(default_factory=Durations)
    files: Mapping[str, str] = field(default_factory=dict)


class LineKind(StrEnum):
    """What a file of expectations says of the tests that it names."""

    FAILS = "fails"
    FLAKES = "flakes"
    SKIPS = "skips"


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedLine:
    """A line of an expectation file that a session used.

    ``line`` counts from 1, ``text`` is the line as it stands there.  ``servers`` are the kinds of
    server for which it is meant, all those that are judged by default where it names none.
    ``tests`` is how many of the collected tests it names, None where the session did not collect
    all that it may name.
    """

    file: str
    line: int
    text: str
    kind: LineKind
    servers: tuple[str, ...] = ()
    tests: int | None = None

    @property
    def place(self) -> str:
        """``FILE:LINE``, as a TestResult has it."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """The verdict on one test on one server.

    ``id`` is pytest's node id; ``server`` names one of the run's servers, empty for a test without.
    ``message`` is the failure in words, or the reason of a skip.  ``assertions`` are the ids that
    the test's docstring names (``PRE-017``).  ``bugs`` are the references of the known bugs that
    the test has, whether they apply or not.  ``expectations`` are the places (``FILE:LINE``) of the
    lines of expectation files that hold for it on its server.  ``files`` maps ``timeline``,
    ``trace``, ``log``, ``sanitizer`` and others to files relative to the folder of the run, with
    slashes.
    ``observations`` maps what the test observed to its value in words.  ``command`` repeats it.
    ``started`` is in seconds since the run began, ``worker`` the process of pytest-xdist.
    ``attempts`` has every run of a test that ran again, in order; the rest is what the failed one
    says, the last one if both failed.
    """

    # pytest would take a class of this name in a test module for a group of tests.
    __test__ = False

    id: str
    server: str = ""
    outcome: Outcome
    cause: Cause | None = None
    message: str = ""
    durations: Durations = field(default_factory=Durations)
    started: float = 0.0
    worker: str = ""
    assertions: tuple[str, ...] = ()
    bugs: tuple[str, ...] = ()
    expectations: tuple[str, ...] = ()
    frames: tuple[FrameResult, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    observations: Mapping[str, str] = field(default_factory=dict)
    command: str = ""
    attempts: tuple[Attempt, ...] = ()

    @property
    def judged(self) -> bool:
        """Whether it came to an end that says something of the server."""
        return self.outcome not in (Outcome.SKIPPED, Outcome.NOT_FINISHED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardIdentity:
    """Which part of a suite a run is: shards ``numbers`` (from 1) of ``of``.

    ``suite`` is a digest of the ids of all ``tests`` of the suite, ``plan`` one of which shard each
    of them is in: shards of one suite have the same of both.  ``servers`` are those that the
    session was to judge by name.
    """

    numbers: tuple[int, ...]
    of: int
    tests: int
    suite: str
    plan: str
    servers: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether it is all of the suite."""
        return len(self.numbers) == self.of

    def __str__(self) -> str:
        return f"{', '.join(map(str, self.numbers))}/{self.of}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """All that one session found.

    ``id`` tells it from all others: the name of its results folder, or one of this form where the
    user has named the folder.  ``started`` is UTC as in RFC 3339, ``seconds`` its wall
    time.  ``complete`` says whether each collected test has a verdict.  ``command`` are the words
    it was started with, ``versions`` maps programs and libraries to their versions, ``machine``
    says what it ran on, ``packages`` has what is installed there with its version, by package
    manager (``python``, ``dpkg``, ``rpm``, ``pacman``).  ``suites`` says at which ``commit`` the
    tests stand, and whether they are ``changed`` beyond it.  ``seed`` is that of the random order.
    ``notes`` are what the session said beyond its tests, such as servers that ended badly after the
    last one.
    ``shards`` are the ids of the runs that it was merged from, ``shard`` says which part of a suite
    it is.  ``expectations`` are the lines of expectation files that it used.
    """

    id: str
    started: str
    seconds: float = 0.0
    complete: bool = True
    ended: Ended = Ended.FINISHED
    command: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    machine: Mapping[str, str] = field(default_factory=dict)
    packages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    suites: Mapping[str, str] = field(default_factory=dict)
    seed: str = ""
    notes: tuple[str, ...] = ()
    shards: tuple[str, ...] = ()
    expectations: tuple[UsedLine, ...] = ()
    shard: ShardIdentity | None = None
    servers: Mapping[str, ServerIdentity] = field(default_factory=dict)
    tests: tuple[TestResult, ...] = ()
