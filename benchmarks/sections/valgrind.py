# SPDX-License-Identifier: MIT
"""The time that tests take whose servers run under valgrind."""

import shlex
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measure import Run, Section, Variant
from benchmarks.sections.suites import BASELINE, SAME_ORDER
from benchmarks.sessions import ROOT, session
from harness.inputs import variable
from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind

AIM = 0.25
SUPPRESSIONS = [
    f"--suppressions={ROOT}/tools/suppressions/{name}.supp"
    for name in ("valgrind", "valgrind-stripped")
]
COMMAND = ["valgrind", "-q", "--error-exitcode=99", *SUPPRESSIONS]


@contextmanager
def section(quick: bool) -> Iterator[Section]:
    """Servers that serve on against a fresh one for each test; another version if it is given."""
    tests = ["suites/present/test_complete.py", "suites/composite/test_grab.py"]
    if quick:
        tests = [f"{tests[0]}::test_damage_is_reported_before_idle"]
    ours = [*tests, "--server=xvfb", f"--server-wrapper={shlex.join(COMMAND)}", *SAME_ORDER]
    variants = [
        Variant("a fresh server for each test", _wall(ROOT, [*ours, "--servers=fresh"])),
        Variant("servers that serve on", _wall(ROOT, [*ours, "--servers=reused"]), AIM),
    ]
    with tempfile.TemporaryDirectory(prefix="xharness-") as folder:
        script = Path(folder) / "Xvfb"
        server = find_on_path(ServerKind.XVFB).path
        script.write_text(f'#!/bin/sh\nexec {shlex.join(COMMAND)} {server} "$@"\n')
        script.chmod(0o755)
        if other := variable(BASELINE):
            theirs = [*tests, f"--server-path={script}", *SAME_ORDER]
            variants.insert(0, Variant(f"the version in {other}", _wall(Path(other), theirs)))
        yield Section(
            "tests of Present and Composite on Xvfb under valgrind: wall time",
            variants,
            rounds=3,
            unit="s",
            missing=() if other else (f"another version: {BASELINE} names no checkout of one",),
        )


def _wall(checkout: Path, arguments: list[str]) -> Run:
    def run() -> float:
        return session(checkout, arguments, autoload=True, checkout=checkout)

    return run
