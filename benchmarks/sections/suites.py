# SPDX-License-Identifier: MIT
"""The work of judging X servers by our suites: the tests' processes and all servers they start."""

import resource
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.common_tests import Session, all_tests, common_tests
from benchmarks.measure import Run, Section, Variant
from benchmarks.sessions import ROOT
from harness.inputs import variable

AIM = 0.4
WALL_AIM = 0.45
SAME_ORDER = ("-p", "no:randomly")
BASELINE = "XHARNESS_BASELINE"
"""Names a checkout of another version, set up, to be the yardstick."""
MISSING = f"another version: {BASELINE} names no checkout of one"


@contextmanager
def section(quick: bool) -> Iterator[Section]:
    """Servers that serve on against a fresh one for each test; another version if it is given."""
    tests = "suites/present/test_version.py" if quick else "suites/"
    ours = [tests, "--server", "xvfb", *SAME_ORDER]
    fresh, reused = [*ours, "--servers=fresh"], [*ours, "--servers=reused"]
    title = f"pytest {tests} --server xvfb: processor time of the session and its servers"
    if not (other := variable(BASELINE)):
        variants = [
            Variant("a fresh server for each test", processor_time(ROOT, fresh)),
            Variant("servers that serve on", processor_time(ROOT, reused), AIM),
        ]
        yield Section(title, variants, rounds=3, unit="s", missing=(MISSING,))
        return
    with common_tests((Path(other), ROOT), ours) as (run, count):
        variants = [
            Variant(f"the version in {other}", processor_time(Path(other), ours, run)),
            Variant("a fresh server for each test", processor_time(ROOT, fresh, run)),
            Variant("servers that serve on", processor_time(ROOT, reused, run), AIM),
        ]
        yield Section(title, variants, rounds=3, unit="s", notes=[_same(count)])


@contextmanager
def wall_section(quick: bool) -> Iterator[Section]:
    """Five kinds of servers by two workers, against another version; by one if none is given."""
    tests = "suites/present/test_version.py" if quick else "suites/"
    ours = [tests, *SAME_ORDER]
    two = [*ours, "-n", "2"]
    title = f"pytest {tests} on five kinds of servers: wall time"
    if not (other := variable(BASELINE)):
        variants = [
            Variant("one process", lambda: all_tests(ROOT, ours)),
            Variant("two workers", lambda: all_tests(ROOT, two)),
        ]
        yield Section(title, variants, rounds=1, unit="s", missing=(MISSING,))
        return
    with common_tests((Path(other), ROOT), ours) as (run, count):
        variants = [
            Variant(f"the version in {other}", lambda: run(Path(other), two)),
            Variant("two workers", lambda: run(ROOT, two), WALL_AIM),
        ]
        yield Section(title, variants, rounds=1, unit="s", notes=[_same(count)])


def processor_time(checkout: Path, arguments: Sequence[str], run: Session = all_tests) -> Run:
    """What a session of ``checkout`` costs (s), with all that it starts."""

    def cost() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run(checkout, arguments)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return cost


def _same(count: int) -> str:
    return f"all run the {count} tests that both versions have"
