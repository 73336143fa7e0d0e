# SPDX-License-Identifier: MIT
"""Run a program of a build: all that it prints goes into the log, and line by line to a caller."""

import contextlib
import os
import select
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from shlex import join

from harness.deadlines import Deadline
from harness.servers.process.reaper import REAPER
from harness.termination import terminated_as_interrupted

Line = Callable[[str], None]
"""Receives each line that a program prints."""

END_SECONDS = 10.0
_RETRY_MS = 5


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
    meantime, such as Ctrl-C, ends all of them, and so does the death of this process; SIGTERM and
    SIGHUP are KeyboardInterrupt.  Raises OSError when the log cannot be written.
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
                REAPER.watch(process.pid, log)
                for line in process.stdout:
                    file.write(line)
                    lines.append(line)
                    on_line(line)
                process.wait()
            except BaseException:
                _end(process)
                raise
            finally:
                REAPER.unwatch(process.pid)
    return "".join(lines) if process.returncode else None


def _end(process: subprocess.Popen[str]) -> None:
    """End the program, and then what is left of its session: ninja waits for none of its jobs.

    Each of those leads a process group of its own.
    """
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(END_SECONDS)
    deadline, pause = Deadline.exactly(END_SECONDS), select.poll()
    while (members := _members(process.pid)) and not deadline.passed:
        for member in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(member, signal.SIGKILL)
        # Those that are not our children have no status to wait for.
        pause.poll(_RETRY_MS)


def _members(session: int) -> list[int]:
    """The processes of a session that have not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # Before the state stands the name in brackets, which may hold anything.
            state, _, _, of, *_ = path.read_bytes().rpartition(b")")[2].split()
            if int(of) == session and state != b"Z":
                found.append(int(path.parent.name))
    return found
