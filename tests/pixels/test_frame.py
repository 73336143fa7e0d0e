# SPDX-License-Identifier: MIT
"""Frames, their pictures and digests."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from harness.goldens.files import png
from harness.pixels.channels import UnknownDepthError
from harness.pixels.frame import Frame, FrameError, FrameSource
from harness.pixels.image_encoding import PictureError, pixel_type

DEPTHS = [1, 4, 8, 15, 16, 24, 30, 32]


@st.composite
def frames(draw, depth):
    kind = pixel_type(depth)
    shape = draw(st.tuples(st.integers(1, 20), st.integers(1, 20)))
    raw = draw(arrays.arrays(kind, shape, elements=st.integers(0, int(np.iinfo(kind).max))))
    return Frame(raw, depth, FrameSource.WINDOW)


@pytest.mark.parametrize("depth", DEPTHS, ids=lambda d: f"depth{d}")
@given(data=st.data())
def test_a_picture_gives_the_same_pixels_back(depth, data):
    """``from_image`` is the exact inverse of ``to_image``, whatever the pad bits hold."""
    frame = data.draw(frames(depth))
    again = Frame.from_image(frame.to_image(), depth)
    assert np.array_equal(again.pixels, frame.pixels)
    assert again.digest == frame.digest
    assert again.to_image().tobytes() == frame.to_image().tobytes()


@pytest.mark.parametrize("depth", DEPTHS, ids=lambda d: f"depth{d}")
def test_a_png_keeps_the_picture(depth, tmp_path):
    """Every mode in use survives a PNG file."""
    values = np.arange(60, dtype=np.uint64).reshape(6, 10) * 0x04030201 % (1 << depth)
    frame = Frame(values.astype(pixel_type(depth)), depth, FrameSource.PIXMAP)
    path = tmp_path / "frame.png"
    path.write_bytes(png(frame.to_image()))
    with Image.open(path) as image:
        assert Frame.from_image(image, depth).digest == frame.digest


def test_the_same_frame_makes_the_same_png():
    """PNG files hold no time and no chance."""
    frame = Frame(np.arange(400, dtype=np.uint32).reshape(20, 20), 24, FrameSource.ROOT)
    first, second = png(frame.to_image()), png(frame.to_image())
    assert first == second
    chunks = {first[at : at + 4] for at in _chunk_starts(first)}
    assert chunks == {b"IHDR", b"IDAT", b"IEND"}


def _chunk_starts(data):
    at = 8
    while at < len(data):
        yield at + 4
        at += 12 + int.from_bytes(data[at : at + 4], "big")


def test_pad_bits_are_no_part_of_a_frame():
    """Depth 24 in 32 bits: what glamor leaves in the fourth byte does not count (fact 13)."""
    clean = np.full((2, 3), 0x123456, np.uint32)
    dirty = Frame(clean | 0xFF000000, 24, FrameSource.WINDOW)
    assert dirty.pixel(2, 1) == 0x123456
    assert dirty.digest == Frame(clean, 24, FrameSource.WINDOW).digest
    assert (dirty.pixels == 0x123456).all()


def test_red_is_red_in_the_picture():
    """Channels lie where X.Org's TrueColor visuals have them."""
    for depth, red in ((15, 0x7C00), (16, 0xF800), (24, 0xFF0000), (30, 0x3FF00000)):
        frame = Frame(np.array([[red]], pixel_type(depth)), depth, FrameSource.WINDOW)
        assert frame.to_image().getpixel((0, 0))[:3] == (255, 0, 0)


@pytest.mark.parametrize(
    "change",
    [
        lambda f: Frame(f.raw.reshape(2, 6), f.depth, f.source),
        lambda f: Frame(f.raw, 24, f.source),
        lambda f: Frame(f.raw ^ np.uint32(1), f.depth, f.source),
    ],
    ids=["shape", "depth", "pixels"],
)
def test_the_digest_covers_everything(change):
    """Size, depth and each pixel change the digest; the source does not."""
    frame = Frame(np.arange(12, dtype=np.uint32).reshape(3, 4), 32, FrameSource.WINDOW)
    assert change(frame).digest != frame.digest
    assert Frame(frame.raw, 32, FrameSource.ROOT).digest == frame.digest


def test_the_digest_is_the_one_of_all_machines():
    """A change of the digest would make every golden look edited by hand."""
    frame = Frame(np.array([[0x010203, 0]], np.uint32), 24, FrameSource.WINDOW)
    expected = hashlib.sha256(b"2x1x24\n" + bytes.fromhex("0302010000000000"))
    assert frame.digest == expected.hexdigest()


def test_a_crop_has_the_pixels_of_its_place():
    """``crop`` and ``pixel`` take x before y."""
    frame = Frame(np.arange(12, dtype=np.uint8).reshape(3, 4), 8, FrameSource.WINDOW)
    part = frame.crop(1, 1, 2, 2)
    assert part.pixels.tolist() == [[5, 6], [9, 10]]
    assert part.pixel(1, 0) == frame.pixel(2, 1) == 6
    assert part.digest == Frame(part.pixels.copy(), 8, FrameSource.WINDOW).digest
    assert part.to_image().tobytes() == bytes([5, 6, 9, 10])


@pytest.mark.parametrize("area", [(0, 0, 0, 1), (-1, 0, 2, 2), (3, 0, 2, 1), (0, 2, 1, 2)])
def test_a_crop_never_reaches_outside(area):
    """A frame has no pixels beyond its edges, not even numpy's negative ones."""
    frame = Frame(np.zeros((3, 4), np.uint8), 8, FrameSource.WINDOW)
    with pytest.raises(FrameError, match=r"inside of 0,0\.\.4,3"):
        frame.crop(*area)
    with pytest.raises(FrameError):
        frame.pixel(-1, 0)


def test_a_frame_cannot_be_painted_on():
    """Frames are values."""
    raw = np.zeros((2, 2), np.uint8)
    with pytest.raises(ValueError, match="read-only"):
        Frame(raw, 8, FrameSource.WINDOW).pixels[0, 0] = 1


@pytest.mark.parametrize(
    "raw", [np.zeros((2, 2), np.uint8), np.zeros(4, np.uint32), np.zeros((0, 2), np.uint32)]
)
def test_pixels_of_another_kind_are_refused(raw):
    """Type and shape must be those of the depth."""
    with pytest.raises(FrameError, match="expected uint32 pixels"):
        Frame(raw, 24, FrameSource.WINDOW)


def test_an_unknown_depth_is_named():
    """There is no way to read pixels of depth 12."""
    with pytest.raises(UnknownDepthError, match="got 12"):
        Frame(np.zeros((2, 2), np.uint16), 12, FrameSource.WINDOW)


@pytest.mark.parametrize(
    ("depth", "image"),
    [
        (24, Image.new("RGBA", (2, 2))),
        (8, Image.new("P", (2, 2))),
        (16, Image.new("RGB", (2, 2), (1, 0, 0))),
        (4, Image.new("L", (2, 2), 16)),
        (30, Image.new("RGBA", (2, 2), (0, 0, 0, 0))),
    ],
    ids=["mode", "palette", "between-steps", "too-large", "alpha-of-depth30"],
)
def test_a_picture_of_no_frame_is_refused(depth, image):
    """An image that ``to_image`` cannot have made is not silently rounded."""
    with pytest.raises(PictureError):
        Frame.from_image(image, depth)
