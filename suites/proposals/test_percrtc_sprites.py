# SPDX-License-Identifier: MIT
"""How the pointer's sprite is mapped on each CRTC: kept and told, bit by bit."""

import struct

import pytest

from harness.clients.randr.scanout import Scanout
from harness.x11.drafts.randr_percrtc import (
    EXTENSION,
    IDENTITY,
    GetCrtcSpriteTransform,
    SetCrtcSpriteTransform,
    SpriteTransforms,
)

pytestmark = [
    pytest.mark.proposal("randr-percrtc"),
    pytest.mark.needs("RANDR", "RENDER", root_pixels=True),
]

ODD = SpriteTransforms(
    (1, -2, 3, 1 << 30, -(1 << 31), (1 << 31) - 1, 7, 8, 9), tuple(range(-40, 50, 10))
)
SINGULAR = SpriteTransforms((0,) * 9, (1 << 16,) * 9)


def test_at_first_sprites_are_as_they_are(desk):
    """Both are the identity; the reply has 80 bytes, matrices from byte 8 on (PCP-013)."""
    for crtc in desk.crtcs:
        assert desk.scanout.sprite(crtc) == SpriteTransforms(IDENTITY, IDENTITY)
    request = GetCrtcSpriteTransform(desk.crtcs[0])
    reply = desk.client.ask_raw(EXTENSION, request.OPCODE, request.encode())
    assert struct.unpack_from("=B3xI", reply) == (1, 12)
    assert len(reply) == 80
    assert struct.unpack_from("=9i", reply, 8) == IDENTITY


@pytest.mark.parametrize("transforms", [ODD, SINGULAR], ids=["odd", "singular"])
def test_what_is_set_is_told(desk, transforms):
    """All eighteen numbers, negative ones and singular matrices too; nothing is told of it
    (PCP-014)."""
    desk.scanout.set_sprite(desk.crtcs[0], transforms)
    assert desk.scanout.sprite(desk.crtcs[0]) == transforms
    assert desk.observer.take() == []


def test_a_wrong_crtc_is_refused(desk):
    """RANDR's Crtc error with the id, from both requests (PCP-015)."""
    for wrong in (0, desk.client.root, 0x1FFFFFF):
        for request in (SetCrtcSpriteTransform(wrong, ODD), GetCrtcSpriteTransform(wrong)):
            assert desk.refused_request(request) == ("RANDR:Crtc", wrong)


@pytest.mark.parametrize("words", [19, 21])
def test_setting_has_one_length(desk, words):
    """Length (PCP-016)."""
    data = SetCrtcSpriteTransform(desk.crtcs[0], ODD).encode() + bytes(4)
    assert desk.refused_bytes(SetCrtcSpriteTransform.OPCODE, data[: 4 * words])[0] == "Length"


def test_asking_has_one_length(desk):
    """Length (PCP-016)."""
    for words in (1, 3):
        assert desk.refused_bytes(GetCrtcSpriteTransform.OPCODE, bytes(4 * words))[0] == "Length"


@pytest.mark.needs(crtcs=2)
def test_each_crtc_has_its_own(desk):
    """Those of one CRTC leave the others alone (PCP-017)."""
    desk.scanout.set_sprite(desk.crtcs[1], ODD)
    assert desk.scanout.sprite(desk.crtcs[0]) == SpriteTransforms()
    assert desk.scanout.sprite(desk.crtcs[1]) == ODD


def test_they_outlive_the_client_that_set_them(desk, connect):
    """Nobody owns them (PCP-017)."""
    other = connect("other")
    Scanout(other).set_sprite(desk.crtcs[0], ODD)
    other.sync()
    other.close()
    assert desk.scanout.sprite(desk.crtcs[0]) == ODD
