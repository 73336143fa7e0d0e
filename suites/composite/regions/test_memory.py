# SPDX-License-Identifier: MIT
"""The memory of XFIXES regions: what another one takes the place of is freed."""

import struct

import pytest
import xcffib.xfixes
from xcffib.shape import SK

from harness.clients.resources.drawable import create_gc
from harness.clients.resources.picture import Picture
from harness.clients.resources.region import Region
from suites.address_space import address_space

pytestmark = [
    pytest.mark.xserver(any_depth=True),
    pytest.mark.needs("XFIXES", "SHAPE", "RENDER", memory=True),
]

DOTS = [(2 * column, 2 * row, 1, 1) for row in range(100) for column in range(200)]
"""None touches another: a region of them is a piece of memory of its own, of 160 kB."""
TIMES = 150
LEFT_AT_MOST = 8 << 20
"""A third of what as many lost regions would be."""


def shape(kind):
    def use(client, drawable, region):
        client.extension(xcffib.xfixes).SetWindowShapeRegion(drawable.id, kind, 1, 2, region.id)

    return use


def clip_gc(client, drawable, region):
    gc = create_gc(drawable)
    for _ in range(2):
        client.extension(xcffib.xfixes).SetGCClipRegion(gc, region.id, 0, 0)
    client.core.FreeGC(gc)


def clip_picture(_client, drawable, region):
    picture = Picture.of(drawable)
    for _ in range(2):
        picture.clip(region)
    picture.free()


def replaced(change):
    """A copy of the region becomes something small."""

    def use(client, _drawable, region):
        small = Region.create(client, [(0, 0, 5, 5), (7, 0, 5, 6)])
        other = Region.create(client, [])
        for _ in range(2):
            other.copy(region)
            change(other, small)
        for one in (other, small):
            one.destroy()

    return use


MANY = b"".join(struct.pack("=4h", *dot) for dot in DOTS[:6000])
SET_REGION = 11


def set_to_many(region):
    region.client.send_raw("XFIXES", SET_REGION, struct.pack("=4xI", region.id) + MANY)


USES = {
    "bounding-shape": shape(SK.Bounding),
    "clip-shape": shape(SK.Clip),
    "input-shape": shape(SK.Input),
    "clip-of-a-gc": clip_gc,
    "clip-of-a-picture": clip_picture,
    "copied": replaced(lambda other, small: other.copy(small)),
    "set": replaced(lambda other, _small: other.set([(1, 2, 3, 4)])),
    "set-to-many": replaced(lambda other, _small: set_to_many(other)),
    "united": replaced(lambda other, small: other.unite(small, small)),
    "intersected": replaced(lambda other, small: other.intersect(other, small)),
    "subtracted": replaced(lambda other, small: other.subtract(small, other)),
    "inverted": replaced(lambda other, small: other.invert(small, (0, 0, 9, 9))),
    "bounded": replaced(lambda other, _small: other.extents_of(other)),
    "expanded": replaced(lambda other, small: other.expand(small, 1, 2, 3, 4)),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_what_a_region_takes_the_place_of_is_freed(presenter, server, use):
    """Shapes, clips and regions that are set again and again make the server no larger
    (CMP-164)."""
    window = presenter.window(50, 40, mapped=False, events=0)
    region = Region.create(presenter, DOTS)

    def live(times):
        for _ in range(times):
            use(presenter, window, region)
        presenter.sync()
        return address_space(server.pid)

    before = live(10)
    assert live(TIMES) - before < LEFT_AT_MOST
