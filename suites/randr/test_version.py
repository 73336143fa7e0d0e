# SPDX-License-Identifier: MIT
"""The extension itself: its numbers, its versions, and which requests there are."""

import struct

import pytest

from harness.clients.randr.monitors import Monitors
from suites.foreigner import check_cut_short
from suites.marks import BYTE_ORDERS, FOREIGN

pytestmark = pytest.mark.needs("RANDR")

MAXIMUM = 0xFFFFFFFF
KNOWN = (1, 6)
"""The version whose requests this file has; all kinds that the harness starts have it."""

QUERY_VERSION, SET_SCREEN_CONFIG, GET_SCREEN_INFO = 0, 2, 5
STALE = 1
"""The status of a SetScreenConfig whose config-timestamp is not the current one."""

WORDS = {
    "QueryVersion": (0, 3),
    "SetScreenConfig": (2, 6),
    "SelectInput": (4, 3),
    "GetScreenInfo": (5, 2),
    "GetScreenSizeRange": (6, 2),
    "SetScreenSize": (7, 5),
    "GetScreenResources": (8, 2),
    "GetOutputInfo": (9, 3),
    "ListOutputProperties": (10, 2),
    "QueryOutputProperty": (11, 3),
    "DeleteOutputProperty": (14, 3),
    "GetOutputProperty": (15, 7),
    "DestroyMode": (17, 2),
    "AddOutputMode": (18, 3),
    "DeleteOutputMode": (19, 3),
    "GetCrtcInfo": (20, 3),
    "GetCrtcGammaSize": (22, 2),
    "GetCrtcGamma": (23, 2),
    "GetScreenResourcesCurrent": (25, 2),
    "GetCrtcTransform": (27, 2),
    "GetPanning": (28, 2),
    "SetPanning": (29, 9),
    "SetOutputPrimary": (30, 3),
    "GetOutputPrimary": (31, 2),
    "GetProviders": (32, 2),
    "GetProviderInfo": (33, 3),
    "SetProviderOffloadSink": (34, 4),
    "SetProviderOutputSource": (35, 4),
    "ListProviderProperties": (36, 2),
    "QueryProviderProperty": (37, 3),
    "DeleteProviderProperty": (40, 3),
    "GetProviderProperty": (41, 7),
    "GetMonitors": (42, 3),
    "DeleteMonitor": (44, 3),
    "FreeLease": (46, 3),
}
"""Minor opcode and length in words of the requests of one fixed length."""

AT_LEAST = {
    "ConfigureOutputProperty": (12, 4),
    "ChangeOutputProperty": (13, 6),
    "CreateMode": (16, 10),
    "SetCrtcConfig": (21, 7),
    "SetCrtcGamma": (24, 3),
    "SetCrtcTransform": (26, 12),
    "ConfigureProviderProperty": (38, 4),
    "ChangeProviderProperty": (39, 6),
    "SetMonitor": (43, 8),
    "CreateLease": (45, 4),
}
"""Minor opcode and smallest length in words of those that carry lists."""


def version(wire, major, minor):
    """What a raw client is answered that says it speaks this version."""
    opcode = wire.major("RANDR")
    reply = wire.reply(wire.request(opcode, QUERY_VERSION, wire.pack("II", major, minor)))
    kind, length = wire.unpack("B3xI", reply)
    assert (kind, length) == (1, 0)
    return wire.unpack("II", reply, 8)


def answer(monitors, major, minor):
    reply = monitors.requests.QueryVersion(major, minor).reply()
    return reply.major_version, reply.minor_version


@pytest.fixture
def newest(server, connect):
    """The newest version that the server has: at least 1.6 of all kinds that the harness starts,
    and 1.6 itself up to X.Org 21.1."""
    newest = answer(Monitors(connect("version")), MAXIMUM, MAXIMUM)
    if server.spec is not None:
        assert newest >= KNOWN
    if server.vendor == "The X.Org Foundation" and server.release < 12101099:
        assert newest <= KNOWN
    assert (1, 0) <= newest < (2, 0)
    return newest


def errors_of(version):
    """How many errors this version has: a provider's from 1.4 on, a lease's from 1.6 on."""
    return 3 + (version >= (1, 4)) + (version >= (1, 6))


def test_the_extension_is_listed_once_with_two_events_and_five_errors(presenter, newest):
    """QueryExtension finds RANDR; its 2 event and 5 error numbers lie where an extension's may
    and belong to no other extension (RND-001).  Before 1.6 there are fewer errors."""
    reply = presenter.core.QueryExtension(len("RANDR"), "RANDR").reply()
    assert reply.present
    assert reply.major_opcode >= 128
    assert 64 <= reply.first_event <= 126
    assert 128 <= reply.first_error <= 251
    errors = range(reply.first_error, reply.first_error + errors_of(newest))
    listed = [name.name.to_string() for name in presenter.core.ListExtensions().reply().names]
    assert listed.count("RANDR") == 1
    for name in set(listed) - {"RANDR"}:
        other = presenter.core.QueryExtension(len(name), name).reply()
        assert other.major_opcode != reply.major_opcode, name
        assert other.first_event not in (reply.first_event, reply.first_event + 1), name
        assert other.first_error not in errors, name


def test_the_errors_are_output_crtc_mode_and_provider_in_this_order(presenter):
    """What is no output, CRTC, mode or provider is refused with errors 0 to 3 of the extension,
    each with the id (RND-001)."""
    requests = Monitors(presenter).requests
    first = presenter.numbers("RANDR").first_error
    bad = presenter.new_id()
    ask = [
        lambda: requests.GetOutputInfo(bad, 0).reply(),
        lambda: requests.GetCrtcInfo(bad, 0).reply(),
        lambda: requests.DestroyMode(bad),
        lambda: requests.GetProviderInfo(bad, 0).reply(),
    ]
    got = []
    for request in ask:
        with presenter.catch_errors() as errors:
            request()
        got += [(error.code - first, error.value) for error in errors]
    assert got == [(number, bad) for number in range(4)]


def test_versions_up_to_the_servers_own_are_echoed(presenter, newest):
    """A 1.x that the server has is answered with just that version (RND-002)."""
    monitors = Monitors(presenter)
    for minor in range(newest[1] + 1):
        assert answer(monitors, 1, minor) == (1, minor)


@pytest.mark.parametrize("asked", [(0, 0), (0, 7), (0, 99), (0, MAXIMUM)], ids=str)
def test_an_older_major_version_is_echoed(presenter, asked):
    """QueryVersion(0, 99) is echoed: whatever is lower than the server's own (RND-002)."""
    assert answer(Monitors(presenter), *asked) == asked


@pytest.mark.parametrize(
    "asked", [(1, 7), (1, 99), (1, MAXIMUM), (2, 0), (2, 5), (9, 9), (MAXIMUM, MAXIMUM)], ids=str
)
def test_a_newer_version_is_answered_with_the_servers_own(presenter, newest, asked):
    """The server never claims more than it has, also when only the major number is too high
    (RND-002)."""
    assert answer(Monitors(presenter), *asked) == min(asked, newest)


def test_an_answer_leaves_the_next_answer_and_other_clients_alone(presenter, connect, newest):
    """What was asked before, by this client or another, does not count (RND-002)."""
    monitors, other = Monitors(presenter), Monitors(connect("other"))
    assert answer(monitors, 1, 0) == (1, 0)
    assert answer(other, 1, 99) == min((1, 99), newest)
    assert answer(monitors, 1, 99) == min((1, 99), newest)
    assert answer(other, 1, 2) == (1, 2)


@pytest.mark.xserver(swapped=True)
@BYTE_ORDERS
def test_versions_are_read_in_the_clients_byte_order(connect_wire, newest, order):
    """Both numbers and the answer are in the byte order of the client (RND-002)."""
    wire = connect_wire(order)
    for asked in [(1, 0), newest, (0, 0x01020304)]:
        assert version(wire, *asked) == asked
    assert version(wire, 1, 0x0100) == min((1, 0x0100), newest)
    assert version(wire, 0x01000000, 0) == newest


def unknown_from(first, newest):
    """The minor opcodes from ``first`` on; none of a version whose requests are not known."""
    return [] if newest > KNOWN else list(range(first, 256))


def test_requests_that_do_not_exist_are_refused(presenter, newest):
    """Minor opcodes 1 and 3, which only drafts had, and up to 1.6 all from 47 on give Request
    with that minor, whatever the length (RND-003)."""
    major = presenter.numbers("RANDR").major
    unknown = [1, 3, *unknown_from(47, newest)]
    with presenter.catch_errors() as errors:
        for minor in unknown:
            presenter.send_raw("RANDR", minor, bytes(4 * (1 + minor % 5)))
    assert [(e.name, e.major, e.minor) for e in errors] == [
        ("Request", major, minor) for minor in unknown
    ]


@pytest.mark.xserver(swapped=True)
@BYTE_ORDERS
@pytest.mark.parametrize(
    "extension", ["RANDR", pytest.param("XINERAMA", marks=pytest.mark.needs("XINERAMA"))]
)
def test_requests_that_do_not_exist_are_refused_in_either_byte_order(
    connect_wire, newest, extension, order
):
    """Request with their number, and the next request is answered (RND-003, RND-126)."""
    wire = connect_wire(order)
    major = wire.major(extension)
    unknown = [1, 3, *unknown_from(47, newest)] if extension == "RANDR" else range(6, 256)
    for minor in unknown:
        wire.request(major, minor, bytes(4 * (minor % 5)))
    wire.sync()
    told = [(error.name, error.major, error.minor) for error in wire.errors]
    assert told == [("Request", major, minor) for minor in unknown]


@pytest.mark.parametrize("name", WORDS)
def test_a_request_of_a_wrong_length_is_refused(presenter, newest, name):
    """A request of fixed length gives Length when it is a word shorter or longer, or much
    longer, before anything in it is looked at (RND-003, RND-042)."""
    monitors = Monitors(presenter)
    assert answer(monitors, *newest) == newest
    minor, words = WORDS[name]
    wrong = [w for w in (1, words - 1, words + 1, words + 20) if w != words]
    with presenter.catch_errors() as errors:
        for length in wrong:
            presenter.send_raw("RANDR", minor, b"\xff" * 4 * length)
    assert [(e.name, e.minor) for e in errors] == [("Length", minor)] * len(wrong)


@pytest.mark.parametrize("name", AT_LEAST)
def test_a_request_too_short_for_its_fixed_part_is_refused(presenter, newest, name):
    """A request with a list gives Length when not even the part before the list is there
    (RND-003, RND-042)."""
    monitors = Monitors(presenter)
    assert answer(monitors, *newest) == newest
    minor, words = AT_LEAST[name]
    with presenter.catch_errors() as errors:
        presenter.send_raw("RANDR", minor, b"\xff" * 4)
        presenter.send_raw("RANDR", minor, b"\xff" * 4 * (words - 1))
    assert [(e.name, e.minor) for e in errors] == [("Length", minor)] * 2


@pytest.mark.xserver(swapped=True)
@pytest.mark.parametrize("name", sorted(WORDS | AT_LEAST))
def test_a_request_cut_short_leaves_the_next_as_it_is(connect_wire, newest, name):
    """In the other byte order too a request that is a word or more too short gives Length, and
    no byte of the requests behind it is turned round with it (RND-003, RND-126)."""
    wire = connect_wire(FOREIGN)
    assert version(wire, *newest) == newest
    minor, words = (WORDS | AT_LEAST)[name]
    if name == "SetMonitor":
        # Servers measure it by GetMonitors.
        _, words = WORDS["GetMonitors"]
    check_cut_short(wire, "RANDR", minor, words)


def screen_config(wire, words):
    """The status of a SetScreenConfig of so many words that is stale, or the error's name."""
    body = wire.pack("IIIHHHH4x", wire.root, 0, 12345, 0, 1, 0, 0)[: 4 * (words - 1)]
    sequence = wire.request(wire.major("RANDR"), SET_SCREEN_CONFIG, body)
    error = wire.error_of(sequence)
    return wire.reply(sequence)[1] if error is None else error.name


@pytest.mark.needs(crtcs=1)
@pytest.mark.xserver(swapped=True)
@BYTE_ORDERS
@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (None, 5),
        ((1, 0), 5),
        ((0, 99), 5),
        ((1, 1), 6),
        ((1, 6), 6),
        ((1, 99), 6),
        ((2, 0), 6),
    ],
    ids=str,
)
def test_set_screen_config_has_a_rate_from_1_1_on(connect_wire, order, asked, words):
    """The request has 5 words for clients that asked for no version or one before 1.1, else 6;
    any other length gives Length (RND-004)."""
    wire = connect_wire(order)
    if asked is not None:
        version(wire, *asked)
    assert {n: screen_config(wire, n) for n in (4, 5, 6, 7)} == dict.fromkeys(
        (4, 5, 6, 7), "Length"
    ) | {words: STALE}


@pytest.mark.needs(crtcs=1)
def test_the_last_version_asked_for_counts(connect_wire):
    """QueryVersion may be sent again, and each time decides about the rate (RND-004).

    The status of a stale request needs a CRTC: without one, each request fails.
    """
    wire = connect_wire()
    for asked, words in [((1, 6), 6), ((1, 0), 5), ((1, 1), 6), ((0, 1), 5)]:
        version(wire, *asked)
        assert screen_config(wire, words) == STALE
        assert screen_config(wire, 11 - words) == "Length"


@pytest.mark.needs(crtcs=1)
@pytest.mark.xserver(swapped=True)
@BYTE_ORDERS
def test_get_screen_info_lists_rates_from_1_1_on(connect_wire, order):
    """The reply ends with the sizes for clients before 1.1; for others the rates of each size
    follow (RND-004, RND-094)."""
    wire = connect_wire(order)
    ask = wire.pack("I", wire.root)

    def info():
        return wire.reply(wire.request(wire.major("RANDR"), GET_SCREEN_INFO, ask))

    old = info()
    version(wire, 1, 6)
    new = info()
    sizes, _, _, _, rates = wire.unpack("HHHHH", new, 20)
    assert sizes
    assert rates > sizes
    assert len(old) == 32 + 8 * sizes
    assert len(new) == 32 + 8 * sizes + 2 * (rates + rates % 2)
    assert old[8:] == new[8 : len(old)]
    counts = struct.unpack_from(f"{order}{rates}H", new, len(old))
    at, listed = 0, 0
    while at < rates:
        listed += 1
        at += 1 + counts[at]
    assert (listed, at) == (sizes, rates)
