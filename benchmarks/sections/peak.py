# SPDX-License-Identifier: MIT
"""How much memory a session and its servers hold at once, at most."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.measure import Run, Section, Variant
from benchmarks.sections.suites import BASELINE, SAME_ORDER
from benchmarks.sessions import ROOT, session
from harness.inputs import variable

AIM = 1.0
PAUSE_SECONDS = 0.05
"""Between two looks at all processes."""


@contextmanager
def section(quick: bool) -> Iterator[Section]:
    """Servers that serve on against a fresh one for each test; another version if it is given."""
    tests = "suites/present/test_version.py" if quick else "suites/"
    ours = [tests, "--server", "xvfb", *SAME_ORDER]
    variants = [
        Variant("a fresh server for each test", _peak(ROOT, [*ours, "--servers=fresh"])),
        Variant("servers that serve on", _peak(ROOT, [*ours, "--servers=reused"]), AIM),
    ]
    if other := variable(BASELINE):
        variants.insert(0, Variant(f"the version in {other}", _peak(Path(other), ours)))
    yield Section(
        f"pytest {tests} --server xvfb: the most memory that the session and its servers held",
        variants,
        rounds=1,
        unit="MB",
        missing=() if other else (f"another version: {BASELINE} names no checkout of one",),
        notes=[
            f"proportional set sizes, read every {PAUSE_SECONDS * 1000:.0f} ms: what processes "
            "share counts once"
        ],
    )


def _peak(checkout: Path, arguments: list[str]) -> Run:
    def run() -> float:
        with _watched() as most:
            session(checkout, arguments, autoload=True, checkout=checkout)
        return max(most) / 1024

    return run


@contextmanager
def _watched() -> Iterator[list[int]]:
    """The memory of all processes that this one starts meanwhile (KiB), look by look."""
    over, looks = threading.Event(), list[int]()

    def look() -> None:
        while not over.wait(PAUSE_SECONDS):
            looks.append(sum(map(_memory, _descendants())))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield looks
    finally:
        over.set()
        thread.join()


def _memory(process: int) -> int:
    """The proportional set size of ``process``; 0 when it has ended."""
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8")
    except OSError:
        return 0
    return int(text.partition("\nPss:")[2].split()[0]) if "\nPss:" in text else 0


def _descendants() -> list[int]:
    """The processes that this one has started, and those that they have."""
    found = [os.getpid()]
    for process in found:
        with suppress(OSError):
            for tasks in Path(f"/proc/{process}/task").iterdir():
                found += map(int, (tasks / "children").read_text(encoding="ascii").split())
    return found[1:]
