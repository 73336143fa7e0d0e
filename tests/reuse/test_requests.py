# SPDX-License-Identifier: MIT
"""The table of requests that leave nothing behind."""

import struct

import pytest
from xcffib.xproto import CW

from harness.reuse.requests import HARMLESS, RESIZE, UNLESS_LASTING, retires, to_observe
from harness.x11 import names
from harness.x11.extensions import Extension

ROOT = 0x123


def test_the_table_has_only_names_of_requests():
    """A name that no timeline has would stand for nothing."""
    assert names.request_names() >= HARMLESS
    assert set(UNLESS_LASTING) <= HARMLESS


@pytest.mark.parametrize(
    "name",
    [
        *("SetCloseDownMode", "ChangeKeyboardMapping", "SetFontPath"),
        *("StoreColors", "InstallColormap", "ChangeHosts"),
        "RANDR:SetCrtcGamma",
        *("RANDR:CreateLease", "XFIXES:ChangeCursor", "XFIXES:SetClientDisconnectMode"),
        *("request 120", "XKEYBOARD:8", "RANDR:200"),
    ],
)
def test_what_outlives_its_client_retires(name):
    """Known or not: what is not in the table retires the server."""
    assert retires(name, bytes(32), "<", [ROOT])


@pytest.mark.parametrize(("name", "at"), UNLESS_LASTING.items())
@pytest.mark.parametrize("byte_order", ["<", ">"])
def test_what_cannot_be_read_back_retires_only_of_what_lasts(name, at, byte_order):
    """A window of the client's own dies with it; a request cut short is not trusted."""
    order = "little" if byte_order == "<" else "big"
    root, own = (bytes(at) + id.to_bytes(4, order) for id in (ROOT, 0x200001))
    assert retires(name, root, byte_order, [ROOT])
    assert not retires(name, own, byte_order, [ROOT])
    assert retires(name, own[:at], byte_order, [ROOT])


@pytest.mark.parametrize("byte_order", ["<", ">"])
def test_selecting_events_of_the_root_does_not_retire(byte_order):
    """A selection ends with its client; with a background in the same request it is another."""
    for mask, expected in ((CW.EventMask, False), (CW.EventMask | CW.BackPixel, True)):
        request = struct.pack(f"{byte_order}BxHIIII", 2, 5, ROOT, mask, 1, 2)
        assert retires("ChangeWindowAttributes", request, byte_order, [ROOT]) is expected


def test_observed_opcodes_are_exactly_those_that_may_retire():
    """Of the core, of an extension in the table, and all of one that nobody knows."""
    core = {code for first, last in to_observe(None) for code in range(first, last + 1)}
    for code in range(1, 128):
        name = names.request_name(None, code)
        assert (code in core) == (name not in HARMLESS or name in UNLESS_LASTING)
    assert set(RESIZE) <= HARMLESS
    assert (7, 7) in to_observe(Extension("RANDR", 140, 0, 0))
    assert (20, 20) not in to_observe(Extension("RANDR", 140, 0, 0))
    assert (34, 35) in to_observe(Extension("RANDR", 140, 0, 0))
    assert to_observe(Extension("XINERAMA-NEXT", 150, 0, 0)) == [(0, 255)]
