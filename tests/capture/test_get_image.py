# SPDX-License-Identifier: MIT
"""Captures through GetImage, from wire bytes and from a real server."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

from harness.capture.get_image import capture, capture_root
from harness.capture.zpixmap import CaptureError, RowLayout
from harness.pixels.frame import FrameSource
from harness.pixels.rectangle import Rectangle

ROOT = 0x26


@dataclass(frozen=True)
class Handle:
    client: object
    id: int


class FakeClient:
    """Answers with ``data``, and remembers what was asked."""

    def __init__(self, depth, data, *, width=4, height=2, border=0, order="<", formats=None):
        self.depth, self.data = depth, data
        self.byte_order = order
        self.formats = formats or {1: (1, 32), 8: (8, 32), 16: (16, 32), 24: (32, 32)}
        self.root = ROOT
        self.asked = []
        self._geometry = SimpleNamespace(
            width=width, height=height, border_width=border, depth=depth, root=ROOT
        )

    def require_picture(self, depth):
        """Any depth will do."""

    def geometry(self, drawable):
        return self._geometry

    def read_image(self, *arguments):
        self.asked.append(arguments)
        return SimpleNamespace(depth=self.depth, data=self.data)


@pytest.mark.parametrize(
    ("depth", "order", "data", "pixels"),
    [
        (8, "<", "01020300 04050600", [[1, 2, 3], [4, 5, 6]]),
        (16, "<", "010002000300ffff 040005000600ffff", [[1, 2, 3], [4, 5, 6]]),
        (16, ">", "000100020003ffff 000400050006ffff", [[1, 2, 3], [4, 5, 6]]),
        (24, "<", "010000ff02000000030000aa 040000000500000006000000", [[1, 2, 3], [4, 5, 6]]),
        (24, ">", "ff0000010000000200000003 000000040000000500000006", [[1, 2, 3], [4, 5, 6]]),
        (1, "<", "05ffffff 02000000", [[1, 0, 1], [0, 1, 0]]),
        (1, ">", "bfffffff 40000000", [[1, 0, 1], [0, 1, 0]]),
    ],
    ids=["d8", "d16", "d16-msb", "d24", "d24-msb", "d1", "d1-msb"],
)
@pytest.mark.parametrize("buffer", [bytes, bytearray, memoryview])
def test_rows_are_read_in_either_byte_order(depth, order, data, pixels, buffer):
    """Scanline padding is skipped, pad bits are masked, byte order is the server's."""
    client = FakeClient(depth, buffer(bytes.fromhex(data)), width=3, order=order)
    frame = capture(Handle(client, 7))
    assert frame.pixels.tolist() == pixels
    assert (frame.width, frame.height, frame.depth) == (3, 2, depth)
    assert frame.source is FrameSource.WINDOW


def test_matching_rows_are_not_copied():
    """A frame views the reply's buffer when the layout allows it."""
    data = bytearray(32)
    frame = capture(Handle(FakeClient(24, data), 7))
    data[0] = 9
    assert frame.pixel(0, 0) == 9


def test_a_capture_is_labelled():
    """The source is the caller's word, except that the root is known."""
    client = FakeClient(24, bytes(32))
    assert capture(Handle(client, 7), source=FrameSource.PIXMAP).source is FrameSource.PIXMAP
    assert capture(Handle(client, ROOT)).source is FrameSource.ROOT
    assert capture_root(client).source is FrameSource.ROOT
    assert [asked[0] for asked in client.asked] == [7, ROOT, ROOT]


def test_a_rectangle_is_asked_of_the_server():
    """Only the wanted pixels travel; a window's border can be captured with its rectangle."""
    client = FakeClient(24, bytes(8), border=2)
    frame = capture(Handle(client, 7), Rectangle(-2, 3, 2, 1))
    assert client.asked == [(7, -2, 3, 2, 1)]
    assert (frame.width, frame.height) == (2, 1)


@pytest.mark.parametrize("area", [(0, 0, 5, 1), (-1, 0, 1, 1), (0, 1, 1, 2), (0, 0, 0, 1)])
def test_a_rectangle_outside_is_refused_before_it_is_sent(area):
    """The error says what there is, instead of a BadMatch."""
    client = FakeClient(24, bytes(32))
    with pytest.raises(CaptureError, match=r"inside of 0,0\.\.4,2, got"):
        capture(Handle(client, 7), Rectangle(*area))
    assert client.asked == []


def test_a_short_reply_is_named():
    """A server that sends too little is caught, not read past the end."""
    with pytest.raises(CaptureError, match=r"expected 32 bytes .* got 31"):
        capture(Handle(FakeClient(24, bytes(31)), 7))


def test_a_depth_that_the_server_does_not_list_is_named():
    """Image data without a format cannot be read."""
    with pytest.raises(CaptureError, match=r"lists \(8\), got 24"):
        capture(Handle(FakeClient(24, bytes(32), formats={8: (8, 32)}), 7))
    with pytest.raises(CaptureError, match="24 bits per pixel"):
        RowLayout.of({24: (24, 32)}, "<", 24, 4)


@pytest.mark.parametrize("depth", [8, 16, 24, 30])
def test_a_real_root_and_its_pixmaps_are_captured(connect, depth):
    """Every depth of a real server, against the bytes of GetImage read by hand."""
    client = connect(depth)
    root = capture_root(client)
    assert (root.width, root.height, root.depth) == (640, 480, depth)
    for pixmap_depth, (bits, _) in sorted(client.formats.items()):
        pixmap = client.pixmap(pixmap_depth, 67, 5)
        frame = capture(pixmap, source=FrameSource.PIXMAP)
        assert frame.depth == pixmap_depth
        data = client.get_image(pixmap.id, 0, 0, 67, 5).data
        stride = len(data) // 5
        by_hand = [
            [_pixel(data[y * stride : (y + 1) * stride], x, bits) for x in range(67)]
            for y in range(5)
        ]
        mask = (1 << pixmap_depth) - 1
        assert frame.pixels.tolist() == (np.array(by_hand) & mask).tolist()
        assert len(np.unique(frame.pixels)) > 1


def _pixel(row, x, bits):
    if bits == 1:
        return row[x // 8] >> x % 8 & 1
    return int.from_bytes(row[x * bits // 8 : (x + 1) * bits // 8], "little")
