# SPDX-License-Identifier: MIT
"""Processes that stand between a client and a server: ours, xtrace, and a bare relay."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.deadlines import Deadline
from harness.proxy.display import OwnDisplay
from harness.x11.address import Address
from harness.x11.plain_connection import Unusable, connect

SECONDS = 30.0
ENDS = 5.0


@contextmanager
def xharness_proxy(display: str, *options: str, command: str = "proxy") -> Iterator[str]:
    """The display that ``xharness proxy``, or another command, serves in front of ``display``."""
    with _serving("harness.cli", command, "--display", display, *options) as own:
        yield own


@contextmanager
def bare_relay(display: str) -> Iterator[str]:
    """The display of a relay in front of ``display``; see ``benchmarks.yardsticks.bare_relay``."""
    with _serving("benchmarks.yardsticks.bare_relay", display) as own:
        yield own


@contextmanager
def _serving(module: str, *arguments: str) -> Iterator[str]:
    argv = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            found = re.fullmatch(r"DISPLAY=(:\d+)\n", process.stdout.readline())
            assert found is not None, f"{module} did not print its display"
            yield found[1]
        finally:
            process.terminate()


@contextmanager
def xtrace_proxy(program: str, display: str, log: Path) -> Iterator[str]:
    """The display that xtrace serves in front of ``display``; it writes what it sees to ``log``."""
    free = OwnDisplay()
    free.close()
    argv = [program, "-n", "-k", "-b", "-o", str(log), "-d", display, "-D", free.name]
    with subprocess.Popen(argv, stderr=subprocess.DEVNULL) as process:
        try:
            _wait(Address.parse(free.name))
            yield free.name
        finally:
            process.kill()
            Address(free.number).path.unlink(missing_ok=True)


def _wait(address: Address) -> None:
    deadline = Deadline.after(SECONDS)
    while True:
        try:
            connect(address, b"", Deadline.after(ENDS)).close()
        except Unusable:
            if deadline.passed:
                raise
        else:
            return
