# SPDX-License-Identifier: MIT
"""A farm: runs jobs in other processes, and once more where such a process dies."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed
from types import TracebackType
from typing import Any, Self, TypeVar

from harness.errors import HarnessError
from harness.farm.jobs import name_of, packed, result_of_job

_Job = TypeVar("_Job")
_Result = TypeVar("_Result")

ATTEMPTS = 2
"""How often a job is run whose worker dies: one time more than others."""


class FarmUnusable(HarnessError):
    """The farm cannot be reached, or its workers cannot run the jobs."""


class WorkerDied(HarnessError):
    """The process that ran a job died, and so did the one that ran it again; ``jobs`` by name."""

    def __init__(self, *jobs: str) -> None:
        names = "".join(f"\n  {job}" for job in jobs)
        super().__init__(
            f"the process that ran a job died, and so did the one that ran it again; expected a "
            f"result: was it killed for the memory that it took, or does the job end it?{names}"
        )
        self.jobs = jobs


class WorkerLost(Exception):
    """The process that ran a job died."""


class Farm(Executor):
    """Runs jobs in ``workers`` processes: functions of modules with values that can be pickled.

    ``submit`` gives a future of ``concurrent.futures``, ``results`` what jobs return as they come.
    What was submitted and has not begun can be cancelled.  A job whose process dies runs once more
    in another; its future raises WorkerDied when that dies too, JobFailed for an error that cannot
    be pickled, else what the job raised.

    The end of ``with`` is the end of all: what has not begun is cancelled, and what runs is
    stopped where the farm can do so.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._closed = False
        # Each waits for one job: no worker has a second one that would be lost with the first.
        self._threads = ThreadPoolExecutor(workers, "farm")

    @abstractmethod
    def _attempt(self, job: bytes) -> bytes:
        """Let a worker ``perform`` the job.  Raises WorkerLost, FarmUnusable."""

    @abstractmethod
    def _stop(self) -> None:
        """Stop what runs, as far as that is possible."""

    @abstractmethod
    def _release(self) -> None:
        """Give back what the farm holds; nothing runs any more."""

    def submit(  # type: ignore[override]  # keywords are no part of a job
        self, function: Callable[..., _Result], /, *arguments: Any
    ) -> Future[_Result]:
        """The future of ``function(*arguments)``.  Raises JobUnusable."""
        return self._threads.submit(self._run, function, arguments, packed(function, arguments))

    def results(
        self, function: Callable[[_Job], _Result], jobs: Iterable[_Job]
    ) -> Iterator[tuple[_Job, _Result]]:
        """Each of ``jobs`` with what ``function`` returns for it, as they come.

        Raises what a job raises, and cancels the others; WorkerDied, which names all jobs that
        were lost, after the last result.
        """
        running = {self.submit(function, job): job for job in jobs}
        lost: list[str] = []
        try:
            for future in as_completed(running):
                try:
                    result = future.result()
                except WorkerDied as error:
                    lost += error.jobs
                    continue
                # Neither is kept: a result may be large.
                yield running.pop(future), result
        finally:
            for future in running:
                future.cancel()
        if lost:
            raise WorkerDied(*lost)

    def _run(self, function: Callable[..., Any], arguments: tuple[Any, ...], job: bytes) -> Any:
        for _ in range(ATTEMPTS):
            if self._closed:
                break
            try:
                return result_of_job(self._attempt(job))
            except WorkerLost:
                continue
        raise WorkerDied(name_of(function, arguments))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the farm once all jobs are done; with ``cancel_futures`` at once."""
        self._threads.shutdown(wait=False, cancel_futures=cancel_futures)
        if cancel_futures:
            self._closed = True
            self._stop()
        self._threads.shutdown(wait)
        if wait:
            self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.shutdown(cancel_futures=True)
