# SPDX-License-Identifier: MIT
"""The processes of this machine as a farm."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import wait

from harness.farm.farm import Farm, WorkerLost
from harness.farm.jobs import perform


class LocalFarm(Farm):
    """Runs jobs in ``workers`` processes of this machine (0: one for each processor).

    A process lives for many jobs.  It ends with the farm, and when this process dies.
    """

    def __init__(self, workers: int = 0) -> None:
        super().__init__(workers or len(os.sched_getaffinity(0)))
        # One process each: in a larger pool one that dies takes the others with it.
        self._thread = threading.local()
        self._lock = threading.Lock()
        self._pools: dict[ProcessPoolExecutor, int] = {}
        self._busy: set[ProcessPoolExecutor] = set()

    def _attempt(self, job: bytes) -> bytes:
        pool = self._pool_of_thread()
        try:
            return pool.submit(perform, job).result()
        except BrokenProcessPool:
            self._discard(pool)
            raise WorkerLost from None
        finally:
            with self._lock:
                self._busy.discard(pool)

    def _pool_of_thread(self) -> ProcessPoolExecutor:
        pool: ProcessPoolExecutor | None = getattr(self._thread, "pool", None)
        if pool is None:
            # A process with threads must not fork.
            context = multiprocessing.get_context("spawn")
            pool = ProcessPoolExecutor(1, context, initializer=_begin)
            try:
                with _interrupts_blocked():
                    first = pool.submit(os.getpid)
                pid = first.result()
            except BrokenProcessPool:
                pool.shutdown()
                raise WorkerLost from None
            self._thread.pool = pool
            with self._lock:
                self._pools[pool] = pid
        with self._lock:
            self._busy.add(pool)
            if self._closed:
                raise WorkerLost
        return pool

    def _discard(self, pool: ProcessPoolExecutor) -> None:
        self._thread.pool = None
        with self._lock:
            del self._pools[pool]
            self._busy.discard(pool)
        pool.shutdown()

    def _stop(self) -> None:
        with self._lock:
            for pool in self._busy:
                with suppress(OSError):
                    os.kill(self._pools[pool], signal.SIGTERM)

    def _release(self) -> None:
        for pool in self._pools:
            pool.shutdown()
        self._pools.clear()


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """What is started meanwhile gets no SIGINT until it takes it, nor does this thread."""
    # Starting it here would end the block.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Make a worker independent of the terminal: Ctrl-C there is for the process that has it."""
    os.setsid()
    # One that came until now is forgotten.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """The pipe that brings the jobs does not end with a parent that is killed."""
    if (parent := multiprocessing.parent_process()) is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
