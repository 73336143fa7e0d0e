# SPDX-License-Identifier: MIT
"""Values in messages that belong to one server: where they stand, and what else can stand there."""

import struct

import pytest

from harness.recordings.messages import RecordedKind, RecordedMessage
from harness.recordings.recording import Sender
from harness.recordings.references.finding import DescriptionMissing, References
from harness.recordings.references.reference import ReferenceKind, Role, with_values
from harness.recordings.references.tables import CREATES, FREES
from harness.x11 import encoding
from harness.x11.definitions.catalogue import Catalogue, installed
from harness.x11.extensions import Extension

EXTENSIONS = [
    Extension("Present", 148, 0, 0),
    Extension("RANDR", 140, 89, 147),
    Extension("XFIXES", 138, 87, 140),
    Extension("MIT-SHM", 130, 65, 128),
    Extension("SYNC", 134, 83, 134),
    Extension("DRI3", 149, 0, 0),
    Extension("X-Resource", 150, 0, 0),
    Extension("GLX", 152, 95, 158),
    Extension("DAMAGE", 143, 91, 152),
    Extension("NEVER-DESCRIBED", 160, 0, 0),
]
MAJORS = {one.name: one.major for one in EXTENSIONS}
XID, ATOM, TIME = ReferenceKind.XID, ReferenceKind.ATOM, ReferenceKind.TIMESTAMP
ORDERS = pytest.mark.parametrize("order", ["<", ">"])


@pytest.fixture
def references():
    return References(EXTENSIONS)


def message(kind, data, order="<", answers=b"", sequence=1):
    sender = Sender.CLIENT if kind is RecordedKind.REQUEST else Sender.SERVER
    return RecordedMessage(0, 1, kind, sender, sequence, order, data, answers)


def request(order, name, opcode, layout, *values, second=0, tail=b""):
    """A request of the core, or of the extension ``name``."""
    body = struct.pack(order + layout, *values) + tail
    major, minor = (MAJORS[name], opcode) if name else (opcode, second)
    return message(RecordedKind.REQUEST, encoding.request(order, major, minor, body), order)


def found(references, one):
    """Kind, value and role of all but opcodes and codes."""
    numbers = (ReferenceKind.OPCODE, ReferenceKind.EVENT, ReferenceKind.ERROR)
    return [(r.kind, r.value, r.role) for r in references.of(one) if r.kind not in numbers]


@ORDERS
def test_a_request_creates_uses_and_frees(references, order):
    """CreateWindow makes an id, names its parent and a visual; DestroyWindow ends it."""
    values = (7, 8, 0, 0, 9, 9, 0, 1, 33, 1 << 13 | 1 << 14, 5, 6)
    created = request(order, "", 1, "IIhhHHHHIIII", *values)
    assert found(references, created) == [
        (XID, 7, Role.CREATES),
        (XID, 8, Role.USES),
        (ReferenceKind.VISUAL, 33, Role.USES),
        (XID, 5, Role.USES),
        (XID, 6, Role.USES),
    ]
    assert found(references, request(order, "", 4, "I", 7)) == [(XID, 7, Role.FREES)]
    assert found(references, request(order, "", 113, "I", 7)) == [(XID, 7, Role.USES)]


@ORDERS
def test_present_names_its_resources_and_its_msc(references, order):
    """PresentPixmap: window, pixmap, regions, CRTC, fences, the target and those to notify."""
    body = (1, 2, 77, 3, 4, 0, 0, 5, 6, 7, 0, 900, 5, 3, 8, 99)
    one = request(order, "Present", 1, "IIIIIhhIIII4xQQQII", *body)
    expected = [(XID, value, Role.USES) for value in (1, 2, 3, 4, 5, 6, 7)]
    assert found(references, one) == [
        *expected,
        (ReferenceKind.MSC, 900, Role.USES),
        (ReferenceKind.REMAINDER, 3, Role.USES),
        (XID, 8, Role.USES),
    ]
    selected = request(order, "Present", 3, "III", 11, 12, 7)
    assert found(references, selected) == [(XID, 11, Role.CREATES), (XID, 12, Role.USES)]


@ORDERS
def test_requests_newer_than_the_descriptions_are_known(references, order):
    """PresentPixmapSynced (1.4) and DRI3's synchronisation objects."""
    body = (1, 2, 77, 3, 4, 0, 0, 5, 6, 7, 0, 0, 0, 900, 5, 3, 8, 99)
    one = request(order, "Present", 5, "IIIIIhhIIIQQI4xQQQII", *body)
    assert found(references, one) == [
        *((XID, value, Role.USES) for value in (1, 2, 3, 4, 5, 6, 7)),
        (ReferenceKind.MSC, 900, Role.USES),
        (ReferenceKind.REMAINDER, 3, Role.USES),
        (XID, 8, Role.USES),
    ]
    created = request(order, "DRI3", 10, "II", 1, 2)
    assert [value for _, value, _ in found(references, created)] == [1, 2]


@ORDERS
def test_property_data_has_references_by_its_type(references, order):
    """Windows, atoms, hints with pixmaps; not text, not numbers."""

    def changed(type_, layout, *values, format_=32):
        tail = struct.pack(order + layout, *values)
        head = (1, 39, type_, format_, 8 * len(tail) // format_)
        return [
            value
            for _, value, _ in found(
                references, request(order, "", 18, "IIIB3xI", *head, tail=encoding.padded(tail))
            )
        ][3:]

    assert changed(33, "II", 500, 501) == [500, 501]
    assert changed(4, "I", 502) == [502]
    assert changed(35, "9I", 1, 2, 3, 504, 505, 6, 7, 508, 509) == [504, 505, 508, 509]
    assert changed(6, "II", 500, 501) == []
    assert changed(31, "8s", b"windows!", format_=8) == []


@ORDERS
def test_client_messages_have_references_by_their_type(references, order):
    """WM_DELETE_WINDOW is an atom with a time; atoms are learned from InternAtom."""
    name = b"WM_PROTOCOLS"
    references.of(request(order, "", 16, "H2x", len(name), tail=name))
    reply = struct.pack(f"{order}BxHII20x", 1, 1, 0, 300)
    references.of(message(RecordedKind.REPLY, reply, order, b"\x10\0"))
    event = struct.pack(f"{order}BBHIIIIIII", 33, 32, 0, 20, 300, 301, 302, 0, 0, 0)
    expected = [(XID, 20), (ATOM, 300), (ATOM, 301), (TIME, 302), (XID, 0)]
    told = found(references, message(RecordedKind.EVENT, event, order))
    assert told == [(*one, Role.TELLS) for one in expected]
    sent = request(order, "", 25, "II", 40, 0, tail=event)
    assert found(references, sent) == [
        (XID, 40, Role.USES),
        *((*one, Role.USES) for one in expected),
    ]
    assert [one.offset for one in references.of(sent)] == [4, 16, 20, 24, 28, 32]


@ORDERS
def test_randr_notify_has_references_by_its_kind(references, order):
    """The union of a CrtcChange: time, window, CRTC, mode."""
    event = struct.pack(f"{order}BBHIIIIHHhhHH", 90, 0, 0, 1, 2, 3, 4, 1, 0, 0, 0, 9, 9)
    told = found(references, message(RecordedKind.EVENT, event, order))
    assert told == [
        (kind, value, Role.TELLS)
        for kind, value in zip((TIME, XID, XID, XID), (1, 2, 3, 4), strict=True)
    ]


@ORDERS
def test_an_error_names_what_was_wrong(references, order):
    """An id, an atom, or a plain number, by the error."""

    def error(code, major=8):
        data = struct.pack(f"{order}BBHIHB21x", 0, code, 1, 77, 0, major)
        return references.of(message(RecordedKind.ERROR, data, order))

    assert [(one.kind, one.offset) for one in error(3)] == [(XID, 4)]
    assert [(one.kind, one.offset) for one in error(5)] == [(ATOM, 4)]
    assert error(2) == ()
    kinds = [(one.kind, one.value) for one in error(140, 138)]
    assert kinds == [
        (ReferenceKind.ERROR, 140),
        (XID, 77),
        (ReferenceKind.OPCODE, 138),
    ]


@ORDERS
def test_replies_tell_what_the_server_made(references, order):
    """Lists of ids with a path each; opcodes and bases of QueryExtension."""
    reply = struct.pack(f"{order}BxHIIIH14xII", 1, 1, 2, 40, 0, 2, 41, 42)
    told = references.of(message(RecordedKind.REPLY, reply, order, bytes([15, 0])))
    names = [(one.name, one.value) for one in told]
    assert names == [("root", 40), ("parent", 0), ("children[0]", 41), ("children[1]", 42)]
    reply = struct.pack(f"{order}BxHIBBBB20x", 1, 1, 0, 1, 140, 89, 147)
    told = references.of(message(RecordedKind.REPLY, reply, order, bytes([98, 0])))
    assert [(one.offset, one.size, one.value) for one in told] == [
        (9, 1, 140),
        (10, 1, 89),
        (11, 1, 147),
    ]


@ORDERS
def test_other_values_stand_in_the_same_places(references, order):
    """Everything else stays, also behind the longer length of BIG-REQUESTS."""
    short = request(order, "", 70, "IIhhHH", 1, 2, 3, 4, 5, 6).data
    units = struct.pack(f"{order}I", len(short) // 4 + 1)
    long = short[:2] + bytes(2) + units + short[4:]
    for data, shift in ((short, 0), (long, 4)):
        one = message(RecordedKind.REQUEST, data, order)
        values = [(r, r.value + 0x100) for r in references.of(one)]
        changed = with_values(data, order, values)
        assert struct.unpack_from(f"{order}IIhhHH", changed, 4 + shift) == (257, 258, 3, 4, 5, 6)
        assert changed[: 4 + shift] == data[: 4 + shift]


def test_an_extension_without_description_is_said(references):
    """Not guessed at: the words name it and what to do."""
    with pytest.raises(DescriptionMissing, match=r"NEVER-DESCRIBED.*opcode 3.*--leave-out"):
        references.of(request("<", "NEVER-DESCRIBED", 3, "I", 1))


def test_no_descriptions_at_all_are_said(monkeypatch, tmp_path):
    """The words name the package."""
    monkeypatch.setenv("XDG_DATA_DIRS", str(tmp_path))
    installed.cache_clear()
    try:
        with pytest.raises(DescriptionMissing, match="xcb-proto"):
            References(EXTENSIONS)
    finally:
        monkeypatch.undo()
        installed.cache_clear()


def test_the_tables_name_fields_that_are_described():
    """A field that the descriptions call otherwise would never be found."""
    catalogue = installed()
    assert isinstance(catalogue, Catalogue)
    missing = []
    for name, title, field in sorted(CREATES | FREES):
        definition = catalogue.extension(name) if name else catalogue.core
        if definition is None or title in ("ImportSyncobj", "FreeSyncobj"):
            continue
        forms = [one for one in definition.requests.values() if one.name == title]
        items = {item.name for form in forms for item in form.items(bytes(256), "<")}
        if field not in items:
            missing.append(f"{name}:{title}.{field}")
    assert missing == []


@ORDERS
def test_what_is_remembered_of_a_message_ends_with_the_next_atom(references, order):
    """The same ClientMessage before and after the name of its type is known."""
    type_ = 0x200
    data = struct.pack(f"{order}BBHIIIIIII", 33, 32, 0, 7, type_, 0, 0, 0x400001, 0, 0)
    event = message(RecordedKind.EVENT, data, order)
    assert len(found(references, event)) == len(found(references, event))
    before = found(references, event)
    asked = message(
        RecordedKind.REQUEST,
        encoding.request(order, 16, 0, struct.pack(f"{order}H2x", 12) + b"XdndPosition"),
        order,
    )
    references.of(asked)
    answer = struct.pack(f"{order}BBHII20x", 1, 0, 1, 0, type_)
    references.of(message(RecordedKind.REPLY, answer, order, answers=asked.data[:32]))
    assert len(found(references, event)) > len(before)


def test_another_sequence_number_is_the_same_message(references):
    """Offsets, kinds and values are alike; another answer or value is another message."""
    first, second = (
        message(
            RecordedKind.EVENT,
            struct.pack("<BBHIIIHHHHBx", 12, 0, number, 5, 0, 0, 1, 2, 3, 4, 0) + bytes(2),
            sequence=number,
        )
        for number in (1, 2)
    )
    assert references.of(first) is references.of(second)
