# SPDX-License-Identifier: MIT
"""The pixels of the root are read in whole after each test, by shared memory or without."""

import pytest
from xcffib.xproto import GC, RECTANGLE

from harness.clients.present.presenter import Presenter
from harness.deadlines import Deadline
from harness.reuse import root_pixels
from harness.reuse.root_pixels import SHARED_MEMORY, RootPixels
from harness.reuse.wire import Wire
from harness.servers.shared_segment import SharedSegment
from harness.x11.plain_connection import query_extensions

WIDTH, HEIGHT = 160, 120


@pytest.fixture
def wire(server):
    wire = Wire(server, Deadline.after(5))
    yield wire
    wire.close()


@pytest.fixture
def shared(server):
    return query_extensions(server.display, server.cookie)[SHARED_MEMORY]


def look(wire, pixels):
    (reply,) = wire.exchange([pixels.request], Deadline.after(5))
    return pixels.of_reply(reply)


def uses_memory(pixels, shared):
    return pixels.request[0] == shared.major


@pytest.mark.parametrize("place", [(0, 0), (80, 60), (WIDTH - 1, HEIGHT - 1)], ids=str)
@pytest.mark.parametrize("way", ["shared", "plain"])
def test_one_pixel_is_seen(server, wire, shared, way, place):
    """And that it has gone."""
    pixels = RootPixels(wire, shared if way == "shared" else None, Deadline.after(5))
    assert uses_memory(pixels, shared) == (way == "shared")
    before = look(wire, pixels)
    with Presenter(server) as client:
        context = client.new_id()
        client.core.CreateGC(context, client.root, GC.Foreground, [0x00FF00])
        client.core.PolyFillRectangle(client.root, context, 1, [RECTANGLE.synthetic(*place, 1, 1)])
        client.sync()
        assert look(wire, pixels) != before
        client.core.ClearArea(False, client.root, *place, 1, 1)
        client.sync()
        assert look(wire, pixels) == before


def test_pixels_that_the_server_did_not_write_differ(wire, shared):
    """An answer alone proves nothing: what was read last is no longer in the memory."""
    pixels = RootPixels(wire, shared, Deadline.after(5))
    before = look(wire, pixels)
    assert look(wire, pixels) == before
    assert pixels.of_reply(bytearray(before)) != before
    assert look(wire, pixels) == before


@pytest.mark.parametrize("shmid", ["unknown", "another", "none"])
def test_memory_that_is_not_shared_is_not_used(server, wire, shared, shmid, monkeypatch):
    """As in another container: GetImage serves, and every answer has its request."""
    other = SharedSegment.create(4 * WIDTH * HEIGHT)

    class Misled(SharedSegment):
        @classmethod
        def create(cls, size):
            if shmid == "none":
                return None
            segment = SharedSegment.create(size)
            segment.shmid = 0x7FFFFFFF if shmid == "unknown" else other.shmid
            return segment

    monkeypatch.setattr(root_pixels, "SharedSegment", Misled)
    pixels = RootPixels(wire, shared, Deadline.after(5))
    assert not uses_memory(pixels, shared)
    assert len(look(wire, pixels)) == 32 + 4 * WIDTH * HEIGHT
