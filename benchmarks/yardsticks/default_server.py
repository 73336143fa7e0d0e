# SPDX-License-Identifier: MIT
"""The yardstick for starting servers: Xvfb with default options, started by a plain Popen."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from harness.deadlines import Deadline
from harness.x11.address import Address
from harness.x11.plain_connection import connect

SECONDS = 30.0


def first_reply(number: int) -> None:
    """Wait for the display's connection set-up, the first reply that a client receives.

    A server that wrote its display number listens; one without -displayfd may not yet.
    """
    connect(Address(number), b"", Deadline.after(SECONDS)).close()


@contextmanager
def default_server(*further: str) -> Iterator[int]:
    """The display number of a fresh Xvfb that answered; 640x480, with ``further`` options."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as pipe:
        argv = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "640x480x24", *further]
        process = subprocess.Popen(
            argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=(writing,)
        )
        os.close(writing)
        try:
            number = int(pipe.readline())
            first_reply(number)
            yield number
        finally:
            process.terminate()
            process.wait(SECONDS)
