# SPDX-License-Identifier: MIT
"""Clients of either byte order read and write the same."""

import pytest

from harness.x11.drafts.randr_percrtc import (
    ALL_OF_CRTC,
    EXTENSION,
    CreateScanoutPixmap,
    CrtcConfig,
    CrtcScanout,
    GetCrtcScanout,
    GetCrtcSpriteTransform,
    QueryScanoutPixmaps,
    Revision,
    ScreenFlag,
    SetCrtcConfigs,
    SetCrtcSpriteTransform,
    SpriteTransforms,
    decode_infos,
)
from suites.foreigner import Foreigner
from suites.marks import FOREIGN, REFUSING

pytestmark = [
    pytest.mark.proposal("randr-percrtc"),
    pytest.mark.needs("RANDR", "RENDER", root_pixels=True),
    pytest.mark.xserver(swapped=True, any_depth=True),
]


@pytest.fixture
def foreigner(connect_wire):
    return Foreigner(connect_wire(FOREIGN), EXTENSION)


@REFUSING
def test_requests_and_replies_are_in_the_clients_byte_order(desk, foreigner):
    """What one sets the other reads, each in its own order (PCP-049)."""
    wire, first = foreigner.wire, desk.first
    infos = decode_infos(foreigner.ask(QueryScanoutPixmaps(wire.root)), FOREIGN)
    assert infos == desk.scanout.infos()
    info = desk.scanout.info(desk.client.depth)
    creation = CreateScanoutPixmap(
        pixmap=wire.new_id(),
        drawable=wire.root,
        width=first.width + 258,
        height=first.height + 3,
        format=info.format,
        rotations=int(info.rotations),
    )
    foreigner.send(creation)
    sprite = SpriteTransforms(tuple(range(1, 10)), tuple(range(-9, 0)))
    config = CrtcConfig(
        crtc=first.id,
        set=ALL_OF_CRTC,
        x=first.x,
        y=first.y,
        mode=first.mode,
        outputs=first.outputs,
        sprite=sprite,
        pixmap=creation.pixmap,
        pixmap_x=257,
        pixmap_y=2,
    )
    request = SetCrtcConfigs(
        drawable=wire.root,
        set=ScreenFlag.SCREEN_CRTCS | ScreenFlag.SCREEN_SIZE_IN_MILLIMETERS,
        millimeters=(259, 260),
        configs=[config],
    )
    assert foreigner.ask(request)[1] == 0
    told = CrtcScanout.decode(foreigner.ask(GetCrtcScanout(first.id)), FOREIGN)
    assert told == desk.scanout.of(first.id)
    assert (told.pixmap, told.x, told.y) == (creation.pixmap, 257, 2)
    reply = foreigner.ask(GetCrtcSpriteTransform(first.id))
    assert SpriteTransforms.decode(reply, 8, FOREIGN) == desk.scanout.sprite(first.id) == sprite
    (event,) = desk.observer.take()
    assert (event.mm_width, event.mm_height) == (259, 260)
    assert wire.errors == []


def test_sprites_are_set_in_the_clients_byte_order(desk, foreigner):
    """Eighteen numbers (PCP-049)."""
    sprite = SpriteTransforms((1, -2, 3, 4, 5, 6, 7, 8, 1 << 30), (9,) * 9)
    foreigner.send(SetCrtcSpriteTransform(desk.crtcs[0], sprite))
    foreigner.wire.sync()
    assert desk.scanout.sprite(desk.crtcs[0]) == sprite


@REFUSING
def test_the_first_revision_is_in_the_clients_byte_order(desk, foreigner):
    """And the version that chooses it (PCP-049, PCP-050)."""
    wire, first = foreigner.wire, desk.first
    reply = wire.reply(wire.request(foreigner.major, 0, wire.pack("II", 1, 1)))
    assert wire.unpack("II", reply, 8) == (1, 1)
    config = CrtcConfig(
        crtc=first.id, x=first.x, y=first.y, mode=first.mode, outputs=first.outputs, pixmap_y=3
    )
    size = (first.width, first.height)
    request = SetCrtcConfigs(
        drawable=wire.root,
        screen_pixmap=size,
        screen=size,
        millimeters=(261, 262),
        configs=[config],
    )
    assert foreigner.ask(request, revision=Revision.A)[1] == 0
    assert desk.scanout.of(first.id).y == 3


def test_errors_are_in_the_clients_byte_order(desk, foreigner):
    """Code, value and opcodes (PCP-049)."""
    wire = foreigner.wire
    error = wire.error_of(foreigner.send(GetCrtcScanout(0x123456)))
    assert (error.value, error.major, error.minor) == (0x123456, foreigner.major, 65)
    assert error.code == desk.client.numbers("RANDR").first_error + 1


def test_a_foreign_client_hears_of_a_change(desk, foreigner):
    """RANDR's events in its own byte order (PCP-037, PCP-049)."""
    wire = foreigner.wire
    wire.request(wire.major("RANDR"), 4, wire.pack("IH2x", wire.root, 1))
    wire.sync()
    wire.events.clear()
    desk.scanout.configure(millimeters=(300, 301))
    wire.sync()
    (event,) = wire.events
    assert wire.unpack("HH", event, 28) == (300, 301)
