# SPDX-License-Identifier: MIT
"""Whether the memory of a session grows with the number of its tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measure import Run, Section, Variant
from benchmarks.sessions import PLUGIN, session, session_folder

AIM = 1.05
OURS = (*PLUGIN, "--server", "xvfb", "--servers=fresh")

WATCH = """\
from pathlib import Path

done = 0


def pytest_runtest_logfinish():
    global done
    done += 1
    if done in {counts}:
        status = Path("/proc/self/status").read_text()
        Path(f"rss-{{done}}").write_text(status.partition("VmRSS:")[2].split()[0])
"""

NOTHING = """\
import pytest


@pytest.mark.parametrize("number", range({count}))
def test_nothing(number):
    pass
"""

PRESENTING = """\
import pytest


@pytest.mark.xserver(fps=600)
@pytest.mark.parametrize("number", range({count}))
def test_presenting(presenter, number):
    window = presenter.window(64, 64)
    pixmap = window.pixmap("red")
    for _ in range(5):
        window.present(pixmap).wait_complete()
"""


@contextmanager
def section(quick: bool) -> Iterator[Section]:
    """Sessions whose tests present five frames each, and whose tests do nothing."""
    few, many = (5, 25) if quick else (200, 1000)
    watch = {"conftest.py": WATCH.format(counts=(few, many))}
    with (
        session_folder(watch | {"test_it.py": PRESENTING.format(count=many)}) as presenting,
        session_folder(watch | {"test_it.py": NOTHING.format(count=many)}) as nothing,
    ):
        ours, bare = _Resident(presenting, OURS), _Resident(nothing, ())
        yield Section(
            f"resident memory of one session after {few} and after {many} of its tests",
            [
                Variant(f"xharness, after {few} tests", ours.after(few)),
                Variant(f"xharness, after {many} tests", ours.after(many), AIM),
                Variant(f"pytest alone, after {few} tests", bare.after(few)),
                Variant(
                    f"pytest alone, after {many} tests",
                    bare.after(many),
                    against=f"pytest alone, after {few} tests",
                ),
            ],
            rounds=3,
            unit="MB",
            notes=["pytest keeps a report of every test, which is the growth of its rows"],
        )


class _Resident:
    """The memory of a session at several moments; each session gives every one once."""

    def __init__(self, folder: Path, arguments: tuple[str, ...]) -> None:
        self._folder = folder
        self._arguments = arguments

    def after(self, count: int) -> Run:
        """Megabytes after ``count`` tests."""
        file = self._folder / f"rss-{count}"

        def run() -> float:
            if not file.exists():
                session(self._folder, self._arguments)
            kilobytes = int(file.read_text())
            file.unlink()
            return kilobytes / 1024

        return run
