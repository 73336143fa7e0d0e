# SPDX-License-Identifier: MIT
"""Repeated runs on a loaded machine: what differs is found, and nothing is left running."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Event

import psutil
import pytest

from harness.deadlines import Deadline
from tests.conftest import ROOT, environment
from tools.steady import differences, recorder, runner
from tools.steady.load import Load
from tools.steady.recorder import Outcome
from tools.steady.runner import Run, command

SECONDS = 100.0

FLAKY = """\
import pytest
from pathlib import Path

def times(name):
    path = Path(name)
    path.write_text(path.read_text() + "x" if path.exists() else "x")
    return len(path.read_text())

def test_steady():
    pass

def test_fails_once():
    assert times("failing") != 2

def test_skips_now_and_then(record_property):
    if times("skipping") % 2:
        pytest.skip("needs an even number")

@pytest.mark.parametrize("number", [1, 2])
def test_sees(record_property, number):
    record_property("observed: torn reads", str(times(f"seen{number}")))
    record_property("tried again", "late")

def test_is_too_slow(record_property):
    if times("slow") == 3:
        record_property("not tested", "the target had passed")
        pytest.skip("not tested: the target had passed")
"""

WAITING = """\
from pathlib import Path
from threading import Event

def test_fails():
    assert 0, "a failure worth keeping"

def test_waits():
    Path("waits").write_text("waiting")
    Event().wait(90)
"""


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """The tool, in ``folder``, with one process as load and no xdist."""
    return subprocess.Popen(
        [sys.executable, "-m", "tools.steady", "--load", "1", "--keep", "kept", *arguments],
        cwd=folder,
        env=environment({"PYTEST_DISABLE_PLUGIN_AUTOLOAD": ""}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def test_what_differs_is_printed_and_kept(tmp_path: Path) -> None:
    """Outcomes, skips, observations and numbers of tests, with the seeds; status 1."""
    (tmp_path / "test_it.py").write_text(FLAKY)
    process = start(tmp_path, "3", "test_it.py", "-n", "0")
    text, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 1, text
    assert text.count("\nrun ") + text.startswith("run ") == 3, text
    assert "3 runs in" in text
    assert "1 with a failure" in text
    assert "6 tests in 3 runs" in text
    assert "2 passed, 1 failed: test_it.py::test_fails_once" in text
    assert re.search(r"failed in run 2 \(seed \d+\): AssertionError: assert 2 != 2", text), text
    assert "2 skipped, 1 passed: test_it.py::test_skips_now_and_then" in text
    assert "observed\ntorn reads: 1 (2), 2 (2), 3 (2)" in text
    assert "tried again, as a frame may have been late\n6 in all, 2 to 2 a run" in text
    assert "too slow\n1 in all, 0 to 1 a run\n    1: test_it.py::test_is_too_slow" in text
    assert "passed, 1 skipped: test_it.py::test_is_too_slow" not in text
    kept = sorted(path.name for path in (tmp_path / "kept").iterdir() if path.is_file())
    assert kept == ["run-0002.jsonl", "run-0002.log", "summary.txt"]
    assert "test_fails_once" in (tmp_path / "kept" / "run-0002.log").read_text()


def test_runs_that_are_alike_leave_nothing(tmp_path: Path) -> None:
    """Status 0, each with a seed of its own that repeats its order."""
    tests = "".join(f"def test_{number}(): pass\n" for number in range(30))
    (tmp_path / "test_it.py").write_text(tests)
    process = start(tmp_path, "2", "test_it.py", "-n", "0")
    text, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, text
    assert len(set(re.findall(r"seed (\d+)", text))) == 2
    assert "no failure, and no difference between runs" in text
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["summary.txt"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_leaves_a_summary_and_no_process(tmp_path: Path, number: int) -> None:
    """What was known until then is printed, and pytest and the load are ended; status 2."""
    (tmp_path / "test_it.py").write_text(WAITING)
    os.mkfifo(tmp_path / "waits")
    process = start(tmp_path, "2", "test_it.py", "-n", "0", "--randomly-dont-reorganize")
    try:
        assert (tmp_path / "waits").read_text() == "waiting"
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) == 2
        process.send_signal(number)
        text, _ = process.communicate(timeout=SECONDS)
    finally:
        process.kill()
    assert process.returncode == 2, text
    assert "1 failed, " in text
    assert "broken off, kept in" in text
    assert "a failure worth keeping" in (tmp_path / "kept" / "summary.txt").read_text()
    assert not psutil.wait_procs(family, timeout=10)[1]


def test_load_ends_when_its_parent_is_killed() -> None:
    """No processor stays busy after SIGKILL."""
    script = (
        "from tools.steady.load import Load\n"
        "with Load(2) as load:\n"
        "    print(*[process.pid for process in load.processes], flush=True)\n"
        "    input()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        env=environment({}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    burners = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
    assert len(burners) == 2
    parent.kill()
    parent.communicate()
    assert not psutil.wait_procs(burners, timeout=20)[1]


def test_load_is_busy_and_ends_with_its_block() -> None:
    """A process for each processor, in no one's terminal group."""
    with Load(1) as load:
        [burner] = [psutil.Process(process.pid) for process in load.processes]
        assert os.getsid(burner.pid) == burner.pid
        deadline = Deadline.after(SECONDS)
        while burner.cpu_times().user < 0.5 and not deadline.passed:
            Event().wait(0.05)
        assert burner.cpu_times().user >= 0.5
    assert not burner.is_running()


def test_refused_arguments_end_it_at_once(tmp_path: Path) -> None:
    """What pytest said is printed, once; status 2."""
    process = start(tmp_path, "5", "--no-such-option", "-n", "0")
    text, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 2
    assert text.count("run 1 of 5") == 1
    assert "run 2 of 5" not in text
    assert "--no-such-option" in text


def test_a_run_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a time without a word of any test, and its output is kept."""
    (tmp_path / "test_it.py").write_text("from threading import Event\nEvent().wait(90)\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr(runner, "SILENCE", 0.5)
    hung = runner.run(1, 7, ["test_it.py", "-n", "0"], tmp_path)
    assert "hung" in hung.ending
    assert not hung.good
    assert hung.kept.with_suffix(".log").exists()
    assert not differences.steady([hung])


@pytest.mark.parametrize("runs", ["0", "-1", "many", ""])
def test_a_wrong_number_of_runs_is_refused(tmp_path: Path, runs: str) -> None:
    """One sentence instead of no run that looks like a good one."""
    process = start(tmp_path, runs)
    text, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 2
    assert "RUNS" in text


@pytest.mark.parametrize(
    ("arguments", "tested"),
    [
        ([], ["suites/"]),
        (["--server", "xvfb"], ["--server", "xvfb", "suites/"]),
        (["-n", "3", "suites/randr"], ["-n", "3", "suites/randr"]),
        (["suites/present/test_copy.py::test_it"], ["suites/present/test_copy.py::test_it"]),
    ],
)
def test_all_suites_are_run_unless_some_are_named(
    arguments: list[str], tested: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``-n 2`` and ``suites/`` are what is not said otherwise."""
    monkeypatch.chdir(ROOT)
    assert command(arguments, 7)[3:] == ["--randomly-seed=7", "-n", "2", *tested]


def runs_of(*outcomes: Mapping[str, Outcome], status: int = 0) -> list[Run]:
    """Runs that ended so."""
    return [
        Run(number, number, status, 1.0, dict(run), Path(f"run-{number}"))
        for number, run in enumerate(outcomes, start=1)
    ]


PASSED, FAILED = Outcome("passed"), Outcome("failed", "assert 0")


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        (PASSED, PASSED, False),
        (PASSED, FAILED, True),
        (FAILED, FAILED, True),
        (PASSED, None, True),
        (Outcome("skipped", "needs a"), Outcome("skipped", "needs b"), True),
        (Outcome("skipped", "needs a"), Outcome("skipped", "needs a"), False),
        (PASSED, Outcome("skipped", "not tested: too late"), False),
        (Outcome("xfailed", "known bug: a"), Outcome("xpassed", ""), True),
    ],
)
def test_what_counts_as_a_difference(first: Outcome, second: Outcome | None, found: bool) -> None:
    """Kinds of outcome, reasons of skips, tests that are missing from a whole run."""
    both = runs_of({"a": first}, {"a": second} if second else {})
    assert bool(differences.differing(both)) == found
    assert differences.steady(both) == (not found)


def test_a_run_that_broke_is_no_pass_and_misses_no_tests() -> None:
    """An internal error after one test: the others were not run, and did not change."""
    [whole] = runs_of({"a": PASSED, "b": PASSED})
    [broken] = runs_of({"a": PASSED}, status=3)
    assert not differences.steady([whole, broken])
    assert differences.differing([whole, broken]) == {}
    assert "pytest ended with status 3" in "\n".join(differences.table([whole, broken]))


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Path]:
    """A record as a session leaves it that was killed while it wrote."""
    path = tmp_path / "record.jsonl"
    line = '{"test": "a", "kind": "%s", "reason": "", "properties": [], "worker": ""}\n'
    path.write_text(line % "passed" + line % "error" + '{"test": "b", "ki')
    return path


def test_a_record_that_was_cut_is_read(record: Path) -> None:
    """An error of the teardown is worth more than the pass before it."""
    assert recorder.read(record) == {"a": Outcome("error")}
    assert recorder.read(record.with_name("absent")) == {}
