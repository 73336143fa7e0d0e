# SPDX-License-Identifier: MIT
"""A session does not hold on to what its tests recorded."""

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

TESTS = """\
import pytest


@pytest.mark.parametrize("number", range(3))
def test_that_records(presenter, number):
    presenter.window(8, 8)
    assert number != 1
"""


def test_timelines_go_with_their_tests(tmp_path: Path) -> None:
    """When a session ends, all timelines are gone, also that of a test that failed."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (tmp_path / "conftest.py").write_text(COUNT, encoding="utf-8")
    (tmp_path / "test_it.py").write_text(TESTS, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "harness.fixtures.plugin", "--server", "xvfb"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "2 passed" in done.stdout, done.stdout
    assert (tmp_path / "alive").read_text(encoding="utf-8") == "3 tests, 0 timelines"
