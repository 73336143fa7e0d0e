# SPDX-License-Identifier: MIT
"""What a session keeps and prepares from one test to the next."""

import os
import subprocess
import sys
from pathlib import Path

from harness.timeline.record import Timeline

ROOT = Path(__file__).resolve().parent.parent

COUNT = f"""\
import gc
from pathlib import Path


def pytest_sessionfinish(session):
    gc.collect()
    alive = sum(type(thing).__name__ == "{Timeline.__name__}" for thing in gc.get_objects())
    Path("alive").write_text(f"{{session.testscollected}} tests, {{alive}} timelines")
"""

RECORDING = """\
import pytest


@pytest.mark.parametrize("number", range(3))
def test_that_records(presenter, number):
    presenter.window(8, 8)
    assert number != 1
"""

WAITING = """\
import pytest
from harness.fixtures import stash


@pytest.mark.parametrize("number", range(4))
def test_that_waits(server, request, number):
    pool = request.config.stash[stash.PROVIDER]._pool
    with pool._changed:
        assert pool._changed.wait_for(lambda: number == 3 or pool._idle, 20)
"""


def run_session(folder: Path, tests: str) -> str:
    """What pytest prints about these tests on Xvfb."""
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (folder / "test_it.py").write_text(tests, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "harness.fixtures.plugin", "--server", "xvfb"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    return done.stdout + done.stderr


def test_timelines_go_with_their_tests(tmp_path: Path) -> None:
    """When a session ends, all timelines are gone, also that of a test that failed."""
    (tmp_path / "conftest.py").write_text(COUNT, encoding="utf-8")
    printed = run_session(tmp_path, RECORDING)
    assert "2 passed" in printed, printed
    assert (tmp_path / "alive").read_text(encoding="utf-8") == "3 tests, 0 timelines"


def test_the_next_server_starts_while_a_test_runs(tmp_path: Path) -> None:
    """A test that lasts finds the server of its successor started, from the first test on."""
    printed = run_session(tmp_path, WAITING)
    assert "4 passed" in printed, printed
