# SPDX-License-Identifier: MIT
"""Captures through shared memory show what GetImage shows, and leave no segment."""

import gc
import os
from pathlib import Path

import numpy as np
import pytest

from harness.capture.get_image import capture, capture_root
from harness.capture.shared_memory import SharedMemoryCapture, SharedMemoryError
from harness.capture.zpixmap import CaptureError
from harness.clients.connection.errors import ProtocolError
from harness.pixels.frame import FrameSource
from harness.pixels.rectangle import Rectangle


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


@pytest.mark.parametrize("depth", [8, 16, 24, 30])
def test_shared_memory_gives_the_same_frame(connect, depth):
    """Root and pixmaps of every depth, whole and in part, are byte for byte those of GetImage."""
    client = connect(depth)
    with SharedMemoryCapture(client) as shared:
        assert shared.capture_root().digest == capture_root(client).digest
        for pixmap_depth in client.formats:
            pixmap = client.pixmap(pixmap_depth, 67, 9)
            for area in (None, Rectangle(3, 2, 31, 5)):
                plain = capture(pixmap, area, source=FrameSource.PIXMAP)
                fast = shared.capture(pixmap, area, source=FrameSource.PIXMAP)
                assert np.array_equal(fast.raw, plain.raw)
                assert (fast.depth, fast.source) == (plain.depth, plain.source)
                assert len(np.unique(fast.pixels)) > 1


def test_a_later_capture_leaves_earlier_frames_alone(connect):
    """Each frame keeps its memory until it is gone; then the memory is used again."""
    client = connect(24)
    pattern, plain = client.pixmap(24, 64, 64), client.pixmap(24, 64, 32)
    with SharedMemoryCapture(client) as shared:
        first = shared.capture(pattern)
        digest, part = first.digest, first.crop(0, 0, 8, 8)
        second = shared.capture(plain)
        assert len(client.attached) == 2
        assert first.digest == digest
        del first
        gc.collect()
        third = shared.capture(plain)
        assert len(client.attached) == 3
        assert third.digest == second.digest
        del part, second, third
        gc.collect()
        for _ in range(10):
            assert shared.capture(pattern).digest == digest
        assert len(client.attached) <= 3


def test_frames_outlive_the_capture(connect):
    """Closing gives back what is free; a living frame keeps its pixels."""
    client = connect(24)
    pixmap = client.pixmap(24, 64, 64)
    with SharedMemoryCapture(client) as shared:
        frame = shared.capture(pixmap)
    assert frame.digest == capture(pixmap).digest
    with pytest.raises(SharedMemoryError, match="closed"):
        shared.capture(pixmap)


def test_no_segment_is_ever_left(connect):
    """A segment is removed from the system's table before the server hears of it."""
    client = connect(24)
    attach = client.shm_attach
    seen = []

    def looking(shmid):
        seen.append(own_segments())
        return attach(shmid)

    client.shm_attach = looking
    with SharedMemoryCapture(client) as shared:
        frame = shared.capture_root()
        assert frame.pixel(0, 0) == 0
    assert seen == [set()]
    del frame
    gc.collect()
    assert own_segments() == set()


def test_a_refused_capture_keeps_the_segment_usable(connect):
    """After an error the same memory serves the next capture."""
    client = connect(24)
    pixmap = client.pixmap(24, 64, 64)
    with SharedMemoryCapture(client) as shared:
        shared.capture(pixmap)
        gc.collect()
        with pytest.raises(CaptureError):
            shared.capture(pixmap, Rectangle(0, 0, 65, 1))
        shm_get_image, client.shm_get_image = client.shm_get_image, _refuse
        with pytest.raises(ConnectionError):
            shared.capture(pixmap)
        client.shm_get_image = shm_get_image
        shared.capture(pixmap)
        assert len(client.attached) == 1
    assert client.attached == set()


def _refuse(*_):
    raise ConnectionError


def test_a_segment_that_does_not_exist_is_refused(connect):
    """The server's error reaches whoever attaches, and the connection goes on."""
    client = connect(24)
    with pytest.raises(ProtocolError, match="Access"):
        client.shm_attach(0x7FFFFFFF)
    with pytest.raises(ProtocolError, match="Seg"):
        client.shm_get_image(client.root, 0, 0, 1, 1, client.new_id())
    client.sync()
