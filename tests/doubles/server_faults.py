# SPDX-License-Identifier: MIT
"""Faults of a server that does not start, live or end as it should."""

import os
import signal
import sys

from harness.protocol.present import PresentPixmap, Request
from tests.doubles.faulty_server import Double, Fault


class Honest(Fault):
    """Changes nothing: shows that the double itself is not what tests see."""


class Crashes(Fault):
    """The second presentation kills the server."""

    def request(self, request: Request) -> bytes | Request:
        if len(self.link.presented) == 2:
            self.link.double.real.send_signal(signal.SIGSEGV)
        return request


class Hangs(Fault):
    """From the second presentation on the server is silent."""

    def request(self, request: Request) -> bytes | Request:
        self.link.double.hung = len(self.link.presented) == 2
        return request


class HangsUp(Fault):
    """The second presentation ends the client's connection."""

    def request(self, request: Request) -> bytes | Request:
        if len(self.link.presented) == 2:
            raise ConnectionResetError
        return request


class HangsAtStart(Fault):
    """The server never tells its display number."""

    @staticmethod
    def start(double: Double) -> None:
        signal.pause()


class RefusesToStart(Fault):
    """The server ends with a message before it is ready."""

    @staticmethod
    def start(double: Double) -> None:
        sys.stderr.write("no screens found\n")
        double.exit_status = 1
        raise SystemExit


class IgnoresSigterm(Fault):
    """The server does not end when asked to."""

    @staticmethod
    def start(double: Double) -> None:
        def stay(*_: object) -> None:
            while True:
                signal.pause()

        signal.signal(signal.SIGTERM, stay)


class FailsAtTheEnd(Fault):
    """The server ends when asked to, but not well, as one that leaks under a sanitizer."""

    @staticmethod
    def start(double: Double) -> None:
        double.exit_status = 23


class FillsItsLog(Fault):
    """Every presentation writes five megabytes into the log, and is served."""

    def request(self, request: Request) -> bytes | Request:
        if isinstance(request, PresentPixmap):
            os.write(2, b"the weather is fine\n" * 250_000)
        return request
