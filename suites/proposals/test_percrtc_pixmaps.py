# SPDX-License-Identifier: MIT
"""Scanout pixmaps: which there are, what they cost an id, and that they are pixmaps like others."""

import numpy as np
import pytest
import xcffib.randr
import xcffib.render

from harness.capture.get_image import capture
from harness.clients.raw.announcement import announced
from harness.clients.resources.picture import Picture
from harness.clients.resources.pixmap import Pixmap
from harness.pixels.chart import chart_pixels
from harness.x11.drafts.randr_percrtc import (
    EXTENSION,
    CreateScanoutPixmap,
    QueryScanoutPixmaps,
    Revision,
)
from suites.marks import DEPTH_24

PERCRTC = pytest.mark.proposal("randr-percrtc")
DEPTHS = pytest.mark.parametrize("depth", [pytest.param(24, marks=DEPTH_24), 32])
pytestmark = [
    pytest.mark.needs("RANDR", "RENDER", root_pixels=True),
    pytest.mark.xserver(any_depth=True),
]


def creation(desk, **changes):
    """A request that would be granted, but for ``changes``."""
    info = desk.scanout.info(desk.client.depth)
    fields = {
        "pixmap": desk.client.new_id(),
        "drawable": desk.client.root,
        "width": 8,
        "height": 6,
        "format": info.format,
        "rotations": info.rotations,
    }
    return CreateScanoutPixmap(**(fields | changes))


def copy(source, target):
    """CopyArea of all of ``source``."""
    client, context = source.client, source.client.new_id()
    client.core.CreateGC(context, target.id, 0, [])
    size = (source.width, source.height)
    client.core.CopyArea(source.id, target.id, context, 0, 0, 0, 0, *size)


@PERCRTC
def test_the_draft_is_announced_and_providers_are_left_alone(server, presenter):
    """The marker extension tells its version; what RANDR has under the draft's old number still
    works (PCP-001)."""
    assert announced(server, EXTENSION) == (1, Revision.B)
    reply = presenter.extension(xcffib.randr).GetProviders(presenter.root)
    assert reply.reply().timestamp > 0


def test_without_the_draft_nobody_announces_it(server):
    """A server as it comes lacks the marker extension, unless it brings the draft (PCP-001)."""
    if hasattr(server, "proxy"):
        pytest.skip("looks at a server without anything in front")
    version = announced(server, EXTENSION)
    assert version is None or version[0] == 1


@PERCRTC
def test_every_kind_of_scanout_pixmap_has_a_direct_format(desk):
    """At least one is offered, each with a format that RENDER knows and a size (PCP-002)."""
    infos = desk.scanout.infos()
    known = desk.client.extension(xcffib.render).QueryPictFormats().reply()
    direct = {one.id for one in known.formats if one.type == 1}
    assert infos
    assert len({info.format for info in infos}) == len(infos)
    for info in infos:
        assert info.format in direct
        assert min(info.max_width, info.max_height) >= 1
        assert info.rotations & 1


@PERCRTC
def test_any_drawable_stands_for_its_screen(desk):
    """A pixmap will do; what is no drawable is refused with its id (PCP-003)."""
    pixmap = Pixmap.create(desk.client, 4, 4, 1)
    assert desk.scanout.infos(pixmap.id) == desk.scanout.infos()
    wrong = desk.client.new_id()
    assert desk.refused_request(QueryScanoutPixmaps(wrong)) == ("Drawable", wrong)


@PERCRTC
@pytest.mark.parametrize("words", [0, 2], ids=["short", "long"])
def test_a_query_has_one_length(desk, words):
    """Length (PCP-004)."""
    assert desk.refused_bytes(QueryScanoutPixmaps.OPCODE, bytes(4 + 4 * words))[0] == "Length"


@PERCRTC
@DEPTHS
def test_the_smallest_and_the_largest_pixmap_can_be_had(desk, depth):
    """GetGeometry tells size, the depth of the format, and the screen (PCP-005)."""
    info = desk.scanout.info(depth)
    for size in ((1, 1), (info.max_width, info.max_height)):
        pixmap = desk.scanout.create(*size, depth=depth, rotations=info.rotations)
        told = desk.client.geometry(pixmap.id)
        assert (told.width, told.height, told.depth) == (*size, depth)
        assert told.root == desk.client.root
        pixmap.free()
        desk.client.sync()


@PERCRTC
@pytest.mark.parametrize("which", ["width", "height"])
def test_a_side_is_at_least_one_and_at_most_the_largest(desk, which):
    """Value, with that side (PCP-006)."""
    info = desk.scanout.info(desk.client.depth)
    most = {"width": info.max_width, "height": info.max_height}[which]
    for side in (0, most + 1):
        assert desk.refused_request(creation(desk, **{which: side})) == ("Value", side)


@PERCRTC
def test_of_two_wrong_sides_the_width_is_told(desk):
    """Value, with the width (PCP-007)."""
    info = desk.scanout.info(desk.client.depth)
    wrong = creation(desk, width=info.max_width + 7, height=0)
    assert desk.refused_request(wrong) == ("Value", info.max_width + 7)


@PERCRTC
def test_an_unknown_format_does_not_match(desk):
    """Match, before the sides are looked at (PCP-008)."""
    for format in (0, desk.client.root, 0x1FFFFFFF):
        assert desk.refused_request(creation(desk, format=format, width=0))[0] == "Match"


@pytest.mark.proposal("randr-percrtc", errors="code")
def test_by_the_code_an_unknown_format_is_a_wrong_value(desk):
    """Value, with the format, or with the rotations (PCP-008, PCP-009)."""
    assert desk.refused_request(creation(desk, format=0x77)) == ("Value", 0x77)
    assert desk.refused_request(creation(desk, rotations=0x41)) == ("Value", 0x41)


@PERCRTC
def test_rotations_are_among_those_that_are_offered(desk):
    """None at all is accepted, one that is not offered does not match (PCP-009)."""
    desk.scanout.send(creation(desk, rotations=0))
    desk.client.sync()
    offered = desk.scanout.info(desk.client.depth).rotations
    for wrong in (0x40, offered | 0x100):
        assert desk.refused_request(creation(desk, rotations=wrong))[0] == "Match"


@PERCRTC
def test_the_id_is_looked_at_first(desk):
    """One that is in use, or not the client's, is IDChoice, whatever else is wrong (PCP-010)."""
    pixmap = desk.scanout.create(4, 4)
    window = desk.client.window(4, 4, events=0)
    for taken in (pixmap.id, window.id, desk.client.root, 0x7):
        wrong = creation(desk, pixmap=taken, drawable=0x1234, width=0, format=0)
        assert desk.refused_request(wrong) == ("IDChoice", taken)
    assert desk.client.geometry(pixmap.id).width == 4


@PERCRTC
def test_a_refused_pixmap_leaves_its_id_free(desk):
    """The id can be used at once (PCP-006, PCP-010)."""
    wrong = creation(desk, width=0)
    assert desk.refused_request(wrong)[0] == "Value"
    desk.scanout.send(creation(desk, pixmap=wrong.pixmap, width=5))
    assert desk.client.geometry(wrong.pixmap).width == 5


@PERCRTC
def test_a_wrong_drawable_is_told_before_the_format(desk):
    """Drawable, with its id (PCP-010)."""
    assert desk.refused_request(creation(desk, drawable=0x1234, format=0)) == ("Drawable", 0x1234)


@PERCRTC
@pytest.mark.parametrize("words", [4, 6], ids=["short", "long"])
def test_a_creation_has_one_length(desk, words):
    """Length (PCP-010)."""
    data = creation(desk).encode()
    wrong = (data + bytes(4))[: 4 + 4 * words]
    assert desk.refused_bytes(CreateScanoutPixmap.OPCODE, wrong)[0] == "Length"


@PERCRTC
@DEPTHS
def test_it_is_drawn_to_and_read_like_any_pixmap(desk, depth):
    """PutImage, CopyArea, RENDER and GetImage work on it both ways (PCP-011)."""
    chart = chart_pixels(40, 30, depth, 5)
    first = desk.scanout.create(40, 30, depth=depth)
    first.put(chart)
    assert np.array_equal(capture(first).pixels, chart)
    second = desk.scanout.create(40, 30, depth=depth)
    ordinary = Pixmap.create(desk.client, 40, 30, depth)
    copy(first, ordinary)
    copy(ordinary, second)
    assert np.array_equal(capture(second).pixels, chart)
    third = desk.scanout.create(40, 30, depth=depth)
    Picture.of(third).composite(Picture.of(second), 0, 0, 40, 30)
    assert np.array_equal(capture(third).pixels, chart)


@PERCRTC
def test_a_freed_pixmap_is_gone(desk):
    """Its id names nothing (PCP-012)."""
    pixmap = desk.scanout.create(9, 9)
    pixmap.free()
    with desk.client.expect_error("Drawable", pixmap.id):
        desk.client.geometry(pixmap.id)
