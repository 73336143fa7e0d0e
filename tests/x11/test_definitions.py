# SPDX-License-Identifier: MIT
"""Fields of messages, read by the protocol descriptions of xcb-proto."""

import struct

import pytest

from harness.x11 import encoding
from harness.x11.definitions.catalogue import Catalogue, DefinitionError, installed
from harness.x11.definitions.fields import EnumNames
from harness.x11.definitions.text import items_text
from harness.x11.names import CORE_ERRORS, CORE_EVENTS, CORE_REQUESTS, EXTENSION_REQUESTS


@pytest.fixture(scope="module")
def catalogue():
    """The descriptions that the setup installs."""
    found = installed()
    assert found is not None
    return found


def words(catalogue, form, data, order="<"):
    return items_text(form.items(data, order), catalogue.core.enums["Atom"])


def request(catalogue, name, opcode, body, *, second=0, order="<"):
    """The fields in words of a request of the core protocol, or with ``name`` of an extension."""
    definition = catalogue.extension(name) if name else catalogue.core
    data = encoding.request(order, *((200, opcode) if name else (opcode, second)), body)
    return words(catalogue, definition.requests[opcode], data, order)


@pytest.mark.parametrize("order", ["<", ">"])
def test_optional_values_follow_their_mask(catalogue, order):
    """ChangeWindowAttributes: each bit one value, in the order of the bits."""
    mask = 1 << 1 | 1 << 9 | 1 << 11
    body = struct.pack(f"{order}IIIII", 0x200001, mask, 0xFF0000, 1, 1 << 15 | 1 << 17 | 1 << 31)
    assert request(catalogue, "", 2, body, order=order) == (
        "window=0x200001 value_mask=BackPixel|OverrideRedirect|EventMask "
        "background_pixel=16711680 override_redirect=1 "
        "event_mask=Exposure|StructureNotify|0x80000000"
    )


def test_a_list_is_as_long_as_its_field_says(catalogue):
    """ChangeProperty: the length counts units of the format; what pads it is left out."""
    body = struct.pack("<IIIBxxxI", 7, 39, 31, 8, 5) + b"hello\xff\xff\xff"
    assert request(catalogue, "", 18, body) == (
        "mode=Replace window=0x7 property=WM_NAME type=STRING format=8 data_len=5 data=68656c6c6f"
    )


def test_a_list_without_a_length_goes_to_the_end(catalogue):
    """PolyFillRectangle: structs, as many as there are."""
    body = struct.pack("<IIhhHHhhHH", 1, 2, -1, 2, 3, 4, 5, 6, 7, 8)
    assert request(catalogue, "", 70, body) == (
        "drawable=0x1 gc=0x2 rectangles=[{x=-1 y=2 width=3 height=4}, {x=5 y=6 width=7 height=8}]"
    )


def test_long_lists_say_how_long_they_are(catalogue):
    """A line stays readable; the bytes follow it in a trace."""
    many = request(catalogue, "", 65, struct.pack("<II", 1, 2) + bytes(4 * 40))
    assert many.endswith("{x=0 y=0}, 24 more]")
    image = request(catalogue, "", 72, bytes(20) + bytes(range(100)), second=2)
    assert image.endswith(f"data={bytes(range(32)).hex()}... (100 bytes)")


def test_a_switch_chooses_by_value(catalogue):
    """One kind of change has these fields, another one those."""
    detach, remove = struct.pack("<HHHxx", 4, 2, 9), struct.pack("<HHHBxHH", 2, 3, 7, 1, 2, 3)
    assert request(catalogue, "XInputExtension", 43, b"\2\0\0\0" + detach + remove) == (
        "num_changes=2 changes=[{type=DetachSlave len=2 deviceid=9}, "
        "{type=RemoveMaster len=3 deviceid=7 return_mode=Attach "
        "return_pointer=2 return_keyboard=3}]"
    )


def test_a_reply_has_its_fields(catalogue):
    """QueryTree: the root has no parent, which has a name."""
    form = catalogue.core.replies[15]
    reply = struct.pack("<BxHIIIH14x", 1, 7, 3, 1, 0, 3) + struct.pack("<III", 4, 5, 6)
    assert words(catalogue, form, reply) == (
        "root=0x1 parent=None children_len=3 children=[0x4, 0x5, 0x6]"
    )


def test_a_message_that_is_too_short_shows_what_it_has(catalogue):
    """A server or client that is wrong is looked at, too."""
    assert request(catalogue, "", 8, b"") == ""
    body = struct.pack("<IH", 9, 3)
    assert request(catalogue, "", 12, body) == "window=0x9 value_mask=X|Y"


def test_every_file_can_be_read(catalogue):
    """All of the package, whatever the version: more than 600 requests."""
    headers = [path.stem for path in catalogue.folder.glob("*.xml")]
    definitions = [catalogue.file(header).definition() for header in headers]
    assert sum(len(one.requests) for one in definitions) > 600
    for definition in definitions:
        for form in [*definition.requests.values(), *definition.replies.values()]:
            form.items(bytes(64), "<")
            form.items(bytes(64), ">")


def test_names_are_those_of_timelines(catalogue):
    """A trace says the same with and without the descriptions."""
    forms = catalogue.core.requests
    assert {number: form.name for number, form in forms.items()} == CORE_REQUESTS
    events = {number: form.name for number, form in catalogue.core.events.items()}
    renamed = {"GraphicsExposure", "NoExposure", "GenericEvent"}
    assert set(CORE_EVENTS.values()) - set(events.values()) <= renamed
    assert set(CORE_ERRORS) == set(catalogue.core.errors)
    shipped = {one: known for one, known in EXTENSION_REQUESTS.items() if "-DRAFT" not in one}
    for name, known in shipped.items():
        described = catalogue.extension(name)
        assert described is not None, name
        assert set(described.requests) <= set(known), name


def test_an_unknown_extension_has_no_description(catalogue):
    """That is no error: a draft is none either."""
    assert catalogue.extension("NOT-THERE") is None


def test_a_foreign_file_is_named(tmp_path):
    """Not a traceback of the XML parser."""
    (tmp_path / "xproto.xml").write_text("<xcb")
    with pytest.raises(DefinitionError, match=r"xproto\.xml is not a protocol description"):
        _ = Catalogue(tmp_path).core


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, None), (5, "A|C"), (1, "A"), (9, "A|0x8"), (8, None)],
)
def test_bits_have_names(value, text):
    """Those without one are shown as a number."""
    assert EnumNames({1: "A", 2: "B", 4: "C"}, mask=True).text(value) == text
