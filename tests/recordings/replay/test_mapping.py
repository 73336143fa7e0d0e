# SPDX-License-Identifier: MIT
"""Values of a recorded server, and those that stand for the same on another one."""

import pytest

from harness.recordings.references.reference import Reference, ReferenceKind, Role
from harness.recordings.replay.mapping import UNKNOWN, ValueMapping
from harness.x11.extensions import Extension
from harness.x11.setup import Screen, Visual

COLOURS = 0xFF0000, 0xFF00, 0xFF
TRUE = Visual(24, 4, 8, 256, COLOURS)
DEEP = Visual(32, 4, 8, 256, COLOURS)
XID, ATOM, TIME, MSC = (
    *(ReferenceKind.XID, ReferenceKind.ATOM, ReferenceKind.TIMESTAMP),
    ReferenceKind.MSC,
)


def screen(id_base, root=100, mask=0x1FFFFF, visuals=None):
    visuals = visuals or {33: TRUE, 34: TRUE, 80: DEEP}
    return Screen(root, root + 1, 640, 480, 24, next(iter(visuals)), visuals, id_base, mask)


@pytest.fixture
def mapping():
    made = ValueMapping(
        [Extension("SYNC", 134, 83, 134), Extension("RANDR", 140, 89, 147)],
        [Extension("RANDR", 130, 70, 128), Extension("SYNC", 131, 72, 132)],
    )
    theirs = {41: TRUE, 40: DEEP, 42: TRUE}
    made.connect(screen(0x200000), screen(0x600000, 200, visuals=theirs))
    return made


def reference(kind, value, name="field"):
    return Reference(4, 4, kind, value, Role.USES, name=name)


def to_target(mapping, kind, value, divisor=0):
    return mapping.to_target(reference(kind, value), divisor)


def test_ids_of_clients_are_mapped_by_their_ranges(mapping):
    """And back; small constants stay."""
    assert to_target(mapping, XID, 0x200007) == 0x600007
    assert mapping.canonical(reference(XID, 0x600007), recorded=False) == 0x200007
    assert [to_target(mapping, XID, value) for value in (0, 1)] == [0, 1]


def test_a_set_up_tells_root_colormap_and_visuals(mapping):
    """Visuals by what they are, not by their numbers."""
    assert [to_target(mapping, XID, value) for value in (100, 101)] == [200, 201]
    visuals = [to_target(mapping, ReferenceKind.VISUAL, value) for value in (33, 34, 80)]
    assert visuals == [41, 42, 40]


def test_a_target_with_fewer_ids_for_each_client_still_has_one(mapping):
    """A server for 2048 clients: ids beyond the range are taken from its end."""
    mapping.connect(screen(0x400000), screen(0x80000, mask=0x3FFFF))
    far = to_target(mapping, XID, 0x500000)
    assert far == to_target(mapping, XID, 0x500000)
    assert far & ~0x3FFFF == 0x80000
    assert mapping.canonical(reference(XID, far), recorded=False) == 0x500000
    assert far != to_target(mapping, XID, 0x500001)


def test_what_both_servers_say_in_one_place_is_the_same(mapping):
    """Ids that the server made, atoms; what was known before stays."""
    recorded = [reference(XID, 59, "crtcs[0]"), reference(ATOM, 300, "atom")]
    target = [reference(ATOM, 250, "atom"), reference(XID, 63, "crtcs[0]")]
    mapping.learn(recorded, target)
    assert to_target(mapping, XID, 59) == 63
    assert to_target(mapping, ATOM, 300) == 250
    mapping.learn([reference(XID, 59)], [reference(XID, 64)])
    assert to_target(mapping, XID, 59) == 63
    assert mapping.canonical(reference(XID, 64), recorded=False) == UNKNOWN


def test_times_keep_their_distance_to_the_last_one(mapping):
    """CurrentTime stays; a time that both servers told is exact."""
    assert to_target(mapping, TIME, 5000) == 5000
    mapping.learn([reference(TIME, 1000)], [reference(TIME, 91000)])
    mapping.learn([reference(TIME, 2000)], [reference(TIME, 91500)])
    assert [to_target(mapping, TIME, value) for value in (0, 1000, 2000, 2010)] == [
        *(0, 91000, 91500, 91510)
    ]


def test_mscs_follow_the_clock_that_was_seen_nearest(mapping):
    """Two CRTCs; a far target, a past one, and a remainder."""
    for window, old, new in ((7, 1000, 50), (8, 900000, 700)):
        pair = [
            [
                Reference(16, 4, XID, window, Role.TELLS, "WINDOW", "window"),
                reference(MSC, msc, "msc"),
            ]
            for msc in (old, new)
        ]
        mapping.learn(*pair)
    assert [to_target(mapping, MSC, value) for value in (0, 1010, 900005, 3)] == [0, 60, 705, 0]
    assert to_target(mapping, ReferenceKind.REMAINDER, 1003, 1 << 24) == 53
    assert to_target(mapping, ReferenceKind.REMAINDER, 0, 0) == 0


def test_opcodes_and_codes_follow_their_extension(mapping):
    """Events that were sent keep their highest bit; those of the core stay."""
    assert to_target(mapping, ReferenceKind.OPCODE, 140) == 130
    assert to_target(mapping, ReferenceKind.EVENT, 0x80 | 90) == 0x80 | 71
    assert to_target(mapping, ReferenceKind.EVENT, 33) == 33
    assert to_target(mapping, ReferenceKind.ERROR, 135) == 133
    assert mapping.canonical(reference(ReferenceKind.ERROR, 133), recorded=False) == 135
