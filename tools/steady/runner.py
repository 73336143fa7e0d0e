# SPDX-License-Identifier: MIT
"""One run of pytest: its command, its end, what it leaves."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.steady import recorder
from tools.steady.recorder import Outcome

SILENCE = 600.0
"""After how long (s) without a word of any test a run is taken for hung; a test has 120."""

_GRACE = 30.0
_HUNG = -1
_WHOLE = (0, 1)


@dataclass(frozen=True, slots=True)
class Run:
    """How one run of pytest ended: its exit status, and what became of its tests.

    ``broken_off``: it was interrupted.  ``kept`` is the path of all that it left, without a
    suffix; the files of a good run are deleted.
    """

    number: int
    seed: int
    status: int
    seconds: float
    outcomes: dict[str, Outcome]
    kept: Path
    broken_off: bool = False

    @property
    def whole(self) -> bool:
        """Whether all tests were run, so that one that is missing says something."""
        return self.status in _WHOLE and not self.broken_off

    @property
    def good(self) -> bool:
        return self.status == 0 or (self.broken_off and not any(self.failed))

    @property
    def failed(self) -> list[str]:
        """The tests that failed."""
        return [test for test, outcome in self.outcomes.items() if outcome.bad]

    @property
    def ending(self) -> str:
        """How it ended when it did not run all tests; else empty."""
        if self.broken_off:
            return "broken off"
        if self.status == _HUNG:
            return f"hung: nothing came for {SILENCE:.0f} s"
        return "" if self.whole else f"pytest ended with status {self.status}"


def command(arguments: Sequence[str], seed: int) -> list[str]:
    """The command of a run: of ``suites/`` with ``-n 2``, unless the arguments say otherwise."""
    named = any(
        not argument.startswith("-") and Path(argument.partition("::")[0]).exists()
        for argument in arguments
    )
    words = [sys.executable, "-m", "pytest", f"--randomly-seed={seed}", "-n", "2"]
    return [*words, *arguments, *([] if named else ["suites/"])]


def run(number: int, seed: int, arguments: Sequence[str], folder: Path) -> Run:
    """Run pytest once; on Ctrl-C what it had done until then.

    What a failed run printed is in ``folder``, with the evidence of its failures and its record.
    """
    kept = folder / f"run-{number:04d}"
    record, output = kept.with_suffix(".jsonl"), kept.with_suffix(".log")
    further = ["-p", recorder.__name__, f"{recorder.OPTION}={record}", f"--results={kept}"]
    words = [*command(arguments, seed), *further, "-p", "no:cacheprovider"]
    begun = time.monotonic()
    broken_off = False
    with output.open("wb") as file:
        file.write(f"{shlex.join(words)}\n".encode())
        file.flush()
        # A group of its own: Ctrl-C comes to us, and we pass it on once.
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True
        )
        try:
            status = _wait(process, record)
        except KeyboardInterrupt:
            broken_off = True
            status = _interrupt(process)
        finally:
            _kill(process)
    done = Run(
        number, seed, status, time.monotonic() - begun, recorder.read(record), kept, broken_off
    )
    if done.good:
        record.unlink(missing_ok=True)
        output.unlink(missing_ok=True)
        shutil.rmtree(kept, ignore_errors=True)
    return done


def _wait(process: subprocess.Popen[bytes], record: Path) -> int:
    """The exit status of a run, once it is over or nothing was recorded for too long."""
    size, since = -1, time.monotonic()
    while time.monotonic() - since < SILENCE:
        try:
            return process.wait(timeout=min(5.0, SILENCE))
        except subprocess.TimeoutExpired:
            now = record.stat().st_size if record.exists() else 0
            if now != size:
                size, since = now, time.monotonic()
    return _HUNG


def _interrupt(process: subprocess.Popen[bytes]) -> int:
    """Let a run end as Ctrl-C ends it."""
    process.send_signal(signal.SIGINT)
    try:
        return process.wait(timeout=_GRACE)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        return _HUNG


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End what is left of a run; servers end with it."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
