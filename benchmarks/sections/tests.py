# SPDX-License-Identifier: MIT
"""The cost of a test that gets a fresh server of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measure import Run, Section, Variant
from benchmarks.sessions import PLUGIN, session, session_folder

AIM = 0.36
REUSED_AIM = 0.08
OURS = (*PLUGIN, "--server", "xvfb")
FRESH = (*OURS, "--servers=fresh")

TESTS = """\
import pytest
from benchmarks.yardsticks.default_server import default_server


@pytest.fixture
def default():
    with default_server() as number:
        yield number


@pytest.mark.parametrize("number", range({count}))
def test_that_needs(number{needs}):
    pass
"""


@contextmanager
def section(quick: bool) -> Iterator[Section]:
    """Empty tests that ask for our fixtures, against a default Xvfb started for each."""
    few, many = (2, 6) if quick else (10, 70)
    needs = {"default": ", default", "server": ", server", "presenter": ", presenter", "none": ""}
    files = {
        f"test_{name}_{count}.py": TESTS.format(count=count, needs=text)
        for name, text in needs.items()
        for count in (few, many)
    }
    with session_folder(files) as folder:

        def cost(name: str, *arguments: str) -> Run:
            return _marginal(folder, name, few, many, arguments)

        yield Section(
            f"what one more test costs a session: (wall of {many} tests - wall of {few}) / "
            f"{many - few}",
            [
                Variant("a default Xvfb per test, by Popen", cost("default")),
                Variant("xharness, server", cost("server", *FRESH), AIM),
                Variant("xharness, presenter", cost("presenter", *FRESH), AIM),
                Variant(
                    "xharness, presenter, servers that serve on",
                    cost("presenter", *OURS),
                    REUSED_AIM,
                ),
                Variant("no server: what pytest costs", cost("none")),
            ],
            rounds=7,
            notes=["servers are started ahead while a test runs; these tests do nothing meanwhile"],
        )


def _marginal(folder: Path, name: str, few: int, many: int, arguments: tuple[str, ...]) -> Run:
    def run() -> float:
        walls = {
            count: session(folder, [f"test_{name}_{count}.py", *arguments]) for count in (few, many)
        }
        return (walls[many] - walls[few]) / (many - few) * 1000

    return run
