# SPDX-License-Identifier: MIT
"""Run a program of a build: all that it prints goes into the log, and line by line to a caller."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from shlex import join

from harness.termination import terminated_as_interrupted

Line = Callable[[str], None]
"""Receives each line that a program prints."""

END_SECONDS = 10.0


def _drop(_line: str) -> None:
    pass


def run(
    command: Sequence[str],
    log: Path,
    environment: Mapping[str, str],
    *,
    lock: int,
    on_line: Line = _drop,
    folder: Path | None = None,
) -> str | None:
    """Run ``command`` and append what it prints to ``log``; None, or what it printed if it failed.

    ``lock`` is a descriptor that the program and its children keep open.  An exception in the
    meantime, such as Ctrl-C, ends all of them; SIGTERM and SIGHUP are KeyboardInterrupt.
    Raises OSError when the log cannot be written.
    """
    lines = []
    with terminated_as_interrupted(), log.open("a", encoding="utf-8", errors="replace") as file:
        file.write(f"$ {join(command)}\n")
        file.flush()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            env=dict(environment),
            cwd=folder,
            pass_fds=(lock,),
            start_new_session=True,
        )
        assert process.stdout is not None
        with process:
            try:
                for line in process.stdout:
                    file.write(line)
                    lines.append(line)
                    on_line(line)
            except BaseException:
                _end(process)
                raise
    return "".join(lines) if process.returncode else None


def _end(process: subprocess.Popen[str]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(END_SECONDS)
            break
