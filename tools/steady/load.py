# SPDX-License-Identifier: MIT
"""Processes that keep processors busy."""

from __future__ import annotations

import os
import subprocess
import sys
from types import TracebackType

_SPIN = """\
import os, sys
while os.getppid() == int(sys.argv[1]):
    sum(range(20_000))
"""


class Load:
    """Keeps ``count`` processors busy inside of ``with``.

    The processes end with it, and by themselves within milliseconds when their parent is no more.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self.processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Load:
        command = [sys.executable, "-I", "-S", "-c", _SPIN, str(os.getpid())]
        try:
            for _ in range(self._count):
                self.processes.append(subprocess.Popen(command, start_new_session=True))
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()
