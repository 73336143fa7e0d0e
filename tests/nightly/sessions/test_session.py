# SPDX-License-Identifier: MIT
"""Sessions of pytest as processes: their results, and what happens without any."""

import select
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.nightly.sessions.server_options import ServerOptions
from harness.nightly.sessions.session import (
    SessionFailed,
    Suites,
    end_sessions,
    run_session,
)
from harness.results.run import Outcome

XVFB = ServerOptions("xvfb", ("--server", "xvfb"))

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def suites(tmp_path):
    """Three tests: one passes, one fails, one has no end."""
    folder = tmp_path / "suites"
    folder.mkdir()
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_a.py").write_text(
        "import select\n\n"
        "def test_passes(server): assert server\n\n"
        "def test_fails(server): assert not server\n\n"
        "def test_hangs(server): select.select([], [], [], 1000)\n"
    )
    return Suites(str(folder))


def run(suites, tmp_path, *tests, seconds=200.0):
    return run_session(suites, tests, XVFB, tmp_path / "results", seconds=seconds)


def test_a_session_leaves_its_results(suites, tmp_path):
    """Those of the tests that these suites have; the others are left out."""
    names = ["passes", "fails", "is_new"]
    found = run(suites, tmp_path, *(f"test_a.py::test_{name}[xvfb]" for name in names), "test_b.py")
    outcomes = {test.id: test.outcome for test in found.tests}
    assert outcomes == {
        "test_a.py::test_passes[xvfb]": Outcome.PASSED,
        "test_a.py::test_fails[xvfb]": Outcome.FAILED,
    }


def test_a_session_without_end_is_ended(suites, tmp_path):
    """Its test is not finished."""
    (test,) = run(suites, tmp_path, "test_a.py::test_hangs", seconds=30.0).tests
    assert test.outcome is Outcome.NOT_FINISHED


def test_sessions_of_threads_can_be_ended(suites, tmp_path):
    """They come back with what there is."""
    with ThreadPoolExecutor(1) as threads:
        names = [f"test_a.py::test_{name}[xvfb]" for name in ("passes", "hangs")]
        found = threads.submit(run, suites, tmp_path, *names)
        # The file is there before the second one begins.
        journal, begun = tmp_path / "results/results.jsonl", f'"begins":{{"id":"{names[1]}"'
        while not found.done() and not (journal.exists() and begun in journal.read_text()):
            select.select([], [], [], 0.1)
        end_sessions()
    outcomes = [test.outcome for test in found.result().tests]
    assert outcomes == [Outcome.PASSED, Outcome.NOT_FINISHED]


def test_a_session_that_has_no_time_to_begin_says_so(suites, tmp_path):
    """It printed nothing that could say it."""
    with pytest.raises(SessionFailed, match=r"was ended after 0\.01 s, .*\(--seconds\)"):
        run(suites, tmp_path, "test_a.py::test_passes", seconds=0.01)


def test_suites_without_any_of_the_tests_say_so(suites, tmp_path):
    with pytest.raises(SessionFailed, match=r"has none of these tests: test_b\.py"):
        run(suites, tmp_path, "test_b.py::test_b[xvfb]")


def test_a_session_without_results_shows_what_it_printed(suites, tmp_path):
    (tmp_path / "suites/conftest.py").write_text("raise SystemExit('no such luck')\n")
    with pytest.raises(SessionFailed, match=r"left no results(.|\n)*no such luck"):
        run(suites, tmp_path, "test_a.py")
