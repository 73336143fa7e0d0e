# SPDX-License-Identifier: MIT
"""An X server that misbehaves: a real Xvfb behind a proxy that does one fault.

It has the command line of Xvfb, prints the display of its proxy, and exits as Xvfb did.
"""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

from harness.faults.fault import Fault
from harness.faults.layer import FaultLayer
from harness.faults.script import Script
from harness.faults.scripted import Scripted
from harness.proxy.thread import ProxyThread
from harness.x11.authority import find_cookie

Behaviour = type[Fault] | tuple[Scripted, ...]
"""A fault with code of its own, or a script."""


def layer_for(fault: Behaviour) -> FaultLayer:
    """The layer of a proxy that behaves so."""
    return Script(*fault) if isinstance(fault, tuple) else FaultLayer(fault)


class ServerFault(Fault):
    """A fault of the server as a whole, which is ``double``."""

    double: "Double"

    @classmethod
    def start(cls) -> None:
        """Called before the display number is printed."""


class Double:
    """The real server, which is a process of ours, and how we are to end."""

    def __init__(self, argv: list[str]) -> None:
        self.exit_status = 0
        at = argv.index("-displayfd") + 1
        self._display_fd = int(argv[at])
        self._cookie = b""
        if "-auth" in argv:
            self._cookie = find_cookie(Path(argv[argv.index("-auth") + 1]), 0) or b""
        reading, writing = os.pipe()
        self.real = subprocess.Popen(
            ["Xvfb", *argv[:at], str(writing), *argv[at + 1 :]], pass_fds=[writing]
        )
        os.close(writing)
        with os.fdopen(reading) as output:
            self._display = f":{output.readline().strip()}"

    def serve(self, fault: Behaviour) -> int:
        """Pass messages on until SIGTERM or the end of the real server; the exit status."""
        signal.signal(signal.SIGTERM, _end)
        try:
            if isinstance(fault, type) and issubclass(fault, ServerFault):
                fault.double = self
                fault.start()
            with ProxyThread(self._display, self._cookie, [layer_for(fault)]) as proxy:
                os.write(self._display_fd, f"{proxy.display[1:]}\n".encode())
                try:
                    self.exit_status = self.real.wait()
                finally:
                    proxy.check()
        except SystemExit:
            pass
        finally:
            self.real.terminate()
            self.real.wait()
        return self.exit_status


def _end(*_: object) -> None:
    # It comes again where the end takes a while, and would lose the status.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit


def run(fault: Behaviour, argv: list[str]) -> None:
    """Be the double, with the command line ``argv`` of an X server."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    status = Double(argv).serve(fault)
    if status < 0:
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    sys.exit(status)
