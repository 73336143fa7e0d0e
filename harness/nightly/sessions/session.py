# SPDX-License-Identifier: MIT
"""Runs pytest as a process, and reads the results that it leaves."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import HarnessError
from harness.nightly.sessions.server_options import ServerOptions
from harness.results.run import Run
from harness.results.run_file import NAME, read_run
from harness.servers.process.reaper import REAPER

END_SECONDS = 15.0
"""What a session has for its summary and its servers once its time is over."""

_TAIL = 15
"""Lines of the output that an error shows."""

_NOT_FOUND = re.compile(r"^ERROR: (?:not found|file or directory not found): (.+)$", re.MULTILINE)

_running: set[subprocess.Popen[bytes]] = set()


class SessionFailed(HarnessError):
    """A session of pytest left no results."""


@dataclass(frozen=True, slots=True)
class Suites:
    """A checkout of the tests, and the Python that runs them.

    ``commit`` is the one that it stands at, empty when it is unknown.
    """

    folder: str
    python: str = sys.executable
    commit: str = ""


def run_session(
    suites: Suites,
    tests: Sequence[str],
    server: ServerOptions,
    results: Path,
    *,
    seconds: float,
    seed: str = "",
    options: Sequence[str] = (),
) -> Run:
    """Run ``tests`` on a fresh server each, and keep results and output in the folder ``results``.

    ``tests`` that these suites do not have are left out of the run.  After ``seconds`` (s) the
    session is ended, and its tests are not finished.  ``seed`` is that of the random order.
    Raises SessionFailed when there are no results, which the output's last lines explain.
    """
    began = time.monotonic()
    order = (f"--randomly-seed={seed}",) if seed else ("-p", "no:randomly")
    command = [suites.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *order]
    command += [*server.options, "--servers=fresh", f"--results={results}", *options]
    output = results.with_name(f"{results.name}.log")
    output.parent.mkdir(parents=True, exist_ok=True)
    files = {test: Path(suites.folder, test.partition("::")[0]) for test in tests}
    wanted = [test for test, file in files.items() if file.exists()]
    text = _run([*command, *wanted], suites, output, seconds) if wanted else ""
    if not (results / NAME).exists() and _NOT_FOUND.search(text):
        # pytest does not say which variants of a test there are, and runs none.
        sources = sorted({test.partition("::")[0] for test in wanted})
        listed = _run([*command, "--collect-only", *sources], suites, output, seconds)
        there = set(listed.splitlines())
        wanted = [test for test in wanted if test in there]
        text = _run([*command, *wanted], suites, output, seconds) if wanted else ""
    if not wanted:
        raise SessionFailed(f"{suites.folder} has none of these tests: {', '.join(tests)}")
    if not (results / NAME).exists():
        if time.monotonic() - began >= seconds:
            raise SessionFailed(
                f"pytest in {suites.folder} left no results for {', '.join(wanted)}: it was ended "
                f"after {seconds:g} s, which were too few (--seconds)"
            )
        tail = "\n".join(text.splitlines()[-_TAIL:])
        raise SessionFailed(
            f"pytest in {suites.folder} left no results for {', '.join(wanted)}; the last lines "
            f"of {output}:\n{tail}"
        )
    return read_run(results)


def end_sessions() -> None:
    """End the sessions that threads of this process wait for, as SIGTERM ends one."""
    for process in list(_running):
        process.terminate()


def _run(command: Sequence[str], suites: Suites, output: Path, seconds: float) -> str:
    """Run the command until it ends, at most for ``seconds``; what it printed, also in a file.

    It ends with this process too.
    """
    # Before any installed one: the harness that belongs to these suites.
    paths = (suites.folder, os.environ.get("PYTHONPATH", ""))
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_XDIST", "PYTEST_CURRENT"))
    }
    environment = {**inherited, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    with (
        output.open("wb") as stream,
        subprocess.Popen(
            command,
            cwd=suites.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        try:
            REAPER.watch(process.pid, output)
            _running.add(process)
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.terminate()
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        except BaseException:
            # Ctrl-C: pytest ends its servers.
            process.terminate()
            raise
        finally:
            process.wait()
            _running.discard(process)
            REAPER.unwatch(process.pid)
    return output.read_text("utf-8", "replace")
