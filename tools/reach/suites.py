# SPDX-License-Identifier: MIT
"""Run chosen tests of the suites on one server, without waiting for pytest's start each time."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from harness.errors import HarnessError

ROOT = Path(__file__).resolve().parent.parent.parent

PLACES = ("suites/present", "suites/composite", "suites/randr")
"""What is measured; drafts are emulated, and no code of a server."""

MOST_SECONDS = 600.0
"""A run of tests that takes longer has stopped: their own deadlines are far shorter."""

PASSED, FAILED = 0, 1


class SuitesBroken(HarnessError):
    """pytest did not get as far as running tests."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A test that failed, and the first words of why."""

    test: str
    why: str


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run of tests ended: pytest's exit status, or minus the signal that ended it."""

    status: int
    late: bool
    failures: tuple[Failure, ...]

    @property
    def passed(self) -> bool:
        return self.status == PASSED and not self.late


class Suites:
    """The tests of ``places``, collected once for the server that ``options`` name.

    What is run goes through the same process of pytest, which forks; ``folder`` has its logs.
    Raises SuitesBroken when the tests cannot be collected.
    """

    def __init__(self, places: Sequence[str], options: Sequence[str], folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._log = (folder / "collected.log").open("w", encoding="utf-8")
        theirs_in, self._jobs = os.pipe()
        self._answers, theirs_out = os.pipe()
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "pytest", *places, *options),
                *("-q", "-s", "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:xdist"),
                *("-p", "no:hypothesispytest"),
                *("-p", "tools.reach.fork_server", "-o", "xharness_results=false"),
                *("--reach-jobs", str(theirs_in), "--reach-answers", str(theirs_out)),
                *("--results", str(folder / "evidence")),
            ],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            pass_fds=(theirs_in, theirs_out),
            start_new_session=True,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._reader = os.fdopen(self._answers, encoding="utf-8")
        self._writer = os.fdopen(self._jobs, "w", encoding="utf-8")
        self.tests: list[str] = self._answer()

    def run(
        self,
        tests: Sequence[str],
        *,
        most_failures: int = 0,
        environment: Mapping[str, str] | None = None,
        seconds: float = MOST_SECONDS,
    ) -> Ran:
        """Run ``tests`` in this order, until ``most_failures`` have failed; 0 stands for all.

        Raises SuitesBroken when pytest itself is gone.
        """
        report = self._folder / "failures.jsonl"
        report.unlink(missing_ok=True)
        job = {
            "tests": list(tests),
            "log": str(self._folder / "run.log"),
            "report": str(report),
            "environment": dict(environment or {}),
            "most_failures": most_failures,
            "seconds": seconds,
        }
        try:
            self._writer.write(json.dumps(job) + "\n")
            self._writer.flush()
        except BrokenPipeError:
            raise self._broken() from None
        answer = self._answer()
        failures = report.read_text("utf-8").splitlines() if report.exists() else []
        found = tuple(Failure(**json.loads(line)) for line in failures)
        return Ran(answer["status"], answer["late"], found)

    def close(self, *, at_once: bool = False) -> None:
        """End pytest when its tests are over, or ``at_once``."""
        if at_once:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGTERM)
        with contextlib.suppress(BrokenPipeError):
            self._writer.close()
        self._process.wait()
        self._reader.close()
        self._log.close()

    def __enter__(self) -> Suites:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close(at_once=error is not None)

    def _answer(self) -> Any:
        line = self._reader.readline()
        if not line:
            raise self._broken()
        return json.loads(line)

    def _broken(self) -> SuitesBroken:
        self.close()
        text = Path(self._log.name).read_text("utf-8", errors="replace").strip()
        return SuitesBroken(f"pytest ended by itself: {text[-2000:]}")
