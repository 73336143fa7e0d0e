# SPDX-License-Identifier: MIT
"""Properties of outputs and providers: values in every format, valid and pending ones, events,
errors."""

import struct

import pytest
from xcffib.xproto import Atom

from harness.clients.connection.server_clock import ServerClock
from harness.clients.randr.monitors import Monitors
from harness.clients.randr.observer import Observer
from harness.clients.randr.output_properties import (
    OutputProperties,
    PropertyConfiguration,
    PropertyMode,
    ProviderProperties,
    Value,
)
from harness.clients.randr.session import RandrSession
from harness.x11.randr import (
    NotifyMask,
    OutputPropertyNotify,
    PropertyState,
    ProviderPropertyNotify,
)
from suites.marks import FOREIGN, REFUSING

pytestmark = [pytest.mark.needs("RANDR"), pytest.mark.xserver(swapped=True)]

FORMATS = (8, 16, 32)
UNITS = {8: "B", 16: "H", 32: "I"}
LIST, QUERY, CONFIGURE, CHANGE, DELETE, GET = 10, 11, 12, 13, 14, 15
NO_ATOM = 0x1FFFFFFF
NOTHING = Value(0, 0, 0, 0, b"")

REVISION = "CVE-2023-5367, xserver commit 541ab2ecd: a value that is added to is laid out wrongly"


def items(format, *numbers, order="="):
    """Numbers as the bytes of a property."""
    return struct.pack(f"{order}{len(numbers)}{UNITS[format]}", *numbers)


def numbers_of(format, first, count):
    """Numbers whose bytes all differ, so that no byte can stand in for another."""
    width = format // 8
    data = bytes((first + i) & 0xFF for i in range(count * width))
    return struct.unpack(f"={count}{UNITS[format]}", data)


class OutputSession(RandrSession):
    """The first output's properties are part of the state; ``name`` and ``other`` are atoms.

    ``shift`` is what opcodes are higher than those of outputs, ``error`` that of the owner.
    """

    kind, notice, mask, subcode = (
        OutputProperties,
        OutputPropertyNotify,
        NotifyMask.OUTPUT_PROPERTY,
        2,
    )
    shift, error = 0, 0

    def __init__(self, client):
        super().__init__(client)
        self.owner = self.find_owner()
        self.properties = self.kind(client, self.owner)
        self.name = client.atom("_XHARNESS_FIRST")
        self.other = client.atom("_XHARNESS_SECOND")

    def find_owner(self):
        return self.output

    @property
    def of_owner(self):
        """In words, for a failure."""
        return f"of the {self.kind.OWNER.lower()}"

    def owner_of(self, event):
        return event.output

    def state(self):
        names = self.properties.names()
        return super().state(), names, [self.properties.get(name) for name in names]

    def change(self, format, *numbers, mode=PropertyMode.REPLACE, type=Atom.INTEGER, name=None):
        data = items(format, *numbers)
        self.properties.change(self.name if name is None else name, type, format, data, mode)

    def value(self, **options):
        return self.properties.get(self.name, **options)

    def send(self, opcode, layout, *values, tail=b""):
        data = bytes(4) + struct.pack(f"={layout}", *values) + tail
        self.client.send_raw("RANDR", opcode + self.shift, data)

    def send_change(self, **changes):
        """ChangeOutputProperty with some arguments wrong; right ones add to the value."""
        request = {
            "output": self.owner,
            "property": self.name,
            "type": Atom.INTEGER,
            "format": 32,
            "mode": PropertyMode.APPEND,
            "units": 1,
            "tail": bytes(4),
        } | changes
        tail = request.pop("tail")
        self.send(CHANGE, "3I2B2xI", *request.values(), tail=tail)

    def notices(self):
        """What was told: (atom, state) of property events, which are all there is."""
        found = []
        for event in self.observer.take():
            assert isinstance(event, self.notice)
            assert (self.owner_of(event), event.window) == (self.owner, self.client.root)
            found.append((event.atom, event.state))
        return found


class ProviderSession(OutputSession):
    """The first provider's properties, by requests and events of their own."""

    kind, notice, mask, subcode = (
        *(ProviderProperties, ProviderPropertyNotify, NotifyMask.PROVIDER_PROPERTY, 4),
    )
    shift, error = 26, 3

    def find_owner(self):
        (provider, *_) = self.monitors.requests.GetProviders(self.client.root).reply().providers
        return provider

    def owner_of(self, event):
        return event.provider


PROVIDERS = pytest.mark.needs(servers="xorg-flip", reason="a provider")
ADDED_ALONE = [
    pytest.mark.known_bug(
        reference="RRChangeProviderProperty counts what is added alone: the rest is lost",
        servers=("xorg-flip",),
        evidence="failed: AssertionError of the provider",
        **bounds,
    )
    for bounds in (
        {"fixed": {"X.Org": "21.1.25", "XLibre": "25.0"}},
        # Main had it still when 21.1.25 was released.
        {"since": {"X.Org": "26"}},
    )
]


def owners(*marks):
    """Outputs, and providers with ``marks``: parameters of the fixture ``desk``."""
    return [
        pytest.param(OutputSession, id="output"),
        pytest.param(ProviderSession, id="provider", marks=[PROVIDERS, *marks]),
    ]


def adding(test):
    """The marks of a test that appends or prepends, which may overrun a buffer of old servers."""
    bug = {
        "reference": REVISION,
        "evidence": ("failed: AssertionError", "crashed: ServerDied", "hung: ServerHung"),
        "fatal": True,
    }
    # Distributions carry the fix back to 21.1.7, but not to what Xvnc is built from.
    test = pytest.mark.known_bug(
        since={"X.Org": "21.1", "Xwayland": "22.1"},
        fixed={"X.Org": "21.1.7", "Xwayland": "23.2.2"},
        strict=True,
        **bug,
    )(test)
    test = pytest.mark.known_bug(
        fixed={"X.Org": "21.1.7", "XLibre": "25", "Xwayland": "23.2.2"}, own_builds=True, **bug
    )(test)
    test = pytest.mark.known_bug(
        since={"X.Org": "21.1.8"}, fixed={"X.Org": "21.1.9"}, own_builds=True, **bug
    )(test)
    test = pytest.mark.parametrize("desk", owners(*ADDED_ALONE), indirect=True)(test)
    return pytest.mark.xserver(throwaway=True)(test)


@pytest.fixture(params=owners())
def desk(connect, request):
    """With the properties of the first output, or the first provider."""
    return request.param(connect("desk"))


@pytest.fixture
def outputs(connect):
    """With the properties of the first output."""
    return OutputSession(connect("desk"))


NEW, DELETED = PropertyState.NEW_VALUE, PropertyState.DELETED


@adding
@pytest.mark.parametrize("format", FORMATS)
def test_a_value_is_replaced_appended_to_and_prepended_to(desk, format):
    """Each mode leaves old and new items in the right order, in every format; each change is
    told once, to the mask for properties, and nothing else is (RND-077, RND-079)."""
    first, second, third = (numbers_of(format, 16 * n + 1, n + 2) for n in range(3))
    for mode, new, expected in [
        (PropertyMode.REPLACE, first, first),
        (PropertyMode.APPEND, second, first + second),
        (PropertyMode.PREPEND, third, third + first + second),
        (PropertyMode.APPEND, first, third + first + second + first),
        (PropertyMode.REPLACE, second, second),
        (PropertyMode.PREPEND, first, first + second),
    ]:
        desk.change(format, *new, mode=mode)
        data = items(format, *expected)
        assert desk.value() == Value(Atom.INTEGER, format, 0, len(expected), data), desk.of_owner
        assert desk.notices() == [(desk.name, NEW)]


ALONE = {
    "reference": REVISION,
    "evidence": "failed: AssertionError what was added counts alone",
    "fatal": True,
}


@pytest.mark.known_bug(
    since={"X.Org": "21.1", "Xwayland": "22.1"},
    fixed={"X.Org": "21.1.7", "Xwayland": "23.2.2"},
    strict=True,
    **ALONE,
)
@pytest.mark.known_bug(
    fixed={"X.Org": "21.1.9", "XLibre": "25", "Xwayland": "23.2.2"},
    own_builds=True,
    strict=False,
    **ALONE,
)
@pytest.mark.xserver(throwaway=True)
@pytest.mark.parametrize("pending", [False, True], ids=["current", "pending"])
@pytest.mark.parametrize("format", FORMATS)
def test_a_value_is_doubled_at_either_end(outputs, format, pending):
    """What is added stands behind or before as many items that were there, current or pending
    (RND-077, RND-087)."""
    outputs.properties.configure(outputs.name, pending=pending)
    first, second = ((number,) for number in numbers_of(format, 1, 2))
    third = numbers_of(format, 17, 2)
    for mode, new, expected in [
        (PropertyMode.REPLACE, first, first),
        (PropertyMode.APPEND, second, first + second),
        (PropertyMode.PREPEND, third, third + first + second),
    ]:
        outputs.change(format, *new, mode=mode)
        outputs.client.sync()
        if pending:
            assert outputs.value() == NOTHING
        value = outputs.value(pending=pending)
        assert value.items != len(new) or new == expected, "what was added counts alone"
        data = items(format, *expected)
        assert value == Value(Atom.INTEGER, format, 0, len(expected), data)
    assert outputs.notices() == [(outputs.name, NEW)] * 3


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("mode", list(PropertyMode))
def test_every_mode_makes_a_property_that_is_not_there(desk, mode, format):
    """Append and prepend to nothing are as replace (RND-077)."""
    numbers = numbers_of(format, 1, 3)
    desk.change(format, *numbers, mode=mode)
    assert desk.value() == Value(Atom.INTEGER, format, 0, 3, items(format, *numbers))
    assert desk.notices() == [(desk.name, NEW)]


@pytest.mark.parametrize("mode", list(PropertyMode))
def test_a_change_by_nothing_is_told_all_the_same(desk, mode):
    """Replacing by nothing empties the value, adding nothing keeps it; servers tell both
    (RND-079)."""
    desk.change(16, 1, 2, 3)
    desk.notices()
    desk.change(16, mode=mode)
    kept = () if mode is PropertyMode.REPLACE else (1, 2, 3)
    assert desk.value() == Value(Atom.INTEGER, 16, 0, len(kept), items(16, *kept))
    assert desk.notices() == [(desk.name, NEW)]


@pytest.mark.parametrize("format", FORMATS)
def test_a_change_to_the_same_value_is_told_all_the_same(desk, format):
    """A property is told as changed whenever it is set, whatever it was before (RND-215)."""
    numbers = numbers_of(format, 1, 3)
    for _ in range(3):
        desk.change(format, *numbers)
        assert desk.notices() == [(desk.name, NEW)]
        assert desk.value() == Value(Atom.INTEGER, format, 0, 3, items(format, *numbers))


def test_only_replacing_changes_type_and_format(desk):
    """Append and prepend with another type or format are refused with Match, and the value
    stays; replace takes any (RND-077)."""
    desk.change(16, 1, 2)
    desk.notices()
    for mode in (PropertyMode.APPEND, PropertyMode.PREPEND):
        for format, type in [(8, Atom.INTEGER), (32, Atom.INTEGER), (16, Atom.CARDINAL)]:
            wrong = lambda f=format, t=type, m=mode: desk.change(f, 3, 4, mode=m, type=t)  # noqa: E731
            assert desk.refusal(wrong)[0] == "Match"
    desk.change(8, 5, 6, 7, type=Atom.CARDINAL)
    assert desk.value() == Value(Atom.CARDINAL, 8, 0, 3, b"\5\6\7")


@adding
def test_a_long_value_comes_back_whole(desk):
    """A value of many requests' length, built up from both ends, is read back (RND-077)."""
    part = bytes(range(251)) * 60
    for mode in (PropertyMode.REPLACE, PropertyMode.APPEND, PropertyMode.PREPEND):
        desk.properties.change(desk.name, Atom.STRING, 8, part, mode)
    assert desk.value().data == part * 3, desk.of_owner


def test_a_property_outlives_the_client_that_set_it(desk, connect):
    """Properties belong to the output (RND-077, RND-086)."""
    guest = connect("guest")
    desk.kind(guest, desk.owner).change(desk.name, Atom.INTEGER, 8, b"abc")
    guest.sync()
    guest.close()
    assert desk.value() == Value(Atom.INTEGER, 8, 0, 3, b"abc")
    assert desk.properties.names()[0] == desk.name


@pytest.mark.needs("RANDR", crtcs=2)
def test_every_output_has_properties_of_its_own(outputs):
    """What is set on one output is neither there nor told for another (RND-079, RND-086)."""
    second = outputs.monitors.resources().outputs[1]
    others = OutputProperties(outputs.client, second)
    before = outputs.properties.names()
    others.change(outputs.name, Atom.INTEGER, 8, b"abc")
    (event,) = outputs.observer.take()
    assert (event.output, event.atom) == (second, outputs.name)
    assert outputs.properties.names() == before
    assert outputs.value() == NOTHING
    assert others.get(outputs.name).data == b"abc"


@pytest.mark.parametrize("mode", [3, 4, 127])
def test_an_unknown_mode_is_refused(desk, mode):
    """Value with the mode (RND-077)."""
    desk.change(32, 1)
    desk.notices()
    assert desk.refusal(lambda: desk.send_change(mode=mode)) == ("Value", mode)


@pytest.mark.parametrize("format", [0, 1, 7, 9, 15, 17, 24, 31, 33, 64])
def test_an_unknown_format_is_refused(desk, format):
    """Value with the format (RND-077)."""
    desk.change(32, 1)
    desk.notices()
    assert desk.refusal(lambda: desk.send_change(format=format)) == ("Value", format)


@pytest.mark.parametrize("atom", [0, NO_ATOM], ids=["none", "unknown"])
@pytest.mark.parametrize("argument", ["property", "type"])
def test_an_atom_that_does_not_exist_is_refused(desk, argument, atom):
    """Atom with its number (RND-077)."""
    desk.change(32, 1)
    desk.notices()
    assert desk.refusal(lambda: desk.send_change(**{argument: atom})) == ("Atom", atom)


@pytest.mark.parametrize(
    ("format", "units", "size"),
    [(8, 4, 8), (8, 5, 4), (16, 2, 8), (16, 3, 4), (32, 2, 4), (32, 1, 8), (32, 1, 0), (8, 0, 4)],
)
def test_a_change_whose_length_belies_its_items_is_refused(desk, format, units, size):
    """Length, whether there are too many bytes or too few (RND-077)."""
    send = lambda: desk.send_change(format=format, units=units, tail=bytes(size))  # noqa: E731
    assert desk.refusal(send)[0] == "Length"


MISTAKES = {
    "mode": ({"mode": 3}, "Value"),
    "format": ({"format": 9}, "Value"),
    "length": ({"units": 2}, "Length"),
    "owner": ({"output": 0x7F}, "RANDR:{}"),
    "property": ({"property": 0}, "Atom"),
    "type": ({"type": 0}, "Atom"),
}
"""In the order in which they are found."""


@pytest.mark.parametrize("second", range(1, len(MISTAKES)))
@pytest.mark.parametrize("first", range(len(MISTAKES) - 1))
def test_the_first_mistake_is_the_one_that_is_told(desk, first, second):
    """Mode, format and length are looked at before the output, and that before the atoms
    (RND-078)."""
    mistakes = list(MISTAKES.values())
    if first >= second:
        first, second = second - 1, first + 1
    wrong, name = mistakes[first][0], mistakes[first][1]
    both = mistakes[second][0] | wrong
    error, value = desk.refusal(lambda: desk.send_change(**both))
    assert error == name.format(desk.kind.OWNER)
    if name != "Length":
        assert value == next(iter(wrong.values()))


def strangers(desk):
    """Ids that are no outputs."""
    resources = desk.monitors.resources()
    return (0, desk.client.root, resources.crtcs[0], next(iter(resources.modes)), 0x1FFFFFF)


@pytest.mark.parametrize("number", range(5), ids=["none", "window", "crtc", "mode", "unknown"])
def test_no_request_takes_something_else_for_an_output(desk, number):
    """RANDR's Output error with the id, for each request on properties (RND-076, RND-077,
    RND-081, RND-083, RND-085, RND-086)."""
    desk.change(32, 1)
    desk.notices()
    wrong = strangers(desk)[number]
    requests = [
        lambda: desk.send(LIST, "I", wrong),
        lambda: desk.send(QUERY, "II", wrong, desk.name),
        lambda: desk.send(CONFIGURE, "IIBB2x", wrong, desk.name, 0, 0),
        lambda: desk.send_change(output=wrong),
        lambda: desk.send(DELETE, "II", wrong, desk.name),
        lambda: desk.send(GET, "5I2B2x", wrong, desk.name, 0, 0, 9, 0, 0),
        lambda: desk.send(GET, "5I2B2x", wrong, desk.name, 0, 0, 9, 1, 0),
    ]
    for send in requests:
        assert desk.refusal(send) == (f"RANDR:{desk.kind.OWNER}", wrong)


@pytest.mark.parametrize(
    ("opcode", "words"),
    [
        *((LIST, 1), (LIST, 3), (QUERY, 2), (QUERY, 4), (CONFIGURE, 3), (CHANGE, 5)),
        *((DELETE, 2), (DELETE, 4), (GET, 6), (GET, 8)),
    ],
)
def test_a_request_of_a_wrong_length_is_refused(desk, opcode, words):
    """Length (RND-076, RND-077, RND-081, RND-083, RND-085)."""
    body = struct.pack("=II", desk.owner, desk.name) + bytes(40)
    data = (bytes(4) + body)[: 4 * words]
    send = lambda: desk.client.send_raw("RANDR", opcode + desk.shift, data)  # noqa: E731
    assert desk.refusal(send)[0] == "Length"


@pytest.mark.parametrize("pending", [False, True], ids=["current", "pending"])
@pytest.mark.parametrize(("format", "count"), [(8, 11), (16, 7), (32, 4), (8, 8)])
def test_every_part_of_a_value_can_be_read(desk, format, count, pending):
    """Offset and length count words of 4 bytes; bytes-after is what follows.  A property that
    is not configured as pending has one value, whichever is asked for (RND-083)."""
    whole = items(format, *numbers_of(format, 1, count))
    desk.properties.change(desk.name, Atom.INTEGER, format, whole)
    for offset in range(len(whole) // 4 + 1):
        for length in range(len(whole) // 4 + 2):
            part = whole[4 * offset :][: 4 * length]
            after = len(whole) - 4 * offset - len(part)
            expected = Value(Atom.INTEGER, format, after, len(part) * 8 // format, part)
            assert desk.value(offset=offset, length=length, pending=pending) == expected


@pytest.mark.parametrize(("size", "offset"), [(0, 1), (4, 2), (5, 2), (8, 3), (8, 1 << 20)])
def test_reading_beyond_the_end_is_refused(desk, size, offset):
    """Value with the offset; at the very end there is nothing to read, and no error
    (RND-083)."""
    desk.properties.change(desk.name, Atom.INTEGER, 8, bytes(size))
    desk.notices()
    send = lambda: desk.send(GET, "5I2B2x", desk.owner, desk.name, 0, offset, 1, 0, 0)  # noqa: E731
    assert desk.refusal(send) == ("Value", offset)
    assert desk.value(offset=size // 4, length=0).bytes_after == size % 4


@pytest.mark.parametrize(("format", "count"), [(8, 5), (16, 3), (32, 2), (8, 0)])
def test_another_type_gives_no_data_and_counts_items(desk, format, count):
    """The reply tells the real type and format, and as bytes-after the number of *items*;
    nothing is deleted.  The text wants bytes (RND-083, RND-088)."""
    desk.change(format, *numbers_of(format, 1, count))
    desk.notices()
    for delete in (False, True):
        value = desk.value(type=Atom.CARDINAL, delete=delete)
        assert value == Value(Atom.INTEGER, format, count, 0, b"")
    assert desk.value(type=Atom.INTEGER).items == count
    assert desk.notices() == []


def test_what_does_not_exist_has_no_type(desk):
    """Type and format 0, no items; reading or deleting it makes nothing (RND-083)."""
    for options in ({}, {"delete": True}, {"type": Atom.INTEGER}, {"offset": 7, "pending": True}):
        assert desk.value(**options) == NOTHING
    assert desk.name not in desk.properties.names()
    assert desk.notices() == []


@pytest.mark.parametrize("delete", [2, 3, 255])
def test_delete_is_a_boolean(desk, delete):
    """Value with the number (RND-083)."""
    desk.change(8, 1)
    desk.notices()
    send = lambda: desk.send(GET, "5I2B2x", desk.owner, desk.name, 0, 0, 9, delete, 0)  # noqa: E731
    assert desk.refusal(send) == ("Value", delete)


def test_reading_names_atoms_that_exist(desk):
    """Atom with the number for the property, 0 included, and for the type, where 0 is any; the
    property is looked at first, then delete, then the type (RND-083)."""
    desk.change(8, 1)
    desk.notices()
    for name, type, delete, expected in [
        (0, 0, 0, ("Atom", 0)),
        (NO_ATOM, 0, 0, ("Atom", NO_ATOM)),
        (desk.name, NO_ATOM, 0, ("Atom", NO_ATOM)),
        (0, NO_ATOM, 2, ("Atom", 0)),
        (desk.name, NO_ATOM, 2, ("Value", 2)),
    ]:
        arguments = (desk.owner, name, type, 0, 9, delete, 0)
        send = lambda a=arguments: desk.send(GET, "5I2B2x", *a)  # noqa: E731
        assert desk.refusal(send) == expected


@pytest.mark.parametrize("format", FORMATS)
def test_reading_to_the_end_deletes_if_asked_to(desk, format):
    """The last part of a value read with delete takes the property away, which is told once;
    an earlier part leaves it (RND-084)."""
    data = items(format, *numbers_of(format, 1, 32 // format * 2))
    desk.properties.change(desk.name, Atom.INTEGER, format, data)
    desk.notices()
    part = desk.value(length=1, delete=True)
    assert (part.data, part.bytes_after) == (data[:4], 4)
    assert desk.notices() == []
    rest = desk.value(offset=1, length=1, delete=True)
    assert (rest.data, rest.bytes_after) == (data[4:], 0)
    assert desk.notices() == [(desk.name, DELETED)]
    assert desk.value() == NOTHING
    assert desk.name not in desk.properties.names()


def test_deleting_takes_one_property_away(desk):
    """Event Deleted; others stay (RND-085)."""
    for name in (desk.name, desk.other):
        desk.change(16, 1, 2, name=name)
    before = desk.properties.names()
    desk.notices()
    desk.properties.delete(desk.name)
    assert desk.notices() == [(desk.name, DELETED)]
    assert desk.properties.names() == [name for name in before if name != desk.name]
    assert desk.properties.get(desk.other).data == items(16, 1, 2)
    assert desk.value() == NOTHING


def test_dozens_of_properties_are_listed(desk):
    """Each once, the newest first (RND-086)."""
    before = desk.properties.names()
    names = [desk.client.atom(f"_XHARNESS_OF_{number}") for number in range(24)]
    for name in names:
        desk.change(8, 1, name=name)
    assert desk.properties.names() == [*reversed(names), *before]


BEYOND_32_BITS = pytest.mark.known_bug(
    reference="ProcRRGetOutputProperty: four times the length asked for has 32 bits",
    evidence="failed: AssertionError",
)


@pytest.mark.parametrize(
    "length",
    [
        0x3FFFFFFF,
        pytest.param(0x40000000, marks=BEYOND_32_BITS),
        pytest.param(0x40000001, marks=BEYOND_32_BITS),
        0xFFFFFFFF,
    ],
    ids=hex,
)
def test_any_length_reads_to_the_end(desk, length):
    """However many bytes that would be (RND-083)."""
    desk.change(32, 1, 2, 3)
    whole = Value(Atom.INTEGER, 32, 0, 3, items(32, 1, 2, 3))
    assert desk.value(length=length) == whole
    assert desk.value(offset=2, length=length).data == items(32, 3)


@pytest.mark.parametrize("pending", [False, True], ids=["current", "pending"])
@pytest.mark.parametrize("values", [(), (3, 4, 5, 6)], ids=["any", "some"])
def test_deleting_is_told_however_the_property_is_configured(desk, values, pending):
    """Event Deleted, and value and configuration are gone (RND-085)."""
    desk.properties.configure(desk.name, values, range=bool(values), pending=pending)
    for _ in range(2):
        desk.change(8, 1)
        assert desk.notices() == [(desk.name, NEW)]
        desk.properties.delete(desk.name)
        assert desk.notices() == [(desk.name, DELETED)]
        assert desk.name not in desk.properties.names()
        assert desk.value(pending=True) == desk.value() == NOTHING
    desk.change(8, 1)
    assert desk.properties.query(desk.name) == PropertyConfiguration(False, False, False, ())


@pytest.mark.parametrize("format", FORMATS)
def test_reading_nothing_deletes_nothing(desk, format):
    """With length 0 all of the value comes after, except at its end (RND-084)."""
    data = items(format, *numbers_of(format, 1, 64 // format))
    desk.properties.change(desk.name, Atom.INTEGER, format, data)
    desk.notices()
    for offset in (0, 1):
        part = desk.value(offset=offset, length=0, delete=True)
        assert part == Value(Atom.INTEGER, format, 8 - 4 * offset, 0, b"")
        assert desk.value().data == data
    assert desk.notices() == []
    assert desk.value(offset=2, length=0, delete=True) == Value(Atom.INTEGER, format, 0, 0, b"")
    assert desk.notices() == [(desk.name, DELETED)]
    assert desk.value() == NOTHING


def test_a_change_is_told_with_its_time(desk):
    """That of the server when the property was set, deleted, or read to its end and deleted
    (RND-190)."""
    clock = ServerClock(desk.client)
    desk.observer.forget()
    for act in (
        *(lambda: desk.change(8, 1), lambda: desk.change(8, 2)),
        *(lambda: desk.properties.delete(desk.name), lambda: desk.change(8, 3)),
        lambda: desk.value(delete=True),
    ):
        before = clock.tick()
        act()
        after = clock.now()
        (event,) = desk.observer.take()
        assert 0 <= (event.timestamp - before) & 0xFFFFFFFF <= (after - before) & 0xFFFFFFFF


def test_deleting_what_is_not_there_is_refused(desk):
    """Name with the atom for no such property, Atom for no such atom (RND-085)."""
    desk.change(8, 1, name=desk.other)
    desk.notices()
    assert desk.refusal(lambda: desk.properties.delete(desk.name)) == ("Name", desk.name)
    for atom in (0, NO_ATOM):
        assert desk.refusal(lambda a=atom: desk.properties.delete(a)) == ("Atom", atom)


def test_properties_are_listed_newest_first(desk):
    """A change leaves the place, deleting and setting again moves to the front (RND-086)."""
    old = desk.properties.names()
    desk.change(8, 1, name=desk.name)
    desk.change(8, 1, name=desk.other)
    assert desk.properties.names() == [desk.other, desk.name, *old]
    desk.change(8, 2, name=desk.name)
    assert desk.properties.names() == [desk.other, desk.name, *old]
    desk.properties.delete(desk.name)
    desk.properties.configure(desk.name)
    assert desk.properties.names() == [desk.name, desk.other, *old]


@pytest.mark.parametrize(
    ("values", "range"),
    [
        *(((), False), ((7,), False), ((3, -1, 2, -(1 << 31)), False), ((0, 3), True)),
        *(((), True), ((-5, 5, 100, (1 << 31) - 1), True), (tuple(range(300)), False)),
    ],
    ids=["none", "one", "list", "range", "no-range", "ranges", "many"],
)
@pytest.mark.parametrize("pending", [False, True], ids=["current", "pending"])
def test_valid_values_are_told_as_configured(desk, values, range, pending):
    """Query returns the flags and the list, not immutable; configuring makes the property,
    without a value, and is not told (RND-081, RND-082)."""
    desk.properties.configure(desk.name, values, pending=pending, range=range)
    expected = PropertyConfiguration(pending, range, False, values)
    assert desk.properties.query(desk.name) == expected
    assert desk.properties.names()[0] == desk.name
    assert desk.value() == NOTHING
    assert desk.notices() == []


def test_configuring_again_replaces_the_list_and_keeps_the_value(desk):
    """The new list is all there is; the value is as before, even outside the list (RND-080,
    RND-082)."""
    desk.change(32, 99)
    desk.properties.configure(desk.name, (0, 3), range=True)
    desk.properties.configure(desk.name, (5, 6, 7))
    assert desk.properties.query(desk.name) == PropertyConfiguration(False, False, False, (5, 6, 7))
    assert desk.value() == Value(Atom.INTEGER, 32, 0, 1, items(32, 99))
    assert desk.notices() == [(desk.name, NEW)]


@pytest.mark.parametrize("range", [False, True], ids=["list", "range"])
def test_a_shorter_list_replaces_a_longer_one(desk, range):
    """And a longer one a shorter: there are as many valid values as were given last (RND-219)."""
    for values in [(9, 8, 7, 6), (5, 4), (), (1, 2, 3, 4, 5, 6), (0, 1)]:
        desk.properties.configure(desk.name, values, range=range)
        expected = PropertyConfiguration(False, range, False, values)
        assert desk.properties.query(desk.name) == expected


@pytest.mark.parametrize("range", [False, True], ids=["list", "range"])
def test_valid_values_bind_nobody(desk, range):
    """A value outside the list or range is taken, and the list stays (RND-080)."""
    desk.properties.configure(desk.name, (0, 3), range=range)
    for number in (99, 4, 0xFFFFFFFF):
        desk.change(32, number)
        assert desk.value().data == items(32, number)
    assert desk.properties.query(desk.name).values == (0, 3)


@pytest.mark.parametrize("count", [1, 3])
def test_a_range_has_two_ends(desk, count):
    """An odd number of values for ranges is refused with Match: a property that was there
    keeps its list, one that was not is not made (RND-081)."""
    values = list(range(count))
    wrong = lambda: desk.properties.configure(desk.name, values, range=True)  # noqa: E731
    assert desk.refusal(wrong)[0] == "Match"
    desk.properties.configure(desk.name, (4, 5, 6))
    assert desk.refusal(wrong)[0] == "Match"
    assert desk.properties.query(desk.name) == PropertyConfiguration(False, False, False, (4, 5, 6))


def test_asking_for_what_is_not_there_is_refused(desk):
    """QueryOutputProperty of an unknown property gives Name, and makes none (RND-076)."""
    assert desk.refusal(lambda: desk.send(QUERY, "II", desk.owner, desk.name))[0] == "Name"


def test_a_property_that_is_set_first_has_no_valid_values(desk):
    """No list, no flags (RND-082)."""
    desk.change(8, 1)
    assert desk.properties.query(desk.name) == PropertyConfiguration(False, False, False, ())


@REFUSING
def test_a_pending_value_waits_for_the_next_configuration(outputs):
    """A change of a property that is configured as pending is read as pending only, until
    SetCrtcConfig on the output's CRTC makes it current and tells so (RND-087)."""
    outputs.change(32, 1)
    outputs.properties.configure(outputs.name, pending=True)
    outputs.notices()
    outputs.change(16, 2, 3)
    assert outputs.notices() == [(outputs.name, NEW)]
    assert outputs.value() == Value(Atom.INTEGER, 32, 0, 1, items(32, 1))
    assert outputs.value(pending=True) == Value(Atom.INTEGER, 16, 0, 2, items(16, 2, 3))

    crtc, mode = (
        outputs.monitors.output(outputs.owner).crtc,
        outputs.monitors.fitting_mode(outputs.owner),
    )
    assert outputs.monitors.set_crtc(crtc, mode, [outputs.owner]).status == 0
    both = Value(Atom.INTEGER, 16, 0, 2, items(16, 2, 3))
    assert (outputs.value(), outputs.value(pending=True)) == (both, both)
    told = [e for e in outputs.observer.take() if isinstance(e, OutputPropertyNotify)]
    assert [(e.output, e.atom, e.state) for e in told] == [(outputs.owner, outputs.name, NEW)]


@REFUSING
def test_a_pending_value_that_is_the_current_one_is_not_told(outputs):
    """Applying it changes nothing; one that differs in its type, its format, its size or a single
    item is told (RND-087)."""
    crtc = outputs.monitors.output(outputs.owner).crtc
    mode = outputs.monitors.fitting_mode(outputs.owner)
    outputs.properties.configure(outputs.name, pending=True)

    def applied(format, *numbers, type=Atom.INTEGER):
        outputs.change(format, *numbers, type=type)
        assert outputs.notices() == [(outputs.name, NEW)]
        assert outputs.monitors.set_crtc(crtc, mode, [outputs.owner]).status == 0
        told = [e for e in outputs.observer.take() if isinstance(e, OutputPropertyNotify)]
        whole = Value(type, format, 0, len(numbers), items(format, *numbers))
        assert outputs.value() == whole
        return len(told)

    assert applied(16, 2, 3) == 1
    assert applied(16, 2, 3) == 0
    assert applied(16, 2, 4) == 1
    assert applied(16, 1, 4) == 1
    assert applied(16, 1, 4, 0) == 1
    assert applied(16, 1, 4) == 1
    assert applied(8, 1, 4) == 1
    assert applied(8, 1, 4, type=Atom.CARDINAL) == 1
    assert applied(8, 1, 4, type=Atom.CARDINAL) == 0


@REFUSING
def test_all_pending_values_of_an_output_become_current_together(outputs):
    """Each of several properties, told once; one that waits for nothing, or has been deleted
    meanwhile, is left alone (RND-216)."""
    names = [outputs.client.atom(f"_XHARNESS_PENDING_{n}") for n in range(4)]
    for n, name in enumerate(names):
        outputs.properties.configure(name, pending=True)
        outputs.change(8, n + 1, name=name)
    outputs.change(8, 9)
    outputs.properties.delete(names[1])
    outputs.notices()
    crtc = outputs.monitors.output(outputs.owner).crtc
    mode = outputs.monitors.fitting_mode(outputs.owner)
    assert outputs.monitors.set_crtc(crtc, mode, [outputs.owner]).status == 0
    told = [e for e in outputs.observer.take() if isinstance(e, OutputPropertyNotify)]
    kept = {name: n + 1 for n, name in enumerate(names) if n != 1}
    assert sorted((e.atom, e.state) for e in told) == sorted((name, NEW) for name in kept)
    assert {name: outputs.properties.get(name).data for name in kept} == {
        name: bytes([number]) for name, number in kept.items()
    }


@adding
def test_pending_values_are_added_to_pending_values(desk):
    """Append and prepend work on the pending value (RND-087)."""
    desk.properties.configure(desk.name, pending=True)
    desk.change(8, 3)
    desk.change(8, 4, mode=PropertyMode.APPEND)
    desk.change(8, 1, 2, mode=PropertyMode.PREPEND)
    assert desk.value(pending=True).data == bytes((1, 2, 3, 4)), desk.of_owner
    assert desk.value() == NOTHING


def test_what_is_no_longer_pending_is_forgotten(desk):
    """Configuring a property as not pending drops its pending value (RND-087)."""
    desk.change(8, 1)
    desk.properties.configure(desk.name, pending=True)
    desk.change(8, 2)
    desk.properties.configure(desk.name, pending=False)
    assert desk.value(pending=True) == desk.value() == Value(Atom.INTEGER, 8, 0, 1, b"\1")
    desk.properties.configure(desk.name, pending=True)
    assert desk.value(pending=True) == NOTHING


def test_what_stays_pending_is_kept(desk):
    """Other valid values leave the pending value as it is (RND-087)."""
    desk.properties.configure(desk.name, pending=True)
    desk.change(8, 2)
    desk.properties.configure(desk.name, (1, 2, 3), pending=True)
    assert desk.value(pending=True) == Value(Atom.INTEGER, 8, 0, 1, b"\2")


def test_windows_that_nobody_selected_on_are_passed_over(desk, connect):
    """Those behind them, and inside of them, are told, mapped or not (RND-079)."""
    listener = connect("listener")
    behind, around = (listener.window(8, 8, events=0) for _ in range(2))
    inner = listener.window(4, 4, events=0, parent=around.id)
    listener.window(8, 8, events=0)
    unmapped = listener.window(8, 8, events=0, mapped=False)
    monitors = Monitors(listener)
    for window in (behind, inner, unmapped):
        monitors.requests.SelectInput(window.id, desk.mask)
    listener.sync()
    since = len(listener.events)
    desk.change(8, 1)
    desk.client.sync()
    listener.sync()
    told = [event.window for event in monitors.events(since)]
    assert sorted(told) == sorted((behind.id, inner.id, unmapped.id))


@pytest.mark.parametrize("asked", [False, True], ids=["others", "own"])
def test_only_those_hear_who_asked_for_properties(desk, connect, asked):
    """New value and deletion go to their mask alone, of the client that sets as of others
    (RND-079, RND-084, RND-085)."""
    listener = Monitors(connect("listener"))
    heard = Observer(listener, desk.mask if asked else 0xFF & ~desk.mask)
    desk.observer.forget()
    heard.take()
    desk.change(8, 1)
    desk.properties.delete(desk.name)
    desk.change(8, 1)
    desk.value(delete=True)
    states = [NEW, DELETED, NEW, DELETED]
    assert desk.notices() == [(desk.name, state) for state in states]
    wanted = states if asked else []
    assert [event.state for event in heard.take()] == wanted


def test_an_event_names_the_window_it_was_selected_on(desk):
    """The window of the event is the one of the selection, somewhere below the root too
    (RND-079)."""
    # Those above it have selected nothing.
    above = desk.client.window(8, 8, events=0, mapped=False)
    window = desk.client.window(8, 8, parent=above, events=0, mapped=False)
    desk.monitors.select(0)
    desk.monitors.select(desk.mask, window.id)
    desk.change(8, 1)
    (event,) = desk.observer.take()
    assert (event.window, desk.owner_of(event), event.atom) == (window.id, desk.owner, desk.name)


@pytest.fixture
def foreigner(desk, connect_wire):
    wire = connect_wire(FOREIGN)
    return wire, wire.major("RANDR")


@adding
@pytest.mark.parametrize("format", FORMATS)
def test_values_are_turned_round_by_their_format(desk, foreigner, format):
    """What a client of the other byte order sets and adds, and what it reads in parts, are the
    same numbers (RND-126)."""
    wire, major = foreigner
    numbers = numbers_of(format, 1, 32 // format * 2)
    for mode in PropertyMode:
        body = wire.pack("3I2B2xI", desk.owner, desk.name, 19, format, mode, len(numbers))
        sequence = wire.request(
            major, CHANGE + desk.shift, body + items(format, *numbers, order=FOREIGN)
        )
        assert wire.error_of(sequence) is None
    whole = Value(Atom.INTEGER, format, 0, 3 * len(numbers), items(format, *numbers * 3))
    assert desk.value() == whole, desk.of_owner
    body = wire.pack("5I2B2x", desk.owner, desk.name, 19, 1, 2, 0, 0)
    reply = wire.reply(wire.request(major, GET + desk.shift, body))
    count = 64 // format
    assert (reply[1], *wire.unpack("I", reply, 4)) == (format, 2)
    assert wire.unpack("III", reply, 8) == (Atom.INTEGER, 12, count)
    expected = (numbers * 3)[32 // format :][:count]
    assert reply[32:] == items(format, *expected, order=FOREIGN)


@pytest.mark.parametrize("delete", [False, True], ids=["read", "deleted"])
@pytest.mark.parametrize("format", FORMATS)
def test_a_part_of_a_value_is_read_in_the_clients_byte_order(desk, foreigner, format, delete):
    """As it was set, and gone where its end was read and that was asked for (RND-083,
    RND-126)."""
    wire, major = foreigner
    numbers = numbers_of(format, 1, 96 // format)
    desk.change(format, *numbers)
    desk.client.sync()
    words, rest = (2, 0) if delete else (1, 4)
    body = wire.pack("5I2B2x", desk.owner, desk.name, 0, 1, words, delete, 0)
    reply = wire.reply(wire.request(major, GET + desk.shift, body))
    first, count = 32 // format, 32 * words // format
    told = (format, words, Atom.INTEGER, rest, count)
    assert (reply[1], *wire.unpack("4I", reply, 4)) == told
    assert reply[32:] == items(format, *numbers[first : first + count], order=FOREIGN)
    assert (desk.value() == NOTHING) is delete


@pytest.mark.parametrize(("format", "count"), [(8, 1), (8, 7), (16, 1), (16, 3), (32, 1)])
def test_an_odd_number_of_items_is_read_in_the_clients_byte_order(desk, foreigner, format, count):
    """Padded to whole words (RND-126)."""
    wire, major = foreigner
    numbers = numbers_of(format, 1, count)
    desk.change(format, *numbers)
    desk.client.sync()
    body = wire.pack("5I2B2x", desk.owner, desk.name, 0, 0, 9, 0, 0)
    reply = wire.reply(wire.request(major, GET + desk.shift, body))
    size = count * format // 8
    told = (format, (size + 3) // 4, Atom.INTEGER, 0, count)
    assert (reply[1], *wire.unpack("4I", reply, 4)) == told
    assert reply[32 : 32 + size] == items(format, *numbers, order=FOREIGN)


def test_lists_and_valid_values_are_turned_round(desk, foreigner):
    """List, Query and Configure, and the reply to another type (RND-126)."""
    wire, major = foreigner
    body = wire.pack("2I2B2x3i", desk.owner, desk.name, 1, 0, 5, -6, 0x01020304)
    assert wire.error_of(wire.request(major, CONFIGURE + desk.shift, body)) is None
    expected = PropertyConfiguration(True, False, False, (5, -6, 0x01020304))
    assert desk.properties.query(desk.name) == expected
    reply = wire.reply(
        wire.request(major, QUERY + desk.shift, wire.pack("2I", desk.owner, desk.name))
    )
    assert wire.unpack("I4x3B", reply, 4)[:1] == (3,)
    assert tuple(reply[8:11]) == (1, 0, 0)
    assert wire.unpack("3i", reply, 32) == (5, -6, 0x01020304)
    desk.change(8, 1, 2, name=desk.other)
    names = desk.properties.names()
    reply = wire.reply(wire.request(major, LIST + desk.shift, wire.pack("I", desk.owner)))
    assert wire.unpack("IH", reply, 4) == (len(names), len(names))
    assert list(wire.unpack(f"{len(names)}I", reply, 32)) == names
    body = wire.pack("5I2B2x", desk.owner, desk.other, Atom.CARDINAL, 0, 9, 0, 0)
    reply = wire.reply(wire.request(major, GET + desk.shift, body))
    assert wire.unpack("I3I", reply, 4) == (0, Atom.INTEGER, 2, 0)
    body = wire.pack("2I", desk.owner, desk.name)
    assert wire.error_of(wire.request(major, DELETE + desk.shift, body)) is None
    assert desk.name not in desk.properties.names()


def test_a_property_that_is_not_there_is_told_in_the_other_byte_order(desk, foreigner):
    """Length, type, rest and size are 0, and the format too; the next reply is where it should
    be (RND-083, RND-126)."""
    wire, major = foreigner
    body = wire.pack("5I2B2x", desk.owner, desk.other, 0, 0, 9, 0, 0)
    sequence = wire.request(major, GET + desk.shift, body)
    reply = wire.reply(sequence)
    assert reply[1] == 0
    assert wire.unpack("HIIII", reply, 2) == (sequence, 0, 0, 0, 0)
    wire.sync()


def test_errors_and_events_are_turned_round(desk, foreigner):
    """Bad values are the client's own numbers; a property event names window, output, atom and
    time (RND-077, RND-079, RND-126)."""
    wire, major = foreigner
    output, code = 0x00345678, desk.client.numbers("RANDR").first_error
    error = wire.error_of(wire.request(major, LIST + desk.shift, wire.pack("I", output)))
    assert (error.code, error.value) == (code + desk.error, output)
    body = wire.pack("3I2B2xI", desk.owner, desk.name, 19, 9, 0, 0)
    error = wire.error_of(wire.request(major, CHANGE + desk.shift, body))
    assert (error.name, error.value) == ("Value", 9)
    wire.request(major, 4, wire.pack("IH2x", wire.root, desk.mask))
    wire.sync()
    desk.change(8, 1)
    (own,) = desk.observer.take()
    wire.sync()
    (data,) = wire.events
    assert data[1] == desk.subcode
    assert wire.unpack("4IB", data, 4) == (
        wire.root,
        desk.owner,
        desk.name,
        own.timestamp,
        PropertyState.NEW_VALUE,
    )
