# SPDX-License-Identifier: MIT
"""The workers of a Dask cluster as a farm.  Importing this needs dask.distributed."""

import threading
import uuid
from concurrent.futures import CancelledError
from importlib.metadata import version
from typing import Any

from distributed import Client, Future, KilledWorker, SchedulerPlugin
from distributed.comm import CommClosedError, get_address_host_port

from harness.farm.farm import Farm, FarmUnusable, WorkerLost
from harness.farm.jobs import perform

CONNECT_SECONDS = 10
_KEY = "xharness-"


class DaskFarm(Farm):
    """Runs jobs on the workers of the Dask scheduler at ``address`` (``tcp://host:8786``).

    It counts the threads that the cluster has when it is made.  What runs when the farm is closed
    runs to its end, and what it returns is dropped.

    Raises FarmUnusable when no scheduler answers, there is no worker, or one has another xharness.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        try:
            # Client would leave threads behind, whose end is a traceback.
            get_address_host_port(address)
            self._client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError) as error:
            raise FarmUnusable(
                f"--scheduler {address}: no Dask scheduler answers: {error}; expected an address "
                f"such as tcp://host:8786, which `dask scheduler` prints"
            ) from None
        try:
            self._check_workers()
            self._client.register_plugin(_FirstDeathCounts())
        except Exception:
            self._client.close()
            raise
        super().__init__(sum(self._client.nthreads().values()))
        self._lock = threading.Lock()
        self._running: set[Future] = set()

    def _check_workers(self) -> None:
        try:
            found = self._client.run(version, "xharness")
        except Exception as error:
            raise FarmUnusable(
                f"--scheduler {self._address}: a worker cannot run jobs of xharness: {error!r}; "
                f"start its workers and the scheduler where xharness is installed"
            ) from None
        ours = version("xharness")
        others = {worker: theirs for worker, theirs in found.items() if theirs != ours}
        if not found:
            raise FarmUnusable(
                f"--scheduler {self._address}: no worker is connected to it; start one: "
                f"dask worker {self._address} --nthreads 1"
            )
        if others:
            worker, theirs = next(iter(others.items()))
            raise FarmUnusable(
                f"--scheduler {self._address}: the worker {worker} has xharness {theirs}, here is "
                f"{ours}: install the same there"
            )

    def _attempt(self, job: bytes) -> bytes:
        future = self._client.submit(perform, job, key=f"{_KEY}{uuid.uuid4().hex}", pure=False)
        with self._lock:
            self._running.add(future)
        try:
            answer: bytes = future.result()
        except KilledWorker:
            raise WorkerLost from None
        except (CancelledError, CommClosedError, OSError) as error:
            raise FarmUnusable(
                f"--scheduler {self._address}: the Dask scheduler does not answer any more: "
                f"{error!r}; start it again, and this command"
            ) from None
        finally:
            with self._lock:
                self._running.discard(future)
        return answer

    def _stop(self) -> None:
        with self._lock:
            self._client.cancel(list(self._running))

    def _release(self) -> None:
        self._client.close()


class _FirstDeathCounts(SchedulerPlugin):  # type: ignore[misc]  # untyped
    """Lets a job of ours fail at the first death of its worker: the farm runs it once more.

    Left alone a scheduler runs it on as many workers as ``allowed-failures`` says.
    """

    name = "xharness-first-death-counts"

    async def start(self, scheduler: Any) -> None:
        self._scheduler = scheduler

    def transition(self, key: Any, start: str, finish: str, *_: Any, **__: Any) -> None:
        if finish == "processing" and str(key).startswith(_KEY):
            self._scheduler.tasks[key].suspicious = self._scheduler.allowed_failures
