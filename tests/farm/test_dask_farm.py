# SPDX-License-Identifier: MIT
"""A farm of a Dask cluster: scheduler and workers are processes with homes of their own."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from harness.farm.farm import FarmUnusable, WorkerDied
from harness.farm.jobs import JobFailed
from harness.farm.local import LocalFarm
from harness.farm.opening import open_farm
from harness.servers.builds import find_on_path
from harness.servers.errors import ServerNotInstalled
from harness.servers.kinds.table import ServerKind
from tests.conftest import environment
from tests.farm import jobs, judging
from tests.farm.jobs import Fatal
from tests.farm.judging import Judging
from tests.farm.test_local_farm import SECONDS, written

distributed = pytest.importorskip(
    "distributed", reason="dask.distributed is not in this environment: tools/setup ci"
)
dask_cluster = pytest.importorskip("harness.farm.dask_cluster")


@dataclass(frozen=True, slots=True)
class Cluster:
    """The address of a scheduler; its workers, and their folders for temporary files."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]
    folders: list[Path]


def started(folder: Path, stack: ExitStack, *words: str | Path) -> subprocess.Popen[bytes]:
    """A program of Dask with a home and a folder for temporary files of its own."""
    for name in ("home", "tmp"):
        (folder / name).mkdir(parents=True)
    own = {"HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp")}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *words, "--no-dashboard", "--host", "127.0.0.1"],
            cwd=folder,
            env=environment(own),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    stack.callback(process.wait)
    stack.callback(process.kill)
    return process


def start_cluster(folder: Path, stack: ExitStack, workers: int) -> Cluster:
    """A scheduler and workers of one thread each, on loopback, all connected."""
    file = folder / "scheduler.json"
    scheduler = started(
        folder / "scheduler", stack, "scheduler", "--port", "0", "--scheduler-file", file
    )
    address = json.loads(written(file))["address"]
    folders = [folder / f"worker{number}" for number in range(workers)]
    fixed = ["worker", address, "--no-nanny", "--nthreads", "1"]
    started_workers = [started(one, stack, *fixed) for one in folders]
    if workers:
        with distributed.Client(address, timeout=SECONDS, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=SECONDS)
    return Cluster(address, scheduler, started_workers, [one / "tmp" for one in folders])


@pytest.fixture
def cluster(tmp_path) -> Iterator[Cluster]:
    """A scheduler with two workers."""
    with ExitStack() as stack:
        yield start_cluster(tmp_path, stack, 2)


@pytest.fixture(scope="module")
def standing(tmp_path_factory) -> Iterator[Cluster]:
    """A cluster for tests that end none of its processes."""
    with ExitStack() as stack:
        yield start_cluster(tmp_path_factory.mktemp("cluster"), stack, 2)


def owner_of(display: str) -> int | None:
    """The process that the lock of ``display`` names; another server may have the number now."""
    try:
        return int(Path(f"/tmp/.X{display[1:]}-lock").read_text("ascii").rstrip("\0"))
    except (OSError, ValueError):
        return None


def left_behind(display: str) -> bool:
    """Whether the socket of ``display`` is there and nothing listens."""
    path = f"/tmp/.X11-unix/X{display[1:]}"
    with socket.socket(socket.AF_UNIX) as visitor:
        try:
            visitor.connect(path)
        except ConnectionRefusedError:
            return True
        except FileNotFoundError:
            return False
    return False


def test_each_job_has_its_result(standing) -> None:
    """From processes that are none of ours."""
    with open_farm(standing.address) as farm:
        assert farm.workers == 2
        assert dict(farm.results(jobs.double, range(20))) == {n: 2 * n for n in range(20)}
        pids = {pid for _, pid in farm.results(jobs.pid_of, range(20))}
    assert pids == {worker.pid for worker in standing.workers}


def test_the_error_of_a_job_is_raised(standing) -> None:
    """As it was, with its class, or in words."""
    with open_farm(standing.address) as farm:
        with pytest.raises(ValueError, match="7 is refused"):
            list(farm.results(jobs.refuse, [7]))
        with pytest.raises(JobFailed, match="3 and 3"):
            list(farm.results(jobs.raise_odd, [3]))


@pytest.mark.parametrize("kind", [ServerKind.XVFB, ServerKind.XEPHYR, ServerKind.XWAYLAND], ids=str)
def test_a_worker_that_is_killed_while_it_judges_loses_nothing(cluster, tmp_path, kind) -> None:
    """All results are there and as on this machine, and no process, socket or file is left."""
    try:
        find_on_path(kind)
    except ServerNotInstalled as error:
        pytest.skip(str(error))
    waiting = tmp_path / "waiting"
    work = [Judging(kind, count) for count in range(1, 9)]
    with open_farm(cluster.address) as farm:
        killed = farm.submit(judging.judge, Judging(kind, 20, waiting))
        others = [farm.submit(judging.judge, job) for job in work]
        pid, display, proxy = written(waiting).split()
        [number] = [n for n, one in enumerate(cluster.workers) if one.pid == int(pid)]
        family = psutil.Process(int(pid)).children(recursive=True)
        assert any("X" in one.name() for one in family)
        cluster.workers[number].kill()
        cluster.workers[number].wait()
        found = [one.result(SECONDS) for one in (*others, killed)]
    with LocalFarm(1) as farm:
        here = [farm.submit(judging.judge, job) for job in (*work, Judging(kind, 20))]
        assert found == [one.result(SECONDS) for one in here]
    assert not psutil.wait_procs(family, timeout=SECONDS)[1]
    assert owner_of(display) not in {one.pid for one in family}
    assert not left_behind(display)
    assert not left_behind(proxy)
    assert not [*cluster.folders[number].glob("xharness*")]


def test_a_job_that_ends_each_worker_is_named(cluster, tmp_path) -> None:
    """After its second attempt, and not after as many as there are workers."""
    log = tmp_path / "log"
    with open_farm(cluster.address) as farm, pytest.raises(WorkerDied, match="always"):
        list(farm.results(jobs.die_at_first, [Fatal(log, "always", 9)]))
    assert log.read_text().split() == ["always"] * 2


def test_a_scheduler_that_is_killed_is_named(cluster, tmp_path) -> None:
    """No job is waited for without an end."""
    with open_farm(cluster.address) as farm:
        future = farm.submit(jobs.wait_for_end, tmp_path / "pid")
        written(tmp_path / "pid")
        cluster.scheduler.kill()
        with pytest.raises(FarmUnusable, match=f"{cluster.address}.* start it again"):
            future.result(SECONDS)


def test_a_scheduler_without_workers_is_named(tmp_path) -> None:
    """With the command that starts one."""
    with ExitStack() as stack:
        address = start_cluster(tmp_path, stack, 0).address
        with pytest.raises(FarmUnusable, match=f"dask worker {address}"):
            open_farm(address)


def test_an_address_where_no_scheduler_is_is_named(monkeypatch) -> None:
    """Nothing listens there; or it is no address."""
    monkeypatch.setattr(dask_cluster, "CONNECT_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free = listener.getsockname()[1]
    for address in (f"tcp://127.0.0.1:{free}", "nowhere"):
        with pytest.raises(FarmUnusable, match=f"--scheduler {address}: no Dask scheduler"):
            open_farm(address)


@pytest.mark.parametrize("address", ["nowhere", "tcp://nowhere", "host:port", ""])
def test_what_is_no_address_is_refused_without_a_client(monkeypatch, address) -> None:
    """One that is never connected ends with a traceback after twenty seconds."""
    monkeypatch.setattr(dask_cluster, "Client", pytest.fail)
    with pytest.raises(FarmUnusable, match="expected an address such as tcp://host:8786"):
        open_farm(address)
