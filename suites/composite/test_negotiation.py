# SPDX-License-Identifier: MIT
"""Versions that a client asks for again: lower ones after higher ones, and the reverse.

Present, Composite and RANDR have tests of their own; these are the extensions beside them.
"""

from dataclasses import dataclass

import pytest

from suites.marks import BYTE_ORDERS

pytestmark = pytest.mark.xserver(any_depth=True, swapped=True)

MAXIMUM = 0xFFFFFFFF
REQUEST = "Request"
DESTROY_FENCE = 17
ORDERS = pytest.mark.parametrize(
    "steps",
    [
        ((1, 0), (5, 0), (2, 0), (6, 0)),
        ((5, 0), (1, 0), (5, 0)),
        ((2, 0), (1, 0)),
        ((MAXIMUM, MAXIMUM), (1, 0), (0, 0)),
    ],
    ids=lambda steps: " ".join(f"{major}.{minor}" for major, minor in steps),
)


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One client of an extension, by its bytes."""

    wire: object
    extension: str

    def ask(self, major, minor, layout="II"):
        """The version that QueryVersion (or SYNC's Initialize) answers with."""
        wire, opcode = self.wire, self.wire.major(self.extension)
        reply = wire.reply(wire.request(opcode, 0, wire.pack(layout, major, minor)))
        assert wire.unpack("I", reply, 4) == (0,)
        return wire.unpack(layout[:2], reply, 8)

    def error(self, minor, body):
        """The name of the error that a request gives, None if it is accepted."""
        opcode = self.wire.major(self.extension)
        error = self.wire.error_of(self.wire.request(opcode, minor, body))
        return None if error is None else error.name


@pytest.fixture
def dialogue(connect_wire):
    """A dialogue of a new client of the byte order given."""
    return lambda extension, order="<": Dialogue(connect_wire(order), extension)


XFIXES = {
    1: (3, lambda wire: wire.pack("II", wire.root, 0)),
    2: (5, lambda wire: wire.pack("I", wire.new_id())),
    4: (29, lambda wire: wire.pack("I", wire.root)),
}
"""A request that came with each version: SelectCursorInput, CreateRegion, HideCursor."""


@BYTE_ORDERS
@ORDERS
@pytest.mark.needs("XFIXES")
@pytest.mark.known_bug(
    reference="ProcXFixesQueryVersion forgets the version that was asked for before",
    fixed={"X.Org": "21", "XLibre": "25", "Xwayland": "22"},
    evidence="failed: AssertionError",
)
def test_the_highest_version_of_xfixes_asked_for_counts(dialogue, steps, order):
    """Each answer is what was asked for, or the server's own version where that is lower; a
    request is served from the first time on that its version was asked for, to the end of the
    client (CMP-125)."""
    talk = dialogue("XFIXES", order)
    own = dialogue("XFIXES").ask(MAXIMUM, MAXIMUM)
    highest = 0
    for step in steps:
        answered = talk.ask(*step)
        assert answered == min(step, own)
        highest = max(highest, answered[0])
        for version, (minor, body) in XFIXES.items():
            expected = None if version <= highest else REQUEST
            assert talk.error(minor, body(talk.wire)) == expected, (step, version)


@BYTE_ORDERS
@pytest.mark.parametrize(
    "steps",
    [((1, 0), (1, 1), (1, 0)), ((1, 1), (0, 0), (1, 1)), ((0, 5), (9, 9), (0, 0), (1, 0))],
    ids=lambda steps: " ".join(f"{major}.{minor}" for major, minor in steps),
)
@pytest.mark.needs("DAMAGE")
def test_the_last_version_of_damage_asked_for_counts(dialogue, presenter, steps, order):
    """Requests are served while that is 1.0 or more; XLibre serves them at all times (CMP-093,
    CMP-125)."""
    pixmap = presenter.pixmap(8, 8)
    presenter.sync()
    talk = dialogue("DAMAGE", order)
    for step in steps:
        answered = talk.ask(*step)
        assert answered == min(step, (1, 1))
        got = talk.error(1, talk.wire.pack("IIB3x", talk.wire.new_id(), pixmap.id, 1))
        assert got in ((None,) if answered >= (1, 0) else (None, REQUEST)), step


@pytest.mark.needs("DAMAGE")
@pytest.mark.known_bug(
    reference="xserver commit 659260a0b: no version counts for clients of the other byte order",
    fixed={"X.Org": "21", "XLibre": "25", "Xwayland": "22"},
    evidence="failed: AssertionError",
)
def test_a_version_of_damage_counts_alike_in_both_byte_orders(dialogue, presenter):
    """What is refused to a client before it asked for a version that has it, or after it asked for
    one that has not, does not depend on its byte order (CMP-125)."""
    pixmap = presenter.pixmap(8, 8)
    presenter.sync()
    told = []
    for order in "<>":
        talk = dialogue("DAMAGE", order)
        wire = talk.wire
        requests = {
            1: lambda wire=wire: wire.pack("IIB3x", wire.new_id(), pixmap.id, 1),
            2: lambda wire=wire: wire.pack("I", wire.new_id()),
            3: lambda wire=wire: wire.pack("III", wire.new_id(), 0, 0),
        }
        answers = []
        for step in (None, (0, 0), (1, 0), (0, 9), (1, 1)):
            if step:
                talk.ask(*step)
            answers += [talk.error(minor, body()) for minor, body in requests.items()]
        told.append(answers)
    assert told[0] == told[1]


@BYTE_ORDERS
@pytest.mark.parametrize(
    "extension",
    [pytest.param(name, marks=pytest.mark.needs(name)) for name in ("XFIXES", "DAMAGE")],
)
def test_a_newer_version_is_answered_with_the_servers_own(dialogue, extension, order):
    """The server claims no version that it lacks, be it the next one (CMP-125)."""
    talk = dialogue(extension, order)
    major, minor = own = talk.ask(MAXIMUM, MAXIMUM)
    newer = [(major, minor + more) for more in range(1, 10)]
    for step in (*newer, (major, MAXIMUM), (major + 1, 0), (major + 1, minor + 1)):
        assert talk.ask(*step) == own, step


@BYTE_ORDERS
@pytest.mark.needs("SYNC")
def test_sync_answers_every_version_with_its_own(dialogue, presenter, order):
    """Initialize may be repeated; what a client can do is the same after each (CMP-125)."""
    talk = dialogue("SYNC", order)
    own = presenter.sync_version
    for step in ((3, 1), (3, 0), (0, 0), (255, 255), (1, 0)):
        assert talk.ask(*step, layout="BB2x") == own
        got = talk.error(DESTROY_FENCE, talk.wire.pack("I", talk.wire.root))
        assert got is not None
        assert (got == REQUEST) is (own < (3, 1))


@BYTE_ORDERS
@pytest.mark.needs("XINERAMA")
def test_xinerama_answers_every_version_with_its_own(dialogue, order):
    """QueryVersion may be repeated, and IsActive is answered after each (CMP-125)."""
    talk, other = dialogue("XINERAMA", order), dialogue("XINERAMA")
    own = version_of_xinerama(other, 1, 1)
    assert own >= (1, 0)
    for step in ((1, 1), (0, 0), (255, 255), (1, 0)):
        assert version_of_xinerama(talk, *step) == own
        wire = talk.wire
        wire.reply(wire.request(wire.major("XINERAMA"), 4, b""))


def version_of_xinerama(talk, major, minor):
    wire = talk.wire
    body = wire.pack("BB2x", major, minor)
    reply = wire.reply(wire.request(wire.major("XINERAMA"), 0, body))
    return wire.unpack("HH", reply, 8)


@BYTE_ORDERS
@pytest.mark.parametrize(
    "extension",
    [pytest.param(name, marks=pytest.mark.needs(name)) for name in ("SHAPE", "MIT-SHM")],
)
def test_versions_that_nobody_asks_for_are_told_again_and_again(dialogue, extension, order):
    """Their QueryVersion has no version of the client, and always the same answer (CMP-125)."""
    wire = dialogue(extension, order).wire
    replies = [wire.reply(wire.request(wire.major(extension), 0, b"")) for _ in range(3)]
    versions = {wire.unpack("HH", reply, 8) for reply in replies}
    assert len(versions) == 1
    assert versions.pop() >= (1, 0)
