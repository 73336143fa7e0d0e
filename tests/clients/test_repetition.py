# SPDX-License-Identifier: MIT
"""The same requests over and over: where a server may come to rest, and how they end."""

from threading import Event

from harness.clients.raw.repetition import Repetition

REQUESTS = [bytes([number] * 4) for number in range(5)]


class Wire:
    """Keeps what is sent; ``several`` is set once there were as many blocks as requests."""

    closed = False

    def __init__(self):
        self.sent, self.counted, self.several = [], 0, Event()

    def send(self, data, requests):
        self.sent.append(data)
        self.counted += requests
        if len(self.sent) >= len(REQUESTS):
            self.several.set()

    def sync(self):
        pass


def test_blocks_end_after_another_request_each_time():
    """A server that waits for the next block is not always in the same state; whole rounds in all,
    the last request last."""
    wire = Wire()
    with Repetition(wire, REQUESTS):
        assert wire.several.wait(20)
    ends = [data[-4:] for data in wire.sent[: len(REQUESTS)]]
    assert sorted(ends) == REQUESTS
    stream = b"".join(wire.sent)
    assert len(stream) == 4 * wire.counted
    assert stream == b"".join(REQUESTS) * (wire.counted // len(REQUESTS))
