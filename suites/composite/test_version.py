# SPDX-License-Identifier: MIT
"""The extension itself: when it is there, its version, its opcodes and the length of requests."""

import pytest
import xcffib.composite
from xcffib.composite import Redirect

from harness.clients.resources.window import is_redirected
from harness.x11 import names

NAME = "Composite"
VERSION = (0, 4)
MAXIMUM = 0xFFFFFFFF
WORDS = {0: 3, 1: 3, 2: 3, 3: 3, 4: 3, 5: 3, 6: 3, 7: 2, 8: 2}
"""The length of each request by its opcode."""

ORDERS = pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])


def is_there(client):
    listed = [name.name.to_string() for name in client.core.ListExtensions().reply().names]
    asked = client.core.QueryExtension(len(NAME), NAME).reply()
    assert bool(asked.present) == (NAME in listed)
    return bool(asked.present)


def inner_window(presenter):
    """One that a compositing manager, if there is one, has not redirected."""
    return presenter.window(20, 20, parent=presenter.window(20, 20, events=0), events=0)


def wire_version(wire, major, minor):
    """The reply to QueryVersion: its length, and both numbers."""
    opcode = wire.major(NAME)
    reply = wire.reply(wire.request(opcode, 0, wire.pack("II", major, minor)))
    return wire.unpack("I", reply, 4), wire.unpack("II", reply, 8)


@pytest.mark.needs(NAME)
def test_composite_is_listed_without_events_and_errors_of_its_own(presenter):
    """QueryExtension finds Composite, with first event 0 and first error 0 (CMP-001)."""
    reply = presenter.core.QueryExtension(len(NAME), NAME).reply()
    assert reply.present
    assert reply.major_opcode >= 128
    assert (reply.first_event, reply.first_error) == (0, 0)
    listed = [name.name.to_string() for name in presenter.core.ListExtensions().reply().names]
    assert listed.count(NAME) == 1


@pytest.mark.parametrize(
    "",
    [
        pytest.param(marks=pytest.mark.xserver(depth=16), id="depth16"),
        pytest.param(marks=pytest.mark.xserver(depth=24), id="depth24"),
        pytest.param(
            marks=[
                pytest.mark.xserver(depth=30),
                pytest.mark.needs(servers="xvfb", reason="a screen deeper than its host's"),
            ],
            id="depth30",
        ),
    ],
)
@pytest.mark.needs("RENDER")
def test_screens_of_true_colours_have_composite(presenter):
    """A screen whose root is TrueColor has the extension, whatever its depth, and redirects
    (CMP-001)."""
    assert is_there(presenter)
    window = inner_window(presenter)
    window.redirect()
    assert is_redirected(window)


@pytest.mark.needs(servers="xvfb", reason="a root visual of its own")
@pytest.mark.xserver(depth=8)
def test_a_root_of_indexed_colours_leaves_no_composite(connect):
    """A root of PseudoColor takes the extension away (CMP-001)."""
    assert not is_there(connect("client"))


@pytest.mark.needs(servers="xvfb", reason="an option to switch RENDER off")
@pytest.mark.xserver(args=("-render",))
def test_no_composite_without_render(connect):
    """Composite needs RENDER, by which it paints automatically redirected windows
    (CMP-001)."""
    client = connect("client")
    if client.has_extension("RENDER"):
        pytest.skip("this server keeps RENDER in spite of -render")
    assert not is_there(client)


@pytest.mark.needs(
    servers=("xvfb", "xephyr", "xorg", "xvnc"), reason="Xwayland does not run without Composite"
)
# Before 1.20.4 the option knows the extension by capitals alone.
@pytest.mark.xserver(args=("-extension", NAME, "-extension", NAME.upper()))
def test_composite_can_be_switched_off(connect):
    """A server started without the extension does not list it (CMP-001)."""
    assert not is_there(connect("client"))


@pytest.mark.needs(NAME)
@pytest.mark.parametrize(
    "asked",
    [(0, 4), (0, 3), (0, 1), (0, 0), (0, 5), (0, MAXIMUM), (1, 0), (1, 9), (9, 1), (MAXIMUM, 0)],
    ids=lambda asked: f"{asked[0]}.{asked[1]}",
)
def test_composite_answers_every_version_with_its_own(presenter, asked):
    """QueryVersion gives 0.4, also to a client that asks for less, although the text forbids
    more than was asked for: only the major number is compared (CMP-002, CMP-003, CMP-004)."""
    reply = presenter.extension(xcffib.composite).QueryVersion(*asked).reply()
    assert (reply.major_version, reply.minor_version) == VERSION


@pytest.mark.needs(NAME)
def test_versions_asked_one_after_another_do_not_mix(presenter):
    """Each question is answered for itself; an answer does not limit later ones (CMP-002,
    CMP-003, CMP-004)."""
    requests = presenter.extension(xcffib.composite)
    for asked in ((0, 1), (0, 4), (7, 7), (0, 2)):
        reply = requests.QueryVersion(*asked).reply()
        assert (reply.major_version, reply.minor_version) == VERSION


@ORDERS
@pytest.mark.needs(NAME)
@pytest.mark.xserver(swapped=True)
def test_the_version_is_told_in_either_byte_order(connect_wire, order):
    """Version and length of the reply are in the client's order (CMP-002, CMP-003, CMP-004)."""
    wire = connect_wire(order)
    for asked in ((0, 4), (0, 1), (1, 0)):
        assert wire_version(wire, *asked) == ((0,), VERSION)


@ORDERS
@pytest.mark.needs(NAME, "XFIXES")
@pytest.mark.xserver(swapped=True)
def test_every_request_works_without_a_version_agreed_on(presenter, connect_wire, order):
    """A client that never sends QueryVersion may use all requests, although the text demands
    an error (CMP-005)."""
    wire = connect_wire(order)
    major = wire.major(NAME)
    parent, child = (inner_window(presenter) for _ in range(2))
    presenter.sync()
    update = bytes([Redirect.Manual, 0, 0, 0])
    for minor, body in (
        (1, wire.pack("I", child.id) + update),
        (6, wire.pack("II", child.id, wire.new_id())),
        (5, wire.pack("II", wire.new_id(), child.id)),
        (3, wire.pack("I", child.id) + update),
        (2, wire.pack("I", parent.id) + update),
        (4, wire.pack("I", parent.id) + update),
    ):
        assert wire.error_of(wire.request(major, minor, body)) is None, minor
    reply = wire.reply(wire.request(major, 7, wire.pack("I", wire.root)))
    assert wire.unpack("I", reply, 8) != (0,)
    assert wire.error_of(wire.request(major, 8, wire.pack("I", wire.root))) is None


@ORDERS
@pytest.mark.needs(NAME)
@pytest.mark.xserver(swapped=True)
def test_unknown_minor_opcodes_of_composite_are_refused(connect_wire, order):
    """A minor opcode from 9 on gives Request with that minor, whatever the length (CMP-006)."""
    wire = connect_wire(order)
    major = wire.major(NAME)
    for minor in range(len(WORDS), 256):
        wire.request(major, minor, bytes(4 * (minor % 5)))
    wire.sync()
    assert [(e.name, e.major, e.minor) for e in wire.errors] == [
        ("Request", major, minor) for minor in range(len(WORDS), 256)
    ]


@ORDERS
@pytest.mark.needs(NAME)
@pytest.mark.xserver(swapped=True)
@pytest.mark.parametrize("minor", sorted(WORDS), ids=names.EXTENSION_REQUESTS[NAME].get)
def test_requests_of_a_wrong_length_are_refused(presenter, connect_wire, minor, order):
    """A request that is a word short or long, or nothing but its header, gives Length and does
    nothing; the connection goes on (CMP-006)."""
    window = inner_window(presenter)
    presenter.sync()
    wire = connect_wire(order)
    major = wire.major(NAME)
    right = WORDS[minor]
    for words in sorted({1, right - 1, right + 1, right + 40}):
        body = wire.pack("II", window.id, wire.new_id()) + bytes(200)
        error = wire.error_of(wire.request(major, minor, body[: 4 * (words - 1)]))
        assert error is not None, words
        assert (error.name, error.major, error.minor) == ("Length", major, minor)
    assert not is_redirected(window)
    assert wire_version(wire, *VERSION) == ((0,), VERSION)
