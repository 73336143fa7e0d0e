# SPDX-License-Identifier: MIT
"""The same tests many times: what differs is counted and kept, and a worker leaves nothing."""

import re
import signal
import subprocess
import sys

import psutil
import pytest

from harness.cli.farm import soak
from harness.cli.main import main
from harness.nightly.soak import repetition
from harness.nightly.soak.differences import SoakCount, soak_text
from harness.nightly.soak.repetition import SoakJob, SoakRun, SoakUnusable, soak_once
from harness.results.run import Outcome
from harness.results.run_file import read_run
from tests.conftest import environment
from tests.farm.test_local_farm import SECONDS, written
from tests.results.runs import failed, passed, run

SUITE = """\
import random

def test_differs(server):
    assert random.random() < 0.5

def test_is_steady(server):
    pass
"""
"""pytest-randomly gives each session's seed to ``random``: what differs follows from it."""

WAITING = """\
from pathlib import Path
from threading import Event

def test_waits(server):
    Path("waiting").write_text(str(server.pid))
    Event().wait(90)
"""


class SerialFarm:
    """Runs what it is given at once, and in order."""

    workers = 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def results(self, work, jobs):
        return ((one, work(one)) for one in jobs)


def job(number):
    return SoakJob(number, 100 + number, "/nowhere", ("test.py",), "xvfb")


def counted(*runs):
    """What is counted of these runs, whose numbers start at 1."""
    count = SoakCount()
    new = [count.add(SoakRun(job(number), one)) for number, one in enumerate(runs, 1)]
    return count, new


@pytest.fixture
def suite(tmp_path, monkeypatch):
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_it.py").write_text(SUITE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_endings_are_counted_and_placed():
    """With the seeds of those that differ."""
    count, new = counted(run(passed("a")), run(failed("a")), run(passed("a")), run(failed("a")))
    assert new == [True, True, False, True]
    text = soak_text(count, 9.0)
    assert "4 runs in 9 s, 1 test\n" in text
    assert "2 failed (no): run 2, seed 102; run 4, seed 104" in text
    assert count.differing.keys() == {"test.py::a[xvfb]"}


def test_all_seeds_of_what_differed_are_kept():
    """Printed are five, and of how most runs ended five are enough."""
    runs = [run(passed("a") if number < 8 else failed("a")) for number in range(15)]
    count, _ = counted(*runs)
    assert "run 13, seed 113; ..." in soak_text(count, 1.0)
    whole = soak_text(count, 1.0, shown=0)
    assert "run 13, seed 113; run 14, seed 114; run 15, seed 115" in whole
    assert "8 passed: run 1, seed 101; run 2, seed 102; run 3" in whole
    assert "seed 105; ...\n" in whole


def test_the_kept_output_names_places_that_are_there(suite):
    """Beside it, not in the folder where the session ran."""
    (suite / "test_it.py").write_text("def test_fails(server):\n    assert server is None\n")
    done = soak_once(SoakJob(1, 1, str(suite), ("test_it.py",), "xvfb"))
    done.keep(suite / "kept")
    text = (suite / "kept" / "run-00001.log").read_text()
    (place,) = re.findall("kept in +(.*)", text)
    assert (suite / "kept" / place).is_dir()


def test_failures_of_two_kinds_are_told_apart():
    """And a test that always fails is no steady one."""
    count, _ = counted(run(failed("a", message="one")), run(failed("a", message="other")))
    assert "1 failed (one): run 1" in soak_text(count, 1.0)
    assert counted(run(failed("a")), run(failed("a")))[0].differing


@pytest.mark.parametrize(
    ("runs", "bound"), [(1, "95.00"), (2, "77.64"), (20, "13.92"), (300, "1.00"), (3000, "0.10")]
)
def test_runs_that_are_alike_say_how_sure_that_is(runs, bound):
    """What comes in a part p of them stays away from n runs by (1 - p)^n: 5 % at the bound."""
    count, _ = counted(*[run(passed("a"))] * runs)
    assert count.differing == {}
    assert f"in less than {bound}% of them" in soak_text(count, 1.0)
    assert (1 - float(bound) / 100) ** runs <= 0.05 + 1e-9


def test_only_runs_that_tested_something_make_sure():
    """Of the test that ran least often."""
    skip = passed("a", outcome=Outcome.SKIPPED, message="not tested: the target had passed")
    count, _ = counted(run(passed("a"), passed("b")), run(skip, passed("b")))
    assert "none of 1 run of each test comes" in soak_text(count, 1.0)
    count, _ = counted(run(skip))
    assert "all alike" not in soak_text(count, 1.0)


def test_observations_differ_without_a_failure():
    """They are counted by value, and their odd runs are kept."""
    runs = [run(passed("a", observations={"torn reads": str(int(n == 2))})) for n in range(4)]
    count, _ = counted(*runs)
    assert count.differing == {}
    assert count.odd == {3}
    assert "observed: torn reads\n       3 0: " in soak_text(count, 1.0)
    assert "1 1: run 3, seed 103" in soak_text(count, 1.0)


def test_a_machine_that_was_too_slow_is_no_difference():
    """It is counted apart."""
    skip = passed("a", outcome=Outcome.SKIPPED, message="not tested: the target had passed")
    count, _ = counted(run(passed("a")), run(skip))
    assert count.differing == {}
    assert "not tested 1 time" in soak_text(count, 1.0)


def test_a_test_that_is_missing_from_a_run_is_a_difference():
    """Its session ended before."""
    count, _ = counted(run(passed("a"), passed("b")), run(passed("a")))
    assert "1 not run" in soak_text(count, 1.0)


def test_the_command_counts_and_keeps_what_differs(suite, capsys):
    """A seed of its own for each run; the evidence of failures, and status 1."""
    arguments = ["soak", "test_it.py", "--runs", "6", "--seed", "1", "-o", "kept", "-j", "2"]
    assert main(arguments) == 1
    text = capsys.readouterr().out
    found = re.search(
        r"test_differs\[xvfb\]\n +\d (?:passed|failed).*\n +\d (?:passed|failed)", text
    )
    assert found, text
    assert "test_is_steady" not in text
    kept = sorted(path for path in (suite / "kept").iterdir() if path.is_dir())
    failing = [one for one in kept if any(test.outcome.bad for test in read_run(one).tests)]
    assert failing
    assert (suite / "kept" / "summary.txt").read_text() in text
    seeds = {read_run(one).seed for one in kept}
    assert len(seeds) == len(kept)
    assert all((one.with_name(f"{one.name}.log")).exists() for one in failing)


def test_the_progress_lacks_no_run(suite, monkeypatch, capsys):
    """Each tenth of the runs is counted, and those that failed have lines of their own."""
    ends = iter(run(failed("a") if number % 7 == 3 else passed("a")) for number in range(20))
    monkeypatch.setattr(repetition, "soak_once", lambda job: SoakRun(job, next(ends)))
    monkeypatch.setattr(soak, "farm_of", lambda arguments: SerialFarm())
    main(["soak", "test_it.py", "--runs", "20", "--seed", "1"])
    text = capsys.readouterr().out
    assert text.startswith("20 runs, 1 at once, seeds from 1\n2 of 20 done\n")
    assert re.findall("(.*) of 20 done", text) == [str(2 * tenth) for tenth in range(1, 11)]
    assert re.findall(r"run (\d+), seed \d+: 1 failed\n", text) == ["4", "11", "18"]


def test_a_seed_repeats_what_differed(suite, capsys):
    """The outcome of a run follows from its seed."""
    outcomes = []
    for _ in range(2):
        main(
            ["soak", "test_it.py::test_differs", "--runs", "2", "--seed", "7", "-j", "1", "-o", "k"]
        )
        outcomes.append(capsys.readouterr().out.partition("\n2 runs in")[2].partition(",")[2])
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["absent.py"], "none of these tests: absent.py"),
        (["test_it.py", "--pytest-args=--no-such-option"], "--no-such-option"),
        (["test_it.py", "-o", "test_it.py"], "xharness: test_it.py is a file; name a folder (-o)"),
    ],
)
def test_tests_that_cannot_be_run_end_it(suite, capsys, arguments, said):
    """Status 2, with what pytest said."""
    assert main(["soak", *arguments, "--runs", "2", "-j", "1"]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("name", ["run-00001", "summary.txt"])
def test_runs_of_an_earlier_soak_are_not_written_over(suite, capsys, name):
    """Nothing is run; a folder with other things in it is used."""
    kept = suite / "kept"
    kept.mkdir()
    (kept / name).write_text("earlier")
    assert main(["soak", "test_it.py", "--runs", "1", "-j", "1", "-o", "kept"]) == 2
    said = capsys.readouterr()
    assert f"xharness: kept has {name} of an earlier soak, which would be lost" in said.err
    assert (said.out, (kept / name).read_text()) == ("", "earlier")
    (kept / name).rename(kept / "notes")
    assert main(["soak", "test_it.py::test_is_steady", "--runs", "1", "-j", "1", "-o", "kept"]) == 0


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--runs=0", "expected a number such as 500"),
        ("--seed=x", "expected a seed below"),
        ("--pytest-args='", "quoted as in a shell"),
        ("-j0", "expected a number such as 4"),
    ],
)
def test_wrong_options_are_explained(suite, capsys, option, said):
    """Before anything runs."""
    with pytest.raises(SystemExit) as caught:
        main(["soak", "test_it.py", option])
    assert caught.value.code == 2
    assert said in capsys.readouterr().err


def test_a_worker_without_the_suites_is_named():
    """On a farm of several machines."""
    with pytest.raises(SoakUnusable, match="has no folder /nowhere: expected the checkout"):
        soak_once(job(1))


def test_a_worker_that_is_killed_leaves_no_session_and_no_server(suite):
    """The session of pytest ends with it, and the server with that."""
    (suite / "test_it.py").write_text(WAITING)
    script = (
        "from harness.nightly.soak.repetition import SoakJob, soak_once\n"
        f"soak_once(SoakJob(1, 1, {str(suite)!r}, ('test_it.py',), 'xvfb'))\n"
    )
    temporary = suite / "tmp"
    temporary.mkdir()
    worker = subprocess.Popen(
        [sys.executable, "-c", script],
        env=environment({"TMPDIR": str(temporary), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": ""}),
    )
    try:
        server = int(written(suite / "waiting"))
        family = psutil.Process(worker.pid).children(recursive=True)
        assert server in {one.pid for one in family}
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    assert not psutil.wait_procs(family, timeout=SECONDS)[1]
    assert [*temporary.iterdir()] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_soak_that_is_ended_says_what_it_counted(suite, number):
    """Also when a runner ends the job; nothing of it is left at work."""
    (suite / "test_it.py").write_text(WAITING)
    command = subprocess.Popen(
        [sys.executable, "-m", "harness.cli", "soak", "test_it.py", "-j", "1"],
        env=environment({"PYTEST_DISABLE_PLUGIN_AUTOLOAD": ""}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=suite,
    )
    try:
        server = int(written(suite / "waiting"))
        family = psutil.Process(command.pid).children(recursive=True)
        assert server in {one.pid for one in family}
        command.send_signal(number)
        said, error = command.communicate(timeout=SECONDS)
    finally:
        command.kill()
    assert (command.returncode, error) == (130, "xharness: interrupted\n")
    assert "\n0 runs in" in said
    assert not psutil.wait_procs(family, timeout=SECONDS)[1]
