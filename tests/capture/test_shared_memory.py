# SPDX-License-Identifier: MIT
"""Captures through shared memory show what GetImage shows, and leave no segment."""

import gc
import os
from pathlib import Path

import numpy as np
import pytest

from harness.capture import shared_memory
from harness.capture.get_image import capture, capture_root
from harness.capture.zpixmap import CaptureError
from harness.clients.connection.errors import ProtocolError
from harness.clients.resources.window import Window
from harness.pixels.frame import FrameSource
from harness.pixels.rectangle import Rectangle
from harness.timeline.record import Request

NEVER = 1 << 62


@pytest.fixture(autouse=True)
def shared(monkeypatch):
    """Every image is large enough to be shared."""
    monkeypatch.setattr(shared_memory, "LEAST_BYTES", 1)


def requests(client, name):
    """How many requests of MIT-SHM with this name the client has sent."""
    names = [one.name for one in client.timeline.entries if isinstance(one, Request)]
    return names.count(f"MIT-SHM:{name}")


def attached(client):
    """The number of segments that the client shares now."""
    return requests(client, "Attach") - requests(client, "Detach")


def own_segments():
    """Segments in the kernel's table that this process made and that would outlive it."""
    lines = Path("/proc/sysvipc/shm").read_text().splitlines()
    names, *rows = (line.split() for line in lines)
    removed = 0o1000
    segments = (dict(zip(names, row, strict=True)) for row in rows)
    return {
        s["shmid"]
        for s in segments
        if int(s["cpid"]) == os.getpid() and not int(s["perms"], 8) & removed
    }


def mapped_segments():
    """The number of segments that this process has mapped."""
    return Path("/proc/self/maps").read_text().count("/SYSV")


@pytest.mark.parametrize("depth", [8, 16, 24, 30])
def test_shared_memory_gives_the_same_frame(connect, depth, monkeypatch):
    """Root and pixmaps of every depth, whole and in part, are byte for byte those of GetImage."""
    client = connect(depth)
    pixmaps = [client.pixmap(pixmap_depth, 67, 9) for pixmap_depth in client.formats]
    areas = (None, Rectangle(3, 2, 31, 5))

    def frames():
        yield capture_root(client)
        for pixmap in pixmaps:
            for area in areas:
                yield capture(pixmap, area, source=FrameSource.PIXMAP)

    fast = list(frames())
    assert requests(client, "GetImage") > len(fast)
    monkeypatch.setattr(shared_memory, "LEAST_BYTES", NEVER)
    for one, plain in zip(fast, frames(), strict=True):
        assert np.array_equal(one.raw, plain.raw)
        assert (one.depth, one.source) == (plain.depth, plain.source)
    assert all(len(np.unique(one.pixels)) > 1 for one in fast[1:])


def test_only_large_images_are_shared(connect, monkeypatch):
    """The size in bytes decides."""
    client = connect(24)
    monkeypatch.setattr(shared_memory, "LEAST_BYTES", 4 * 64 * 64)
    capture(client.pixmap(24, 64, 63))
    assert requests(client, "GetImage") == 0
    capture(client.pixmap(24, 64, 64))
    assert requests(client, "GetImage") == 2


def test_a_later_capture_leaves_earlier_frames_alone(connect):
    """Each frame keeps its memory until it is collected; then the memory is used again."""
    client = connect(24)
    pattern, plain = client.pixmap(24, 64, 64), client.pixmap(24, 64, 32)
    first = capture(pattern)
    digest, part = first.digest, first.crop(0, 0, 8, 8)
    second = capture(plain)
    assert attached(client) == 2
    assert first.digest == digest
    del first
    gc.collect()
    third = capture(plain)
    assert attached(client) == 3
    assert third.digest == second.digest
    del part, second, third
    gc.collect()
    for _ in range(10):
        assert capture(pattern).digest == digest
    assert attached(client) <= 3


def test_frames_outlive_the_capture(connect):
    """Memory is unmapped with its client; a living frame keeps its own, and its pixels."""
    gc.collect()
    before = mapped_segments()
    client = connect(24)
    pixmap = client.pixmap(24, 64, 64)
    frame, digest = capture(pixmap), capture(pixmap).digest
    gc.collect()
    assert mapped_segments() == before + 2
    client.close()
    assert mapped_segments() == before + 1
    assert frame.digest == digest
    del frame
    gc.collect()
    assert mapped_segments() == before


def test_no_segment_is_ever_left(connect, monkeypatch):
    """A segment is removed from the system's table before the server hears of it."""
    client = connect(24)
    attach = shared_memory._attach
    # Another program's, left by a process that had the number of this one.
    others = own_segments()
    seen = []

    def looking(client, segment):
        seen.append(own_segments() - others)
        return attach(client, segment)

    monkeypatch.setattr(shared_memory, "_attach", looking)
    frame = capture_root(client)
    assert frame.pixel(0, 0) == 0
    assert seen == [set()]
    del frame
    gc.collect()
    assert own_segments() == others


def test_a_refused_capture_keeps_the_segment_usable(connect, monkeypatch):
    """After an error the same memory serves the next capture."""
    client = connect(24)
    pixmap = client.pixmap(24, 64, 64)
    digest = capture(pixmap).digest
    with pytest.raises(CaptureError):
        capture(pixmap, Rectangle(0, 0, 65, 1))
    gone = client.pixmap(24, 64, 64)
    geometry = gone.geometry
    gone.free()
    with monkeypatch.context() as patched:
        patched.setattr(client, "geometry", lambda _: geometry)
        with pytest.raises(ProtocolError, match="Drawable"):
            capture(gone)
    assert capture(pixmap).digest == digest
    assert attached(client) == requests(client, "Attach") == 1


@pytest.mark.parametrize("redirected", [True, False])
def test_a_window_beyond_the_screen_is_captured_as_by_get_image(connect, redirected):
    """ShmGetImage refuses it, whoever has its pixels: GetImage decides."""
    client = connect(24)
    window = Window.create(client, 64, 48, x=-10, y=-10)
    window.map()
    if redirected:
        window.redirect()
        window.fill("red")
        assert capture(window).pixel(0, 0) == 0xFF0000
    else:
        with pytest.raises(ProtocolError, match="Match"):
            capture(window)
    assert client.errors == []


@pytest.mark.parametrize("shmid", [0x7FFFFFFF, None], ids=["unknown", "another"])
def test_a_segment_that_does_not_exist_is_refused(connect, monkeypatch, shmid):
    """Where the server attaches nothing, or other memory, GetImage serves; nobody tries again."""
    client = connect(24)
    pixmap = client.pixmap(24, 64, 64)
    attach, other = shared_memory._attach, shared_memory.SharedSegment.create(16384)

    def misled(client, segment):
        segment.shmid = shmid or other.shmid
        return attach(client, segment)

    monkeypatch.setattr(shared_memory, "_attach", misled)
    frames = [capture(pixmap), capture(pixmap)]
    assert requests(client, "Attach") == 1
    assert client.errors == []
    client.sync()
    monkeypatch.setattr(shared_memory, "LEAST_BYTES", NEVER)
    assert {frame.digest for frame in frames} == {capture(pixmap).digest}


def test_a_kernel_without_memory_is_no_error(connect, monkeypatch):
    """Where there is no segment to be had, GetImage serves."""
    client = connect(24)
    monkeypatch.setattr(shared_memory.SharedSegment, "create", lambda size: None)
    assert capture(client.pixmap(24, 64, 64)).size == "64x64 depth 24"
    assert requests(client, "Attach") == 0
