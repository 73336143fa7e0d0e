# SPDX-License-Identifier: MIT
"""Per-CRTC pixmaps on the wire: every field at its place, in both byte orders and revisions."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.x11.codec import BadLength
from harness.x11.drafts.randr_percrtc import (
    ALL_OF_CRTC,
    ALL_OF_SCREEN,
    KEEP_PIXMAP,
    CreateScanoutPixmap,
    CrtcConfig,
    CrtcFlag,
    CrtcScanout,
    GetCrtcScanout,
    GetCrtcSpriteTransform,
    QueryScanoutPixmaps,
    Revision,
    ScanoutPixmapInfo,
    SetCrtcConfigs,
    SetCrtcSpriteTransform,
    SetWindowPixmap,
    SpriteTransforms,
    decode_infos,
)
from harness.x11.randr import Rotation

ORDERS = pytest.mark.parametrize("order", "<>", ids=["little-endian", "big-endian"])

SPRITE = SpriteTransforms(tuple(range(101, 110)), tuple(range(-9, 0)))
CONFIG = CrtcConfig(
    crtc=0x11223344,
    set=0x5A0,
    x=-2,
    y=3,
    mode=0x55667788,
    rotation=0x12,
    outputs=(0x71, 0x72),
    sprite=SPRITE,
    pixmap=0x99AABBCC,
    pixmap_x=-5,
    pixmap_y=6,
)
REQUEST = SetCrtcConfigs(
    drawable=0x01020304,
    set=0xB,
    screen_pixmap=(0x1111, 0x2222),
    screen=(0x3333, 0x4444),
    millimeters=(0x55555555, 0x66666666),
    configs=(CONFIG,),
)


@ORDERS
def test_small_requests_have_their_fields_in_their_places(order):
    """Opcode, length, ids."""
    head = struct.Struct(f"{order}BBH")
    for request, minor, units in (
        (QueryScanoutPixmaps(0xAB), 32, 2),
        (GetCrtcSpriteTransform(0xAB), 35, 2),
        (GetCrtcScanout(0xAB), 65, 2),
        (SetWindowPixmap(0xAB, 0xCD), 64, 3),
    ):
        data = request.encode(140, order)
        assert head.unpack_from(data) == (140, minor, units)
        assert len(data) == 4 * units
        assert struct.unpack_from(f"{order}I", data, 4) == (0xAB,)


@ORDERS
def test_a_creation_has_its_fields_in_their_places(order):
    """24 bytes; the format comes behind the size."""
    request = CreateScanoutPixmap(pixmap=1, drawable=2, width=3, height=4, format=5, rotations=0x3F)
    data = request.encode(140, order)
    assert struct.unpack(f"{order}BBHIIHHIHxx", data) == (140, 33, 6, 1, 2, 3, 4, 5, 0x3F)
    assert CreateScanoutPixmap.decode(data, order) == request
    with pytest.raises(BadLength):
        CreateScanoutPixmap.decode(data + bytes(4), order)


@ORDERS
def test_sprites_have_eighteen_numbers(order):
    """80 bytes, position before image, both by rows."""
    data = SetCrtcSpriteTransform(0xAB, SPRITE).encode(140, order)
    assert len(data) == 80
    assert struct.unpack_from(f"{order}18i", data, 8) == (*SPRITE.position, *SPRITE.image)
    assert SetCrtcSpriteTransform.decode(data, order) == SetCrtcSpriteTransform(0xAB, SPRITE)


@ORDERS
def test_the_second_revision_has_flags_before_the_fields(order):
    """A head of 36 bytes, entries of 100, then the outputs."""
    data = REQUEST.encode(140, order)
    assert len(data) == 4 * (9 + 25 + 2)
    fields = struct.unpack_from(f"{order}BBHIIHHHHIIHxx4x", data)
    assert fields == (
        *(140, 36, 36, 0x01020304, 0xB, 0x1111, 0x2222, 0x3333, 0x4444),
        *(0x55555555, 0x66666666, 1),
    )
    entry = struct.unpack_from(f"{order}IIhhIHH18iIhh", data, 36)
    numbers = (*SPRITE.position, *SPRITE.image)
    assert entry == (
        *(0x11223344, 0x5A0, -2, 3, 0x55667788, 0x12, 2),
        *numbers,
        *(0x99AABBCC, -5, 6),
    )
    assert struct.unpack_from(f"{order}II", data, 136) == (0x71, 0x72)


@ORDERS
def test_the_first_revision_has_none(order):
    """A head of 32 bytes, entries of 96; everything counts as set."""
    data = REQUEST.encode(140, order, Revision.A)
    assert len(data) == 4 * (8 + 24 + 2)
    assert struct.unpack_from(f"{order}HHHH", data, 8) == (0x1111, 0x2222, 0x3333, 0x4444)
    assert struct.unpack_from(f"{order}IhhIHH", data, 32)[1:5] == (-2, 3, 0x55667788, 0x12)
    decoded = SetCrtcConfigs.decode(data, order, Revision.A)
    assert decoded.set == ALL_OF_SCREEN
    assert decoded.configs[0].set == ALL_OF_CRTC
    assert decoded.configs[0].outputs == CONFIG.outputs


def test_pixmap_1_of_the_first_revision_sets_no_pixmap():
    """It stands for the one in use; its place still counts."""
    kept = SetCrtcConfigs(drawable=1, configs=(CrtcConfig(crtc=2, pixmap=KEEP_PIXMAP),))
    for revision, sets in ((Revision.A, False), (Revision.B, True)):
        config = CrtcConfig(crtc=2, set=ALL_OF_CRTC, pixmap=KEEP_PIXMAP)
        data = SetCrtcConfigs(drawable=1, configs=(config,)).encode(revision=revision)
        (decoded,) = SetCrtcConfigs.decode(data, revision=revision).configs
        assert bool(decoded.set & CrtcFlag.PIXMAP) is sets
        assert decoded.set & CrtcFlag.PIXMAP_POSITION
    assert kept.configs[0].pixmap == 1


ids = st.integers(0, 0xFFFFFFFF)
shorts = st.integers(-0x8000, 0x7FFF)
sizes = st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF))
matrices = st.tuples(*[st.integers(-(1 << 31), (1 << 31) - 1)] * 9)
configs = st.builds(
    CrtcConfig,
    crtc=ids,
    set=ids,
    x=shorts,
    y=shorts,
    mode=ids,
    rotation=st.integers(0, 0xFFFF),
    outputs=st.lists(ids, max_size=3).map(tuple),
    sprite=st.builds(SpriteTransforms, matrices, matrices),
    pixmap=ids,
    pixmap_x=shorts,
    pixmap_y=shorts,
)
requests = st.builds(
    SetCrtcConfigs,
    drawable=ids,
    set=ids,
    screen_pixmap=sizes,
    screen=sizes,
    millimeters=st.tuples(ids, ids),
    configs=st.lists(configs, max_size=4).map(tuple),
)


@given(requests, st.sampled_from("<>"))
def test_what_is_encoded_is_decoded(request, order):
    """Any number of CRTCs with any number of outputs, which stay with theirs."""
    assert SetCrtcConfigs.decode(request.encode(0, order), order) == request


@given(requests, st.integers(-3, 3).filter(bool))
def test_a_wrong_length_is_found_out(request, words):
    """More or fewer words than the counts say."""
    data = request.encode()
    wrong = data[: 4 * words] if words < 0 else data + bytes(4 * words)
    with pytest.raises(BadLength):
        SetCrtcConfigs.decode(wrong)


@ORDERS
def test_replies_are_read_as_they_are_written(order):
    """The kinds that are offered, and what a CRTC shows."""
    infos = (
        ScanoutPixmapInfo(0x25, 8192, 4096, Rotation(0x3F)),
        ScanoutPixmapInfo(0x26, 1, 2, Rotation(1)),
    )
    reply = bytes(32) + b"".join(info.encode(order) for info in infos)
    assert decode_infos(reply, order) == infos
    shown = CrtcScanout(
        pixmap=0xABCDEF, x=-3, y=4, rotation=Rotation.ROTATE_270, screen_pixmap=(640, 480)
    )
    assert len(shown.encode(order)) == 32
    assert CrtcScanout.decode(shown.encode(order), order) == shown
