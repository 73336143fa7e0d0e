# SPDX-License-Identifier: MIT
"""What a recorder makes of what a proxy sees."""

import os
import struct

import pytest

from harness.recordings.recorder import RecordingTap
from harness.recordings.recording import (
    Closed,
    Descriptor,
    DescriptorKind,
    Opened,
    Passed,
    RecordingHead,
    Sender,
)
from harness.x11.extensions import Extension
from harness.x11.setup import greeting
from tests.recordings.kept import Kept

SYNC = Extension("SYNC", 134, 83, 134)


class Proxy:
    """As much of one as a recorder wants."""

    def __init__(self):
        self.extensions = {"SYNC": SYNC}


@pytest.fixture
def recorder():
    """A recorder with a client that has connected, and its sink."""
    sink = Kept()
    made = RecordingTap("a server", ["cat", "-"], sink)
    made.start(Proxy())
    made.opened(1)
    return made, sink


def test_the_head_has_the_extensions_that_clients_see(recorder):
    """And the command, as given."""
    made, sink = recorder
    assert sink.head == RecordingHead("a server", (SYNC,), ("cat", "-"))
    made.end()
    assert sink.ended


def test_all_sinks_get_the_same_items():
    """In their order."""
    sinks = [Kept(), Kept()]
    made = RecordingTap("a server", (), *sinks)
    made.start(Proxy())
    made.opened(1)
    made.sent(1, b"abc", [])
    made.received(1, b"def", [])
    made.closed(1, False)
    first, second = (sink.items for sink in sinks)
    assert first == second
    assert [type(item) for item in first] == [Opened, Passed, Passed, Closed]
    assert [item.sender for item in first[1:3]] == [Sender.CLIENT, Sender.SERVER]
    assert first[-1].by is Sender.SERVER
    times = [item.time for item in first]
    assert times == sorted(times)


def test_memory_is_left_alone_where_no_sink_wants_it(tmp_path):
    """Descriptors are counted, and nothing behind them is mapped."""
    memory = os.memfd_create("segment")
    os.truncate(memory, 4096)
    sinks = Kept(), Kept()
    segment = Extension("MIT-SHM", 130, 65, 128)
    attach = struct.pack("=BBHIB3x", 130, 6, 3, 7, 0)
    put = struct.pack("=BBH6H4x4BII", 130, 3, 10, *(0,) * 6, 0, 24, 2, 0, 7, 0)
    for sink, contents in zip(sinks, (True, False), strict=True):
        made = RecordingTap("a server", (), sink, contents=contents)
        proxy = Proxy()
        proxy.extensions = {"MIT-SHM": segment}
        made.start(proxy)
        made.opened(1)
        made.sent(1, greeting(b"", "<"), [])
        made.sent(1, attach, [memory])
        os.pwrite(memory, b"pixels", 0)
        made.sent(1, put, [])
        made.closed(1, True)
    os.close(memory)
    with_, without = ([type(one).__name__ for one in sink.items] for sink in sinks)
    assert "Contents" not in without
    assert [one for one in with_ if one != "Contents"] == without


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_cookies_are_not_recorded(order, size, recorder):
    """A recording is for others to see; all else of the greeting, and what follows, is there."""
    made, sink = recorder
    secret = bytes(range(1, 16))
    data = greeting(secret, order) + secret
    for at in range(0, len(data), size):
        made.sent(1, data[at : at + size], [])
    made.end()
    sent = b"".join(item.data for item in sink.items[1:])
    assert sent == greeting(secret, order).replace(secret, bytes(15)) + secret


def test_descriptors_stand_with_the_next_bytes(recorder, tmp_path):
    """Of their own direction; each has a number, and memory its size."""
    made, sink = recorder
    (tmp_path / "memory").write_bytes(bytes(500))
    memory = os.open(tmp_path / "memory", os.O_RDONLY)
    end, other = os.pipe()
    try:
        made.received(1, b"", [memory, end])
        made.sent(1, b"request", [other])
        made.received(1, b"reply", [])
        made.end()
    finally:
        for fd in (memory, end, other):
            os.close(fd)
    request, reply = sink.items[1:]
    assert reply.descriptors == (
        Descriptor(1, DescriptorKind.MEMORY, 500),
        Descriptor(2, DescriptorKind.OTHER),
    )
    assert request.descriptors == (Descriptor(3, DescriptorKind.OTHER),)


def test_fences_are_told_by_their_name(recorder):
    """The shared memory of libxshmfence."""
    made, sink = recorder
    fence = os.memfd_create("xshmfence")
    try:
        os.truncate(fence, 8)
        made.sent(1, b"request", [fence])
    finally:
        os.close(fence)
    assert sink.items[1].descriptors == (Descriptor(1, DescriptorKind.FENCE, 8),)
