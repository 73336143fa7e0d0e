# SPDX-License-Identifier: MIT
"""Faults of a server that does not start, live or end as it should."""

import os
import signal
import sys

from harness.faults.fault import Fault
from harness.faults.scripted import Cut, Hang
from harness.x11 import encoding
from harness.x11.codec import ExtensionRequest
from harness.x11.present import PresentPixmap
from tests.doubles.faulty_server import ServerFault

MAP_NOTIFY = 19

SCRIPTS = {
    # Shows that the double itself is not what tests see.
    "honest": (),
    "hangs": (Hang("PresentPixmap", nth=2),),
    "hangs-up": (Cut("PresentPixmap", nth=2),),
}


class Crashes(ServerFault):
    """The second presentation kills the server."""

    def request(self, request: ExtensionRequest) -> bytes | ExtensionRequest:
        if len(self.link.presented) == 2:
            self.double.real.send_signal(signal.SIGSEGV)
        return request


class InterruptsReplies(Fault):
    """An event is written into the middle of the reply that holds an image."""

    def message(self, name: str, message: bytes) -> list[bytes]:
        if name != "GetImage" or message[0] != encoding.REPLY:
            return [message]
        return [message[:64] + bytes([MAP_NOTIFY]) + bytes(31) + message[64:]]


class HangsAtStart(ServerFault):
    """The server never prints its display number."""

    @classmethod
    def start(cls) -> None:
        signal.pause()


class RefusesToStart(ServerFault):
    """The server ends with a message before it is ready."""

    @classmethod
    def start(cls) -> None:
        sys.stderr.write("no screens found\n")
        cls.double.exit_status = 1
        raise SystemExit


class IgnoresSigterm(ServerFault):
    """The server does not end at SIGTERM."""

    @classmethod
    def start(cls) -> None:
        def stay(*_: object) -> None:
            while True:
                signal.pause()

        signal.signal(signal.SIGTERM, stay)


class FailsAtTheEnd(ServerFault):
    """The server exits at SIGTERM with a failure, as one that leaks under a sanitizer."""

    @classmethod
    def start(cls) -> None:
        cls.double.exit_status = 23


class FillsItsLog(Fault):
    """Every presentation writes five megabytes into the log, and is served."""

    def request(self, request: ExtensionRequest) -> bytes | ExtensionRequest:
        if isinstance(request, PresentPixmap):
            os.write(2, b"the weather is fine\n" * 250_000)
        return request
