# SPDX-License-Identifier: MIT
"""A farm of processes of this machine: results, errors, processes that die, its end."""

import os
import signal
import subprocess
import sys
from concurrent.futures import wait
from contextlib import suppress
from pathlib import Path
from threading import Event

import psutil
import pytest

from harness.deadlines import Deadline
from harness.farm.farm import WorkerDied
from harness.farm.jobs import JobFailed, JobUnusable
from harness.farm.local import LocalFarm
from harness.farm.opening import open_farm
from tests.conftest import environment
from tests.farm import jobs
from tests.farm.jobs import Fatal

SECONDS = 60.0


def written(path: Path) -> str:
    """What another process writes into ``path``, once it has."""
    deadline, pause = Deadline.after(SECONDS), Event()
    while not deadline.passed:
        if path.exists() and (text := path.read_text(encoding="utf-8")):
            return text
        pause.wait(0.01)
    raise AssertionError(f"nothing was written to {path}")


def gone(*pids: int) -> bool:
    """Whether these processes end in time."""
    processes = []
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            processes.append(psutil.Process(pid))
    return not psutil.wait_procs(processes, timeout=SECONDS)[1]


def test_each_job_has_its_result() -> None:
    """Each once, with the job that it is of."""
    with LocalFarm(2) as farm:
        assert dict(farm.results(jobs.double, range(20))) == {n: 2 * n for n in range(20)}


def test_jobs_run_in_as_many_other_processes_as_workers() -> None:
    """A process runs many of them."""
    with open_farm(workers=2) as farm:
        assert farm.workers == 2
        pids = {pid for _, pid in farm.results(jobs.pid_of, range(30))}
    assert os.getpid() not in pids
    assert 1 <= len(pids) <= 2


def test_without_a_number_each_processor_has_a_worker() -> None:
    """Those that this process may use."""
    with LocalFarm() as farm:
        assert farm.workers == len(os.sched_getaffinity(0))


def test_the_error_of_a_job_is_raised() -> None:
    """As it was, with its class."""
    with LocalFarm(1) as farm, pytest.raises(ValueError, match="7 is refused"):
        list(farm.results(jobs.refuse, [7]))


@pytest.mark.parametrize(
    ("function", "said"),
    [(jobs.raise_odd, "Odd: 3 and 3"), (jobs.return_lock, "cannot be pickled")],
)
def test_what_cannot_be_handed_back_is_said(function, said) -> None:
    """In words, and the farm goes on."""
    with LocalFarm(1) as farm:
        with pytest.raises(JobFailed, match=said):
            list(farm.results(function, [3]))
        assert farm.submit(jobs.double, 4).result(SECONDS) == 8


def test_a_job_that_cannot_be_pickled_is_refused() -> None:
    """Where it is submitted, by its name."""
    with LocalFarm(1) as farm, pytest.raises(JobUnusable, match="lambda"):
        farm.submit(lambda: 1)


def test_a_job_whose_process_dies_runs_once_more(tmp_path: Path) -> None:
    """All results are there, and no other job is run again."""
    log = tmp_path / "log"
    work = [Fatal(log, f"job{number}", deaths=number == 2) for number in range(6)]
    with LocalFarm(2) as farm:
        found = dict(farm.results(jobs.die_at_first, work))
    assert set(found.values()) == {job.name for job in work}
    attempts = log.read_text().split()
    assert {name: attempts.count(name) for name in attempts} == {
        job.name: 2 if job.deaths else 1 for job in work
    }


def test_a_job_whose_process_always_dies_is_named(tmp_path: Path) -> None:
    """After its second attempt, when the others have their results."""
    log = tmp_path / "log"
    work = [Fatal(log, f"job{number}", deaths=9 * (number in (1, 3))) for number in range(6)]
    found = []
    with LocalFarm(2) as farm, pytest.raises(WorkerDied, match="job1") as caught:
        found.extend(name for _, name in farm.results(jobs.die_at_first, work))
    assert sorted(found) == ["job0", "job2", "job4", "job5"]
    assert len(caught.value.jobs) == 2
    assert log.read_text().split().count("job3") == 2


def test_a_job_that_has_not_begun_can_be_cancelled(tmp_path: Path) -> None:
    """One that runs is stopped with the farm, and its process with it."""
    with LocalFarm(1) as farm:
        farm.submit(jobs.wait_for_end, tmp_path / "pid")
        second = farm.submit(jobs.double, 1)
        pid = int(written(tmp_path / "pid"))
        assert second.cancel()
    assert gone(pid)


def test_results_that_are_not_waited_for_are_cancelled() -> None:
    """Who has seen enough ends the others."""
    with LocalFarm(1) as farm:
        for _job, _result in farm.results(jobs.double, range(1000)):
            break
        assert not wait([farm.submit(jobs.double, 1)], SECONDS).not_done


def test_shutdown_waits_for_what_was_submitted() -> None:
    """As other executors do."""
    farm = LocalFarm(1)
    futures = [farm.submit(jobs.double, number) for number in range(5)]
    farm.shutdown()
    assert [one.result() for one in futures] == [0, 2, 4, 6, 8]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_no_process_outlives_the_one_that_made_the_farm(tmp_path: Path, number: int) -> None:
    """Killed, or interrupted while it waits for results."""
    script = (
        "from pathlib import Path\n"
        "from harness.farm.local import LocalFarm\n"
        "from tests.farm import jobs\n"
        "if __name__ == '__main__':\n"
        "    with LocalFarm(2) as farm:\n"
        f"        work = [Path({str(tmp_path)!r}) / name for name in 'ab']\n"
        "        list(farm.results(jobs.wait_for_end, work))\n"
    )
    (tmp_path / "main.py").write_text(script)
    parent = subprocess.Popen([sys.executable, tmp_path / "main.py"], env=environment({}))
    try:
        pids = [int(written(tmp_path / name)) for name in "ab"]
        parent.send_signal(number)
        parent.wait(SECONDS)
    finally:
        parent.kill()
    assert gone(*pids)


STARTING = """\
from pathlib import Path

from harness.farm.local import LocalFarm
from tests.farm import jobs

if __name__ == "__mp_main__":
    # A worker that starts, and has not begun.
    Path("starting").write_text("it is")
    Path("gate").read_text()

if __name__ == "__main__":
    with LocalFarm(1) as farm:
        list(farm.results(jobs.double, [1]))
"""


def test_ctrl_c_does_not_reach_a_process_that_starts(tmp_path: Path) -> None:
    """It would end with a traceback of its own, before or behind what the user is told."""
    (tmp_path / "main.py").write_text(STARTING)
    os.mkfifo(tmp_path / "gate")
    gate = os.open(tmp_path / "gate", os.O_RDWR)
    parent = subprocess.Popen(
        [sys.executable, "main.py"],
        cwd=tmp_path,
        env=environment({}),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        written(tmp_path / "starting")
        os.killpg(parent.pid, signal.SIGINT)
        os.close(gate)
        said = parent.communicate(timeout=SECONDS)[1]
    finally:
        parent.kill()
    assert said.count("KeyboardInterrupt") == 1
