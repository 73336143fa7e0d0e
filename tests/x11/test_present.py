# SPDX-License-Identifier: MIT
"""Present's requests and events, byte by byte, in both byte orders."""

import struct
from collections.abc import Callable
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.x11 import present
from harness.x11.codec import ExtensionRequest
from harness.x11.present import CompleteKind, CompleteMode, Notify, XRectangle

ORDERS = pytest.mark.parametrize(
    "order", [pytest.param("<", id="little"), pytest.param(">", id="big")]
)
BIG_NUMBERS = pytest.mark.parametrize(
    "number",
    [
        pytest.param(2**24 + 7, id="above-2^24"),
        pytest.param(2**32 + 7, id="above-2^32"),
        pytest.param(2**63 + 7, id="above-2^63"),
        pytest.param(2**64 - 1, id="largest"),
    ],
)


def _swap(layout: str, data: bytes) -> bytes:
    return struct.pack(f">{layout}", *struct.unpack(f"<{layout}", data))


PIXMAP_BYTES = bytes.fromhex(
    "94011400"  # major 148, minor 1, 20 words
    "01002000" "02002000" "03000000" "04000000" "05000000"
    "faff0700"  # x-off -6, y-off 7
    "06000000" "07000000" "08000000" "09000000" "00000000"
    "0000000001000000"  # target 2^32
    "0300000000000080"  # divisor 2^63 + 3
    "0200000000000000"
    "0a000000" "0b000000"
)  # fmt: skip
PIXMAP_LAYOUT = "BBHIIIIIhhIIIIIQQQII"
PIXMAP = present.PresentPixmap(
    window=0x200001,
    pixmap=0x200002,
    serial=3,
    valid=4,
    update=5,
    x_off=-6,
    y_off=7,
    target_crtc=6,
    wait_fence=7,
    idle_fence=8,
    options=9,
    target_msc=2**32,
    divisor=2**63 + 3,
    remainder=2,
    notifies=(Notify(10, 11),),
)

COMPLETE_BYTES = bytes.fromhex(
    "23940500" "02000000" "0100" "01" "02"
    "0a000000" "0b000000" "0c000000"
    "0100000001000000"  # UST 2^32 + 1
    "0200000100000080"  # MSC 2^63 + 2^24 + 2
)  # fmt: skip
COMPLETE_LAYOUT = "BBHIHBBIIIQQ"
COMPLETE = present.CompleteNotify(
    kind=CompleteKind.NOTIFY_MSC,
    mode=CompleteMode.SKIP,
    event=10,
    window=11,
    serial=12,
    ust=2**32 + 1,
    msc=2**63 + 2**24 + 2,
)

IDLE_BYTES = bytes.fromhex(
    "23940500" "00000000" "02000000" "0a000000" "0b000000" "0c000000" "0d000000" "0e000000"
)  # fmt: skip
IDLE_LAYOUT = "BBHIHHIIIII"
IDLE = present.IdleNotify(event=10, window=11, serial=12, pixmap=13, idle_fence=14)

CONFIGURE_BYTES = bytes.fromhex(
    "23940500" "02000000" "00000000" "0a000000" "0b000000"
    "ffff" "0200" "0300" "0400" "0500" "faff" "0700" "0800" "01000000"
)  # fmt: skip
CONFIGURE_LAYOUT = "BBHIHHIIhhHHhhHHI"
CONFIGURE = present.PresentConfigureNotify(
    event=10,
    window=11,
    x=-1,
    y=2,
    width=3,
    height=4,
    off_x=5,
    off_y=-6,
    pixmap_width=7,
    pixmap_height=8,
    pixmap_flags=1,
)

EVENT_BYTES = pytest.mark.parametrize(
    ("data", "layout", "event"),
    [
        pytest.param(COMPLETE_BYTES, COMPLETE_LAYOUT, COMPLETE, id="complete"),
        pytest.param(IDLE_BYTES, IDLE_LAYOUT, IDLE, id="idle"),
        pytest.param(CONFIGURE_BYTES, CONFIGURE_LAYOUT, CONFIGURE, id="configure"),
    ],
)


@ORDERS
def test_present_pixmap_is_these_bytes(order: str) -> None:
    """Every field of PresentPixmap lies where the protocol puts it."""
    data = PIXMAP_BYTES if order == "<" else _swap(PIXMAP_LAYOUT, PIXMAP_BYTES)
    assert PIXMAP.encode(148, order) == data
    assert present.decode_request(data, order) == PIXMAP


@ORDERS
@EVENT_BYTES
def test_event_is_these_bytes(
    order: str, data: bytes, layout: str, event: present.PresentEvent
) -> None:
    """Every field of each event lies where the protocol puts it."""
    data = data if order == "<" else _swap(layout, data)
    assert event.encode(148, 5, order) == data
    assert present.decode_event(data, order) == event


@ORDERS
@pytest.mark.parametrize(
    ("request_", "layout", "values"),
    [
        pytest.param(present.QueryVersion(1, 4), "BBHII", (148, 0, 3, 1, 4), id="version"),
        pytest.param(
            present.NotifyMsc(window=1, serial=2, target_msc=2**40, divisor=7, remainder=6),
            "BBHIIIQQQ",
            (148, 2, 10, 1, 2, 0, 2**40, 7, 6),
            id="notify-msc",
        ),
        pytest.param(
            present.SelectInput(event=1, window=2, mask=7), "BBHIII", (148, 3, 4, 1, 2, 7),
            id="select",
        ),
        pytest.param(present.QueryCapabilities(9), "BBHI", (148, 4, 2, 9), id="capabilities"),
    ],
)  # fmt: skip
def test_small_request_is_these_bytes(
    order: str, request_: ExtensionRequest, layout: str, values: tuple[int, ...]
) -> None:
    """Header, length and body, without padding that struct would add by itself."""
    data = struct.pack(f"{order}{layout}", *values)
    assert request_.encode(148, order) == data
    assert present.decode_request(data, order) == request_


@ORDERS
@BIG_NUMBERS
def test_large_numbers_survive_events_and_requests(order: str, number: int) -> None:
    """The last bytes of long events and 64-bit fields are intact."""
    event = replace(COMPLETE, ust=number, msc=number)
    assert present.decode_event(event.encode(148, 5, order), order) == event
    request = replace(PIXMAP, target_msc=number, divisor=number, remainder=number)
    assert present.decode_request(request.encode(148, order), order) == request


@ORDERS
@pytest.mark.parametrize("number", [9, 255])
def test_unknown_kind_and_mode_stay_numbers(order: str, number: int) -> None:
    """A server's undefined values are reported, not refused."""
    event = replace(COMPLETE, kind=number, mode=number)
    decoded = present.decode_event(event.encode(148, 5, order), order)
    assert decoded == event
    assert not isinstance(decoded.mode, CompleteMode)


@EVENT_BYTES
def test_cut_event_is_none(data: bytes, layout: str, event: present.PresentEvent) -> None:
    """Whatever is missing at the end, decoding says None."""
    assert [present.decode_event(data[:size]) for size in range(10, len(data))] == [None] * (
        len(data) - 10
    )


def test_cut_request_is_none() -> None:
    """A PresentPixmap without its whole fixed part is None."""
    assert [present.decode_request(PIXMAP_BYTES[:size]) for size in range(2, 72)] == [None] * 70


@pytest.mark.parametrize(
    ("decode", "size"),
    [
        *((present.decode_event, size) for size in range(10)),
        *((present.decode_request, size) for size in range(2)),
    ],
)
def test_headless_data_is_none(decode: Callable[[bytes], object], size: int) -> None:
    """Not even the type is there: None, as for any other cut."""
    assert decode(bytes(size)) is None


def test_unknown_types_are_none() -> None:
    """Minor opcodes and evtypes of the future are not guessed at."""
    assert present.decode_request(bytes((148, 99, 1, 0)) * 20) is None
    assert present.decode_event(IDLE_BYTES[:8] + b"\x63\x63" + IDLE_BYTES[10:]) is None


_WORD = st.integers(0, 2**32 - 1)
_SHORT = st.integers(-(2**15), 2**15 - 1)
_SIZE = st.integers(0, 2**16 - 1)
_LONG = st.integers(0, 2**64 - 1)
_NOTIFIES = st.lists(st.builds(Notify, _WORD, _WORD), max_size=4).map(tuple)
_RECTANGLE = st.builds(XRectangle, _SHORT, _SHORT, _SIZE, _SIZE)
_LONGS = {"target_msc", "divisor", "remainder", "ust", "msc", "acquire_point", "release_point"}


def _field(name: str) -> st.SearchStrategy[object]:
    if name in _LONGS:
        return _LONG
    if name in {"x", "y", "x_off", "y_off", "off_x", "off_y"}:
        return _SHORT
    if name in {"width", "height", "pixmap_width", "pixmap_height"}:
        return _SIZE
    if name in {"kind", "mode"}:
        return st.integers(0, 255)
    named = {
        "notifies": _NOTIFIES,
        "valid_rect": _RECTANGLE,
        "update_rect": _RECTANGLE,
        "update_window": st.booleans(),
    }
    return named.get(name, _WORD)


REQUESTS = [
    *(present.QueryVersion, present.PresentPixmap, present.NotifyMsc),
    *(present.SelectInput, present.QueryCapabilities, present.PixmapSynced),
]
EVENTS = [
    *(present.PresentConfigureNotify, present.CompleteNotify),
    *(present.IdleNotify, present.RedirectNotify),
]


def _any_of(classes: list[type]) -> st.SearchStrategy[object]:
    return st.one_of(
        [st.builds(cls, **{one.name: _field(one.name) for one in fields(cls)}) for cls in classes]
    )


@given(_any_of(REQUESTS), st.sampled_from("<>="))
def test_requests_round_trip(request_: ExtensionRequest, order: str) -> None:
    """Encoding loses nothing, and the length field counts the words."""
    data = request_.encode(148, order)
    assert present.decode_request(data, order) == request_
    assert struct.unpack_from(f"{order}H", data, 2) == (len(data) // 4,)


@given(_any_of(EVENTS), st.sampled_from("<>="), st.integers(0, 2**20))
def test_events_round_trip(event: present.PresentEvent, order: str, sequence: int) -> None:
    """Encoding loses nothing, the length field counts the words beyond 32 bytes."""
    data = event.encode(148, sequence, order)
    assert present.decode_event(data, order) == event
    assert struct.unpack_from(f"{order}HI", data, 2) == (sequence % 2**16, len(data) // 4 - 8)
