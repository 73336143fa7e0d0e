# SPDX-License-Identifier: MIT
"""Memory that a client and the server pass each other as file descriptors (MIT-SHM 1.2)."""

import mmap
import os

import numpy as np
import pytest

from harness.capture.arrival import await_picture
from harness.capture.get_image import capture
from harness.capture.zpixmap import RowLayout
from harness.clients.resources.pixmap import Pixmap
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from suites.marks import DEPTH_24, SHOWN

pytestmark = [pytest.mark.xserver(fps=600), pytest.mark.needs("Present", "MIT-SHM"), DEPTH_24]

QUERY_VERSION, DETACH, CREATE_PIXMAP, ATTACH_FD, CREATE_SEGMENT = 0, 2, 5, 6, 7
WIDTH, HEIGHT, DEPTH, OFFSET = 33, 21, 24, 100
GUARD = 0xA5
SIZE = 8192


class Sharer:
    """A client that shares memory by descriptors, and its pixmap at ``OFFSET`` of the memory."""

    def __init__(self, wire):
        self.wire = wire
        self.major = wire.major("MIT-SHM")
        reply = wire.reply(wire.request(self.major, QUERY_VERSION, b""))
        if not reply[1] or wire.unpack("HH", reply, 8) < (1, 2):
            pytest.skip("needs pixmaps in memory whose descriptor is passed, with MIT-SHM 1.2")

    def attach(self, descriptor, *, read_only=False, passed=1):
        """(id of the segment, error)."""
        id = self.wire.new_id()
        body = self.wire.pack("IB3x", id, read_only)
        sequence = self.wire.request(self.major, ATTACH_FD, body, [descriptor] * passed)
        return id, self.wire.error_of(sequence)

    def create_segment(self, size):
        """(id, descriptor) of memory that the server has made."""
        id = self.wire.new_id()
        sequence = self.wire.request(
            self.major, CREATE_SEGMENT, self.wire.pack("IIB3x", id, size, 0)
        )
        reply = self.wire.reply(sequence)
        (descriptor,) = self.wire.descriptors
        assert reply[1] == 1
        self.wire.descriptors.clear()
        return id, descriptor

    def lay(self, segment, offset=OFFSET):
        """(id of a new pixmap, error)."""
        id = self.wire.new_id()
        layout = "IIHHB3xII"
        body = self.wire.pack(layout, id, self.wire.root, WIDTH, HEIGHT, DEPTH, segment, offset)
        return id, self.wire.error_of(self.wire.request(self.major, CREATE_PIXMAP, body))

    def detach(self, segment):
        assert (
            self.wire.error_of(self.wire.request(self.major, DETACH, self.wire.pack("I", segment)))
            is None
        )


@pytest.fixture
def sharer(connect_wire):
    return Sharer(connect_wire())


@pytest.fixture
def memory():
    """(Descriptor, its mapping) of ``SIZE`` bytes, all ``GUARD``."""
    descriptor = os.memfd_create("pixels")
    os.ftruncate(descriptor, SIZE)
    mapping = mmap.mmap(descriptor, SIZE)
    mapping[:] = bytes([GUARD]) * SIZE
    yield descriptor, mapping
    mapping.close()
    os.close(descriptor)


def rows(presenter, pixels):
    """The bytes of ``pixels`` in memory, and their layout."""
    layout = RowLayout.of(presenter.formats, presenter.byte_order, DEPTH, WIDTH)
    return pixels.astype(f"{presenter.byte_order}u4").tobytes(), layout


def check_shown(presenter, pixmap, mapping, seed):
    """What is stored in the memory is presented; what the server draws is in the memory."""
    window = presenter.window(WIDTH, HEIGHT)
    pixels = chart_pixels(WIDTH, HEIGHT, DEPTH, seed)
    data, layout = rows(presenter, pixels)
    mapping[OFFSET : OFFSET + len(data)] = data
    shown = window.present(pixmap)
    assert shown.wait_complete().mode in SHOWN
    picture = Canvas(WIDTH, HEIGHT, DEPTH).paste(pixels)
    await_picture(picture, lambda: capture(window))
    drawn = Pixmap(presenter, pixmap, WIDTH, HEIGHT, DEPTH)
    drawn.fill("red", 3, 4, 11, 9)
    presenter.sync()
    picture.area(3, 4, 11, 9).fill("red")
    stored = layout.pixels(mapping[OFFSET : OFFSET + len(data)], HEIGHT) & 0xFFFFFF
    assert np.array_equal(stored, picture.frame.pixels)


def test_memory_that_a_client_passes_holds_a_pixmap(presenter, sharer, memory):
    """The server keeps it when the client has closed its descriptor and detached the segment, and
    touches no other byte (PRE-157)."""
    descriptor, mapping = memory
    own = os.dup(descriptor)
    segment, error = sharer.attach(own)
    os.close(own)
    assert error is None
    pixmap, error = sharer.lay(segment)
    assert error is None
    check_shown(presenter, pixmap, mapping, 1)
    sharer.detach(segment)
    check_shown(presenter, pixmap, mapping, 2)
    end = OFFSET + 4 * WIDTH * HEIGHT
    assert set(mapping[:OFFSET] + mapping[end:]) == {GUARD}


def test_memory_that_the_server_passes_holds_a_pixmap(presenter, sharer):
    """It is as large as was asked for, and the same for both (PRE-157)."""
    segment, descriptor = sharer.create_segment(SIZE)
    assert os.fstat(descriptor).st_size == SIZE
    mapping = mmap.mmap(descriptor, SIZE)
    os.close(descriptor)
    pixmap, error = sharer.lay(segment)
    assert error is None
    check_shown(presenter, pixmap, mapping, 3)
    mapping.close()


def test_memory_that_may_not_be_written_holds_no_pixmap(sharer, memory):
    """Access, as the server would draw there (PRE-157)."""
    segment, error = sharer.attach(memory[0], read_only=True)
    assert error is None
    _, error = sharer.lay(segment)
    assert error.name == "Access"


def test_an_empty_file_and_none_are_refused(sharer, memory):
    """Match for a file without a byte, and for a request without a descriptor; the ids stay free
    (PRE-157)."""
    empty = os.memfd_create("empty")
    try:
        _, error = sharer.attach(empty)
    finally:
        os.close(empty)
    assert error.name == "Match"
    _, error = sharer.attach(memory[0], passed=0)
    assert error.name == "Match"
    segment, error = sharer.attach(memory[0])
    assert error is None
    _, error = sharer.lay(segment)
    assert error is None


@pytest.mark.needs(small_windows_copy=True)
def test_a_client_that_takes_its_memory_away_harms_nobody(presenter, sharer, memory):
    """A file that was made shorter under the server: reading and drawing there does no harm, and
    other windows are presented to as ever (PRE-157)."""
    descriptor, mapping = memory
    segment, _ = sharer.attach(descriptor)
    pixmap, error = sharer.lay(segment)
    assert error is None
    check_shown(presenter, pixmap, mapping, 4)
    os.ftruncate(descriptor, 0)
    drawn = Pixmap(presenter, pixmap, WIDTH, HEIGHT, DEPTH)
    drawn.fill("green")
    window = presenter.window(WIDTH, HEIGHT)
    assert window.present(pixmap).wait_complete().mode in SHOWN
    presenter.get_image(pixmap, 0, 0, WIDTH, HEIGHT)
    assert window.show("green").mode in SHOWN
    assert window.pixel() == window.value("green")
    os.ftruncate(descriptor, SIZE)
