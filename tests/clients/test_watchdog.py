# SPDX-License-Identifier: MIT
"""A call into libxcb that takes too long loses its socket; others do not."""

import select
import socket
from collections.abc import Iterator

import pytest

from harness.clients.connection import watchdog
from harness.deadlines import Deadline

LONG, SHORT, GENEROUS_MS = 60.0, 0.05, 20_000


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        yield near, far


def shut_down(far: socket.socket, milliseconds: int) -> bool:
    poller = select.poll()
    poller.register(far, select.POLLIN)
    return bool(poller.poll(milliseconds)) and far.recv(1) == b""


def test_the_next_deadline_counts_whatever_was_armed_before(pair):
    """It sleeps for a later one when an earlier one comes, also after that one was met."""
    near, far = pair
    with socket.socket() as other, watchdog.guard(other, Deadline.after(LONG)):
        pass
    with watchdog.guard(near, Deadline.after(SHORT)):
        assert shut_down(far, GENEROUS_MS)


def test_a_deadline_that_was_met_shuts_nothing_down(pair):
    near, far = pair
    passing = Deadline.after(SHORT)
    with watchdog.guard(near, passing):
        pass
    assert not shut_down(far, int(4000 * SHORT))
