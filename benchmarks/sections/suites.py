# SPDX-License-Identifier: MIT
"""The work of judging Xvfb by our suites: the tests' process and all servers that it starts."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measure import Run, Section, Variant
from benchmarks.sessions import ROOT, session
from harness.inputs import variable

AIM = 0.4
SAME_ORDER = ("-p", "no:randomly")
BASELINE = "XHARNESS_BASELINE"
"""Names a checkout of another version, set up, to be the yardstick."""


@contextmanager
def section(quick: bool) -> Iterator[Section]:
    """Servers that serve on against a fresh one for each test; another version if it is given."""
    tests = "suites/present/test_version.py" if quick else "suites/"
    ours = [tests, "--server", "xvfb", *SAME_ORDER]
    variants = [
        Variant("a fresh server for each test", processor_time(ROOT, [*ours, "--servers=fresh"])),
        Variant("servers that serve on", processor_time(ROOT, [*ours, "--servers=reused"]), AIM),
    ]
    if other := variable(BASELINE):
        variants.insert(0, Variant(f"the version in {other}", processor_time(Path(other), ours)))
    yield Section(
        f"pytest {tests} --server xvfb: processor time of the session and its servers",
        variants,
        rounds=3,
        unit="s",
        missing=() if other else (f"another version: {BASELINE} names no checkout of one",),
    )


def processor_time(checkout: Path, arguments: list[str]) -> Run:
    """What a session of ``checkout`` costs (s), with all that it starts."""

    def run() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        session(checkout, arguments, autoload=True, checkout=checkout)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return run
