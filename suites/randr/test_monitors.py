# SPDX-License-Identifier: MIT
"""Monitors: automatic ones follow CRTCs, users add their own, Xinerama tells the same."""

import math
import struct
from dataclasses import replace

import pytest
import xcffib.xinerama

from harness.clients.randr.monitors import Monitor, Monitors
from harness.clients.randr.observer import root_configured
from harness.clients.randr.session import RandrSession
from harness.x11.randr import Rotation
from suites.foreigner import check_cut_short
from suites.marks import AFTER_21, FOREIGN, MEDIUM, REFUSING, ROOTLESS, STARTS_LARGE

pytestmark = [pytest.mark.needs("RANDR"), pytest.mark.xserver(swapped=True)]

GET, SET, DELETE = 42, 43, 44
PIXELS_PER_MM = 96 / 25.4
NO_ATOM = 0x1FFFFFFF


class MonitorSession(RandrSession):
    """Monitors are part of the state; no output is primary at first."""

    def __init__(self, client):
        super().__init__(client)
        self.names = [client.atom(f"_XHARNESS_{number}") for number in range(4)]
        self.monitors.set_primary(0)
        self.observer.forget()

    def state(self):
        return super().state(), self.list()

    def list(self, active=False):
        return self.monitors.monitors(active=active)

    def user(self, number=0, *outputs, area=(11, 22, 130, 140), mm=(41, 42), primary=False):
        """A monitor that a client may set."""
        return Monitor(self.names[number], primary, False, *area, *mm, outputs)

    def set(self, *monitors):
        for monitor in monitors:
            self.monitors.set_monitor(monitor)

    def automatic(self):
        """The monitors that the CRTCs make, as the protocol has them."""
        primary, found = self.monitors.primary(), []
        for id in self.monitors.resources(current=True).crtcs:
            crtc = self.monitors.crtc(id)
            if not crtc.mode:
                continue
            first = self.monitors.output(crtc.outputs[0])
            mm = (first.mm_width, first.mm_height)
            found.append(
                Monitor(
                    self.client.atom(first.name),
                    primary in crtc.outputs,
                    True,
                    crtc.x,
                    crtc.y,
                    crtc.width,
                    crtc.height,
                    *(mm if all(mm) else (in_mm(crtc.width), in_mm(crtc.height))),
                    crtc.outputs,
                )
            )
        return found

    def active_crtc(self):
        """The first CRTC that shows something."""
        crtcs = [self.monitors.crtc(id) for id in self.monitors.resources(current=True).crtcs]
        return next(crtc for crtc in crtcs if crtc.mode)

    def switch_off(self):
        """Switch the CRTC off that is on; False on a server that leaves it on."""
        crtc = self.active_crtc()
        assert self.monitors.switch_off(crtc.id).status == 0
        return not self.monitors.crtc(crtc.id).mode

    def switch_on(self, crtc):
        """Have ``crtc`` show what it showed, or what fits into the screen if that does not."""
        mode = crtc.mode
        if (crtc.width, crtc.height) > (self.root_size().width, self.root_size().height):
            mode = self.monitors.fitting_mode(crtc.outputs[0])
        rotation = crtc.rotation
        assert self.monitors.set_crtc(crtc.id, mode, crtc.outputs, rotation=rotation).status == 0

    def second_crtc(self, x=200, y=100, width=320, height=240):
        """Have the first CRTC show the screen's origin, the second one a part of the screen."""
        for id in self.monitors.resources().crtcs:
            if self.monitors.crtc(id).mode:
                self.monitors.switch_off(id)
        first = self.monitors.output(self.outputs[0])
        mode = self.monitors.fitting_mode(first.id)
        assert self.monitors.set_crtc(first.crtcs[0], mode, [first.id]).status == 0
        output = self.monitors.output(self.outputs[1])
        mode = self.monitors.create_mode(width, height, f"own-{width}x{height}")
        self.monitors.add_mode(output.id, mode.id)
        crtc = output.crtcs[0]
        assert self.monitors.set_crtc(crtc, mode.id, [output.id], x=x, y=y).status == 0
        self.observer.forget()
        return self.monitors.crtc(crtc)

    def send_set(self, window=None, name=None, outputs=(), count=None):
        """SetMonitor with anything wrong."""
        data = struct.pack(
            "=4x2I2BH2h2H2I",
            self.client.root if window is None else window,
            self.names[0] if name is None else name,
            *(0, 0, len(outputs) if count is None else count),
            *(11, 22, 130, 140, 41, 42),
        )
        self.client.send_raw("RANDR", SET, data + struct.pack(f"={len(outputs)}I", *outputs))

    def refusal(self, send):
        """As in any session, whatever the test has caused before."""
        self.observer.take()
        return super().refusal(send)

    def root_size(self):
        return root_configured(self.client)


def in_mm(pixels):
    """The size that a server makes up where the hardware tells none."""
    return math.floor(pixels / PIXELS_PER_MM + 0.5)


def area_of(monitor):
    return monitor.x, monitor.y, monitor.width, monitor.height


@pytest.fixture
def desk(connect):
    """With names for monitors of its own."""
    return MonitorSession(connect("desk"))


@pytest.mark.parametrize("active", [False, True], ids=["all", "active"])
def test_every_crtc_that_is_on_makes_a_monitor(desk, active):
    """Named as its first output, where the CRTC is, with its outputs; its size in mm is that of
    the output, or from 96 dpi (RND-101, RND-102)."""
    expected = desk.automatic()
    assert expected
    assert desk.list(active) == expected


@REFUSING
def test_a_crtc_that_is_off_makes_none(desk):
    """Off, the monitor is gone; on again, it is back as it was.  A server that cannot switch its
    CRTC off keeps the monitor too (RND-101)."""
    before, crtc = desk.list(), desk.active_crtc()
    expected = [] if desk.switch_off() else before
    assert desk.list() == desk.list(active=True) == expected
    desk.switch_on(crtc)
    assert desk.list() == desk.automatic()
    assert [monitor.name for monitor in desk.list()] == [monitor.name for monitor in before]


@pytest.mark.needs("RANDR", resize=True)
@ROOTLESS
@MEDIUM
@pytest.mark.parametrize("place", [(70, 0), (0, 90), (70, 90)], ids=str)
def test_a_monitor_is_where_its_crtc_is(desk, place):
    """Not only at the origin; its place is no part of its size, in pixels or in mm (RND-102)."""
    crtc = desk.active_crtc()
    for size in ((320, 200), (200, 320)):
        mode = desk.monitors.create_mode(*size, f"own-{size[0]}x{size[1]}")
        desk.monitors.add_mode(crtc.outputs[0], mode.id)
        x, y = place
        assert desk.monitors.set_crtc(crtc.id, mode.id, crtc.outputs[:1], x=x, y=y).status == 0
        assert area_of(desk.list()[0]) == (*place, *size)
        assert desk.list() == desk.list(active=True) == desk.automatic()
    desk.switch_on(crtc)


@pytest.mark.needs("RANDR", crtcs=2)
@ROOTLESS
@MEDIUM
def test_a_second_crtc_makes_a_second_monitor(desk):
    """Each has its own name, place and size, in the order of the CRTCs (RND-101, RND-102)."""
    crtc = desk.second_crtc()
    expected = desk.automatic()
    assert len(expected) == 2
    assert area_of(expected[1]) == (200, 100, 320, 240)
    assert desk.list() == desk.list(active=True) == expected
    desk.monitors.set_crtc(crtc.id, crtc.mode, crtc.outputs, x=7, y=9)
    assert area_of(desk.list()[1]) == (7, 9, 320, 240)
    assert desk.list() == desk.automatic()
    desk.monitors.switch_off(crtc.id)
    assert desk.list() == desk.automatic() == expected[:1]


@pytest.mark.needs("RANDR", crtcs=2)
@ROOTLESS
@MEDIUM
def test_the_primary_output_makes_its_monitor_primary_and_first(desk):
    """The flag and the first place follow the primary output (RND-101, RND-108)."""
    desk.second_crtc()
    for primary in (desk.outputs[1], desk.outputs[0], 0):
        desk.monitors.set_primary(primary)
        monitors = desk.list()
        assert monitors == desk.automatic()
        assert [m.primary for m in monitors] == [bool(primary), False]
        if primary:
            assert primary in monitors[0].outputs


def test_the_only_monitor_is_primary_if_its_output_is(desk):
    """The flag comes and goes with the primary output (RND-101, RND-108)."""
    for output, flag in ((desk.outputs[0], True), (0, False), (desk.outputs[0], True)):
        desk.monitors.set_primary(output)
        assert [m.primary for m in desk.list() if desk.outputs[0] in m.outputs] == [flag]
        assert not any(m.primary for m in desk.list() if desk.outputs[0] not in m.outputs)


# Xephyr crashes when it ends while it is rotated.
@pytest.mark.xserver(throwaway=True)
@pytest.mark.needs("RANDR", rotation=True)
def test_a_rotated_monitor_is_as_large_as_what_it_shows(desk):
    """Width and height change places with the rotation (RND-101, RND-102)."""
    crtc = desk.active_crtc()
    for rotation in (Rotation.ROTATE_180, Rotation.ROTATE_90):
        # Where the screen keeps its size, what is too high for it is refused.
        with desk.client.catch_errors():
            desk.monitors.set_crtc(crtc.id, crtc.mode, crtc.outputs, rotation=rotation)
        turned = desk.active_crtc().rotation == Rotation.ROTATE_90
        assert desk.list() == desk.automatic()
        assert area_of(desk.list()[0]) == ((0, 0, 480, 640) if turned else (0, 0, 640, 480))


AREAS = {
    "plain": (11, 22, 130, 140),
    "negative": (-100, -50, 80, 60),
    "beyond the screen": (5000, 4000, 3000, 2000),
    "no width": (5, 6, 0, 60),
    "no height": (5, 6, 70, 0),
    "only a place": (5, 0, 0, 0),
    "large": (0, 0, 0x7FFF, 0x7FFE),
}


@pytest.mark.parametrize("area", AREAS.values(), ids=list(AREAS))
def test_a_monitor_comes_back_as_it_was_set(desk, area):
    """Name, area, size and outputs, even those that cannot be; before the automatic ones
    (RND-106, RND-110)."""
    automatic = desk.list()
    monitor = desk.user(0, area=area, mm=(0x12345, 0x23456))
    desk.set(monitor)
    assert desk.list() == [monitor, *automatic]
    active = [monitor] if monitor.width and monitor.height else []
    assert desk.list(active=True) == [*active, *automatic]


def test_no_user_makes_an_automatic_monitor(desk):
    """The flag is reported as 0, whatever was sent (RND-112)."""
    desk.set(replace(desk.user(0), automatic=True))
    assert desk.list()[0] == desk.user(0)


def test_monitors_are_as_large_as_each_was_set(desk):
    """No two alike in any number (RND-106)."""
    monitors = [
        desk.user(n, area=(n, 10 + n, 30 + n, 40 + n), mm=(50 + n, 60 + n)) for n in range(4)
    ]
    desk.set(*monitors)
    assert desk.list()[:4] == monitors


def test_monitors_stand_in_the_order_in_which_they_were_set(desk):
    """The oldest first; deleting one leaves the others (RND-101, RND-114)."""
    automatic = desk.list()
    users = [desk.user(n, area=(n, n, 10 + n, 20 + n)) for n in range(4)]
    desk.set(*users)
    assert desk.list() == [*users, *automatic]
    desk.monitors.delete_monitor(desk.names[1])
    assert desk.list() == [users[0], users[2], users[3], *automatic]
    desk.set(users[1])
    assert desk.list() == [users[0], users[2], users[3], users[1], *automatic]


@pytest.mark.parametrize("active", [False, True], ids=["all", "active"])
def test_a_monitor_covers_the_crtcs_of_its_outputs(desk, active):
    """Their automatic monitors are gone until it is deleted; one without outputs covers
    nothing (RND-110)."""
    automatic = desk.list()
    covered, *others = automatic
    covering = desk.user(0, *covered.outputs)
    desk.set(covering)
    assert desk.list(active) == [covering, *others]
    desk.set(desk.user(1))
    assert desk.list(active) == [covering, desk.user(1), *others]
    desk.monitors.delete_monitor(covering.name)
    assert desk.list(active) == [desk.user(1), *automatic]


@pytest.mark.needs("RANDR", crtcs=2)
@ROOTLESS
@MEDIUM
def test_a_monitor_covers_only_the_crtcs_of_its_outputs(desk):
    """Another CRTC keeps its automatic monitor (RND-110)."""
    desk.second_crtc()
    first, second = desk.list()
    for mine, other in ((first, second), (second, first)):
        covering = desk.user(0, *mine.outputs)
        desk.set(covering)
        assert desk.list() == [covering, replace(other, primary=other.primary)]
        desk.monitors.delete_monitor(covering.name)
    desk.set(desk.user(0, *first.outputs, *second.outputs))
    assert desk.list() == [desk.user(0, *first.outputs, *second.outputs)]


@REFUSING
def test_a_monitor_without_a_geometry_follows_its_crtc(desk):
    """All zero with outputs: the area and size are the CRTC's, none when that is off
    (RND-109)."""
    automatic, *others = desk.list()
    crtc = desk.active_crtc()
    desk.set(desk.user(0, *automatic.outputs, area=(0, 0, 0, 0), mm=(0, 0)))
    following = replace(automatic, name=desk.names[0], automatic=False, primary=False)
    assert desk.list() == desk.list(active=True) == [following, *others]
    if desk.switch_off():
        gone = replace(following, x=0, y=0, width=0, height=0, mm_width=0, mm_height=0)
        assert desk.list() == [gone, *others]
        assert desk.list(active=True) == others
    desk.switch_on(crtc)
    following = replace(desk.automatic()[0], name=desk.names[0], automatic=False)
    assert desk.list() == [following, *others]


@pytest.mark.needs("RANDR", resize=True)
@MEDIUM
def test_a_monitor_without_an_area_is_where_the_crtc_of_its_output_is(desk):
    """And as large as what that shows, wherever on the screen it goes (RND-109)."""
    crtc = desk.active_crtc()
    mode = desk.monitors.create_mode(200, 150, "own-200x150")
    desk.monitors.add_mode(crtc.outputs[0], mode.id)
    desk.set(desk.user(0, crtc.outputs[0], area=(0, 0, 0, 0), mm=(0, 0)))
    for x, y in [(120, 90), (30, 0), (0, 45), (0, 0)]:
        reply = desk.monitors.set_crtc(crtc.id, mode.id, crtc.outputs[:1], x=x, y=y)
        assert reply.status == 0
        (area,) = [area_of(monitor) for monitor in desk.list() if monitor.name == desk.names[0]]
        assert area == area_of(desk.monitors.crtc(crtc.id))
    desk.switch_on(crtc)


@pytest.mark.needs("RANDR", crtcs=2)
@ROOTLESS
@MEDIUM
def test_a_monitor_without_a_geometry_follows_all_its_crtcs(desk):
    """Its area is that which encloses them, in any order of its outputs (RND-109)."""
    crtc = desk.second_crtc(x=320, y=240)
    first, second = desk.outputs[:2]
    old = desk.active_crtc()
    for outputs in ((first, second), (second, first)):
        monitor = desk.user(0, *outputs, area=(0, 0, 0, 0), mm=(0, 0))
        desk.set(monitor)
        desk.monitors.set_crtc(crtc.id, crtc.mode, crtc.outputs, x=320, y=240)
        assert area_of(desk.list()[0]) == area_of(old)
        desk.monitors.switch_off(desk.active_crtc().id)
        assert area_of(desk.list()[0]) == (320, 240, 320, 240)
        desk.monitors.set_crtc(crtc.id, crtc.mode, crtc.outputs, x=10, y=20)
        assert area_of(desk.list()[0]) == (10, 20, 320, 240)
        desk.monitors.delete_monitor(monitor.name)
        desk.monitors.set_crtc(old.id, old.mode, old.outputs)


@pytest.mark.known_bug(
    reference="RRMonitorGetGeometry sizes a monitor of several CRTCs by the last of them",
    fixed=AFTER_21,
    servers=("xvfb", "xorg", "xorg-flip", "xorg-kms"),
    evidence="failed: AssertionError",
    strict=True,
)
@STARTS_LARGE
@pytest.mark.needs("RANDR", crtcs=2)
@ROOTLESS
@MEDIUM
def test_a_monitor_over_two_crtcs_has_their_common_size_in_mm(desk):
    """As many mm per pixel as on the first of its CRTCs, over the whole area (RND-109)."""
    desk.second_crtc(x=480, y=360, width=160, height=120)
    first = desk.list()[0]
    desk.set(desk.user(0, *desk.outputs[:2], area=(0, 0, 0, 0), mm=(0, 0)))
    (monitor,) = desk.list()
    assert area_of(monitor) == area_of(first) == (0, 0, 640, 480)
    assert (monitor.mm_width, monitor.mm_height) == (first.mm_width, first.mm_height)


@pytest.mark.parametrize(
    "area", [(0, 0, 7, 0), (0, 0, 0, 7), (-5, 0, 5, 0), (0, -5, 0, 5)], ids=str
)
def test_a_monitor_with_a_side_of_its_own_follows_nothing(desk, area):
    """One edge that is not at 0 is a geometry (RND-109)."""
    automatic = desk.list()
    flat = desk.user(0, *automatic[0].outputs, area=area, mm=(7, 8))
    desk.set(flat)
    assert desk.list() == [flat, *automatic[1:]]


def test_the_monitor_of_the_primary_output_stands_before_those_of_users(desk):
    """Unless one of these is primary (RND-108)."""
    automatic = desk.list()[0]
    desk.set(desk.user(0))
    assert desk.list()[0] == desk.user(0)
    desk.monitors.set_primary(automatic.outputs[0])
    assert desk.list()[:2] == [replace(automatic, primary=True), desk.user(0)]


def test_a_monitor_without_geometry_and_outputs_is_empty(desk):
    """There is nothing to follow (RND-109, RND-111)."""
    automatic, empty = desk.list(), desk.user(0, area=(0, 0, 0, 0), mm=(7, 8))
    desk.set(empty)
    assert desk.list() == [empty, *automatic]
    assert desk.list(active=True) == automatic


@pytest.mark.parametrize("area", [(5, 6, 0, 60), (5, 6, 70, 0)], ids=["width", "height"])
def test_only_those_with_an_area_are_active(desk, area):
    """Asking for active monitors leaves out those without width or height, and what they
    cover shows through (RND-110, RND-111)."""
    automatic = desk.list()
    flat = desk.user(0, *automatic[0].outputs, area=area)
    desk.set(flat, desk.user(1))
    assert desk.list() == [flat, desk.user(1), *automatic[1:]]
    assert desk.list(active=True) == [desk.user(1), *automatic]


def test_a_flat_primary_monitor_is_not_active_either(desk):
    """Among the active ones another may be the first (RND-108, RND-111)."""
    automatic = desk.list()
    flat = desk.user(0, area=(5, 6, 0, 60), primary=True)
    desk.set(desk.user(1), flat)
    assert desk.list()[:2] == [flat, desk.user(1)]
    assert desk.list(active=True)[0].name in (desk.names[1], automatic[0].name)
    assert flat not in desk.list(active=True)


def test_the_last_primary_monitor_is_the_only_one(desk):
    """Setting one clears the flag of the others, and it is listed first; the others keep their
    order (RND-108)."""
    automatic = desk.list()
    users = [desk.user(n, area=(n, n, 10 + n, 20 + n)) for n in range(3)]
    primaries = [replace(user, primary=True) for user in users]
    desk.set(users[0], primaries[1])
    assert desk.list() == [primaries[1], users[0], *automatic]
    desk.set(primaries[2])
    assert desk.list() == [primaries[2], users[0], users[1], *automatic]
    desk.monitors.delete_monitor(desk.names[2])
    assert desk.list() == [users[0], users[1], *automatic]


def test_a_primary_monitor_of_a_user_comes_before_that_of_the_primary_output(desk):
    """Its place is the first, whichever was set last (RND-108)."""
    primary = desk.user(0, primary=True)
    desk.set(desk.user(1), primary)
    for output in (desk.outputs[0], 0, desk.outputs[0]):
        desk.monitors.set_primary(output)
        assert desk.list()[:2] == [primary, desk.user(1)]


@pytest.mark.known_bug(
    reference="RRMonitorMakeList leaves the primary output's monitor primary beside a user's",
    evidence="failed: AssertionError",
    strict=True,
)
def test_no_two_monitors_are_primary(desk):
    """A user's primary monitor takes the flag from that of the primary output (RND-108)."""
    desk.monitors.set_primary(desk.outputs[0])
    desk.set(desk.user(0, primary=True))
    assert [monitor.primary for monitor in desk.list()] == [True, False]


def test_a_name_that_is_taken_replaces_or_is_refused(desk):
    """Servers until 21.1 refuse the name of a user's monitor with Value and its atom; later ones
    replace that monitor, as the text has it (RND-105)."""
    automatic = desk.list()
    old, new = desk.user(0), desk.user(0, area=(1, 2, 3, 4), mm=(5, 6))
    desk.set(old, desk.user(1))
    desk.client.sync()
    desk.observer.take()
    with desk.client.catch_errors() as errors:
        desk.set(new)
    if errors:
        assert [(error.name, error.value) for error in errors] == [("Value", old.name)]
        assert desk.list() == [old, desk.user(1), *automatic]
        assert desk.observer.take() == []
    else:
        assert desk.list() == [desk.user(1), new, *automatic]
        assert desk.observer.take() == [desk.root_size()]


@pytest.mark.known_bug(
    reference="RRMonitorAdd passes over the monitor behind the one that it replaces",
    since={"X.Org": "21.1.99", "XLibre": "25", "Xwayland": "24.1"},
    evidence="failed: AssertionError",
    strict=True,
)
def test_replacing_a_monitor_by_a_primary_one_clears_the_flag_of_the_next(desk):
    """The flag of every other monitor is cleared; servers that refuse the name clear nothing
    (RND-105, RND-108)."""
    desk.set(desk.user(0), desk.user(1, primary=True))
    with desk.client.catch_errors():
        desk.set(desk.user(0, primary=True))
    assert sum(monitor.primary for monitor in desk.list()) == 1


def test_the_name_of_an_output_is_refused(desk):
    """Value with the atom, for each output, on or off (RND-104)."""
    for output in desk.outputs:
        name = desk.client.atom(desk.monitors.output(output).name)
        assert desk.refusal(lambda n=name: desk.send_set(name=n)) == ("Value", name)


@pytest.mark.parametrize("ids", [(0x99,), (0,), (0x99, 0x99, 0xFFFFFFFF)], ids=str)
def test_outputs_are_taken_unseen(desk, ids):
    """Ids of no outputs are stored and returned; the text wants an Output error (RND-106)."""
    automatic = desk.list()
    desk.set(desk.user(0, *ids))
    assert desk.list() == [desk.user(0, *ids), *automatic]


def test_an_output_of_another_monitor_may_be_taken_from_it(desk):
    """Servers until 21.1 remove the outputs of a new monitor from the others, which go if none
    is left; later ones leave them alone (RND-107)."""
    own, shared, further = desk.outputs[0], 0x99, 0x98
    others = [monitor for monitor in desk.list() if own not in monitor.outputs]
    first = desk.user(0, shared, own, further)
    desk.set(first, desk.user(1, further), desk.user(2, shared))
    taken = [desk.user(0, own), desk.user(1, further), desk.user(2, shared), *others]
    left = [first, *taken[1:]]
    assert desk.list() in (taken, left)
    removes = desk.list() == taken
    desk.set(desk.user(3, own))
    if removes:
        users = [desk.user(1, further), desk.user(2, shared), desk.user(3, own)]
    else:
        users = [first, desk.user(1, further), desk.user(2, shared), desk.user(3, own)]
    assert desk.list() == [*users, *others]


@pytest.mark.parametrize("first", [(0x95, 0x96), (0x96, 0x95), (0x94, 0x95, 0x96)], ids=str)
@pytest.mark.parametrize("second", [(0x95, 0x96), (0x96, 0x97, 0x95)], ids=str)
def test_either_all_outputs_are_taken_or_none(desk, first, second):
    """Wherever they stand in both lists (RND-107)."""
    automatic = desk.list()
    old, new = desk.user(0, *first), desk.user(1, *second)
    desk.set(old, new)
    rest = [id for id in first if id not in second]
    taken = [desk.user(0, *rest)] if rest else []
    assert desk.list() in ([*taken, new, *automatic], [old, new, *automatic])


@pytest.mark.parametrize("name", [0, NO_ATOM], ids=["none", "unknown"])
def test_a_name_that_is_no_atom_is_refused(desk, name):
    """Atom; SetMonitor of 21.1 leaves the bad value to chance, DeleteMonitor tells it
    (RND-103, RND-114)."""
    assert desk.refusal(lambda: desk.send_set(name=name))[0] == "Atom"
    assert desk.refusal(lambda: desk.monitors.delete_monitor(name)) == ("Atom", name)


def test_what_is_no_user_monitor_cannot_be_deleted(desk):
    """Value with the atom, for a name that nobody set, for one that is gone, and for automatic
    monitors (RND-114)."""
    desk.set(desk.user(1), desk.user(2))
    desk.monitors.delete_monitor(desk.names[2])
    automatic = desk.list()[-1].name
    assert desk.list()[-1].automatic
    for name in (desk.names[0], desk.names[2], automatic, 1):
        assert desk.refusal(lambda n=name: desk.monitors.delete_monitor(n)) == ("Value", name)


@pytest.mark.parametrize(("count", "there"), [(0, 1), (1, 0), (1, 2), (2, 1), (0xFFFF, 0)])
def test_a_count_that_belies_the_length_is_refused(desk, count, there):
    """Length (RND-116)."""
    send = lambda: desk.send_set(outputs=desk.outputs[:1] * there, count=count)  # noqa: E731
    assert desk.refusal(send)[0] == "Length"


@pytest.mark.parametrize(("opcode", "words"), [(GET, 2), (GET, 4), (SET, 7), (DELETE, 2)])
def test_a_request_of_a_wrong_length_is_refused(desk, opcode, words):
    """Length (RND-116)."""
    data = (struct.pack("=4x2I", desk.client.root, desk.names[0]) + bytes(40))[: 4 * words]
    send = lambda: desk.client.send_raw("RANDR", opcode, data)  # noqa: E731
    assert desk.refusal(send)[0] == "Length"


def test_a_window_that_does_not_exist_is_refused(desk):
    """Window with the id; the length is looked at before, names after (RND-116)."""
    wrong = desk.outputs[0]
    for send in (
        lambda: desk.send_set(window=wrong),
        lambda: desk.send_set(window=wrong, name=0),
        lambda: desk.client.send_raw("RANDR", GET, struct.pack("=4xIB3x", wrong, 0)),
        lambda: desk.client.send_raw("RANDR", DELETE, struct.pack("=4xII", wrong, 0)),
    ):
        assert desk.refusal(send) == ("Window", wrong)
    assert desk.refusal(lambda: desk.send_set(window=wrong, count=1))[0] == "Length"


def test_any_window_stands_for_its_screen(desk):
    """Also one that is not mapped (RND-101)."""
    window = desk.client.window(8, 8, events=0, mapped=False)
    desk.send_set(window=window.id)
    reply = desk.monitors.requests.GetMonitors(window.id, False).reply()
    assert [m.name for m in reply.monitors] == [m.name for m in desk.list()]
    assert reply.monitors[0].name == desk.names[0]


def test_setting_and_deleting_is_told_by_a_configure_notify(desk):
    """One ConfigureNotify of the root with its size each, and no RANDR event (RND-113)."""
    for change in (
        lambda: desk.set(desk.user(0, *desk.outputs)),
        lambda: desk.set(desk.user(1, primary=True)),
        lambda: desk.monitors.delete_monitor(desk.names[0]),
        lambda: desk.monitors.delete_monitor(desk.names[1]),
    ):
        change()
        assert desk.observer.take() == [desk.root_size()]


def test_the_time_is_that_of_the_configuration(desk):
    """The timestamp of GetMonitors is the config-timestamp, which setting a monitor does not
    raise (RND-118)."""

    def time():
        return desk.monitors.requests.GetMonitors(desk.client.root, False).reply().timestamp

    before = desk.monitors.resources(current=True)
    assert time() == before.config_timestamp
    desk.set(desk.user(0))
    after = desk.monitors.resources(current=True)
    assert (after.timestamp, after.config_timestamp) == (
        before.timestamp,
        before.config_timestamp,
    )
    assert time() == before.config_timestamp


def test_a_monitor_outlives_its_creator(desk, connect):
    """It belongs to the screen, and anybody may delete it (RND-115)."""
    guest = connect("guest")
    Monitors(guest).set_monitor(desk.user(0))
    guest.sync()
    guest.close()
    assert desk.list()[0] == desk.user(0)
    desk.monitors.delete_monitor(desk.names[0])
    assert desk.list() == desk.automatic()


class Xinerama:
    """What Xinerama tells about the first screen."""

    def __init__(self, desk):
        self.root = desk.client.root
        self.requests = desk.client.extension(xcffib.xinerama)

    def screens(self):
        reply = self.requests.QueryScreens().reply()
        return [(s.x_org, s.y_org, s.width, s.height) for s in reply.screen_info]

    def count(self):
        return self.requests.GetScreenCount(self.root).reply().screen_count

    def active(self):
        return bool(self.requests.IsActive().reply().state)


@REFUSING
@pytest.mark.needs("XINERAMA")
def test_xinerama_tells_the_active_monitors(desk):
    """QueryScreens has the areas of GetMonitors(active), the primary one first; the count
    includes the flat ones (RND-117)."""
    xinerama = Xinerama(desk)
    steps = [
        lambda: None,
        lambda: desk.set(desk.user(0, area=(-3, 4, 50, 60))),
        lambda: desk.set(desk.user(1, area=(5, 6, 0, 60))),
        lambda: desk.set(desk.user(2, area=(70, 80, 90, 100), primary=True)),
        lambda: desk.monitors.delete_monitor(desk.names[0]),
        desk.switch_off,
    ]
    for step in steps:
        step()
        assert xinerama.screens() == [area_of(monitor) for monitor in desk.list(active=True)]
        assert xinerama.count() == len(desk.list())
        assert xinerama.active()
    assert xinerama.screens()[0] == (70, 80, 90, 100)


@REFUSING
@pytest.mark.needs("XINERAMA")
def test_xinerama_is_off_when_no_monitor_is_on(desk):
    """No screens, not active (RND-117)."""
    xinerama = Xinerama(desk)
    areas = [area_of(monitor) for monitor in desk.list(active=True)]
    expected = ([], 0, False) if desk.switch_off() else (areas, len(areas), True)
    assert (xinerama.screens(), xinerama.count(), xinerama.active()) == expected


@pytest.mark.needs("XINERAMA", "RANDR", crtcs=2)
@ROOTLESS
@MEDIUM
def test_xinerama_tells_one_screen_per_crtc(desk):
    """In the order of GetMonitors, which the primary output changes (RND-117)."""
    xinerama = Xinerama(desk)
    desk.second_crtc()
    first, second = area_of(desk.active_crtc()), (200, 100, 320, 240)
    for primary, expected in [(0, [first, second]), (1, [second, first])]:
        desk.monitors.set_primary(desk.outputs[primary])
        assert xinerama.screens() == expected


@pytest.mark.needs("XINERAMA")
def test_xinerama_names_its_bad_window(desk):
    """Window with the id for state, count and size; the size is the root's (RND-117)."""
    requests, wrong = desk.client.extension(xcffib.xinerama), desk.outputs[0]
    for send in (
        lambda: requests.GetState(wrong).reply(),
        lambda: requests.GetScreenCount(wrong).reply(),
        lambda: requests.GetScreenSize(wrong, 0).reply(),
    ):
        assert desk.refusal(send) == ("Window", wrong)
    assert requests.GetState(desk.client.root).reply().state
    size = requests.GetScreenSize(desk.client.root, 0).reply()
    root = desk.root_size()
    assert (size.width, size.height) == (root.width, root.height)


XINERAMA_WORDS = {0: 2, 1: 2, 2: 2, 3: 3, 4: 1, 5: 1}
"""Of each request, by its minor opcode."""


@pytest.mark.needs("XINERAMA")
@pytest.mark.parametrize(("minor", "words"), XINERAMA_WORDS.items())
def test_a_request_to_xinerama_has_one_length(desk, connect_wire, minor, words):
    """One that is longer or shorter gives Length, in either byte order, and what follows it is read
    as it is (RND-117, RND-126)."""
    for count in {words - 1, words + 1} - {0}:
        with desk.client.expect_error("Length"):
            desk.client.send_raw("XINERAMA", minor, bytes(4 * count))
    wire = connect_wire(FOREIGN)
    longer = wire.error_of(wire.request(wire.major("XINERAMA"), minor, bytes(4 * words)))
    assert longer.name == "Length"
    if words > 1:
        check_cut_short(wire, "XINERAMA", minor, words)


def foreign_set(wire, monitor):
    body = wire.pack(
        "2I2BH2h2H2I",
        wire.root,
        monitor.name,
        *(monitor.primary, monitor.automatic, len(monitor.outputs)),
        *area_of(monitor),
        *(monitor.mm_width, monitor.mm_height),
    )
    body += wire.pack(f"{len(monitor.outputs)}I", *monitor.outputs)
    return wire.request(wire.major("RANDR"), SET, body)


def test_monitors_are_turned_round(desk, connect_wire):
    """Set, Get and Delete by a client of the other byte order, with every field but mm, which
    reads the same both ways here (RND-101, RND-126)."""
    wire, automatic = connect_wire(FOREIGN), desk.list()
    major = wire.major("RANDR")
    monitor = desk.user(0, 0x99, 0x12345678, area=(-5, 6, 0x102, 0x304))
    monitor = replace(monitor, mm_width=0x01000001, mm_height=0x02000002, primary=True)
    assert wire.error_of(foreign_set(wire, monitor)) is None
    assert desk.list() == [monitor, *automatic]
    reply = wire.reply(wire.request(major, GET, wire.pack("IB3x", wire.root, 0)))
    time = desk.monitors.resources(current=True).config_timestamp
    outputs = sum(len(m.outputs) for m in desk.list())
    assert wire.unpack("3I", reply, 8) == (time, 1 + len(automatic), outputs)
    at, found = 32, []
    while at < len(reply):
        name, primary, auto, count, *rest = wire.unpack("I2BH2h2H2I", reply, at)
        ids = wire.unpack(f"{count}I", reply, at + 24)
        found.append(Monitor(name, bool(primary), bool(auto), *rest, ids))
        at += 24 + 4 * count
    assert found == desk.list()
    assert (
        wire.error_of(wire.request(major, DELETE, wire.pack("II", wire.root, monitor.name))) is None
    )
    assert desk.list() == automatic


@pytest.mark.known_bug(
    reference="SProcRRSetMonitor leaves the size in mm unswapped",
    fixed=AFTER_21,
    evidence="failed: AssertionError",
    strict=True,
)
def test_the_size_in_mm_is_turned_round(desk, connect_wire):
    """As every other field (RND-126)."""
    wire = connect_wire(FOREIGN)
    assert wire.error_of(foreign_set(wire, desk.user(0, mm=(0x123, 0x456)))) is None
    assert desk.list()[0] == desk.user(0, mm=(0x123, 0x456))


def test_errors_about_monitors_are_turned_round(desk, connect_wire):
    """Bad values are the client's own numbers (RND-104, RND-114, RND-116)."""
    wire = connect_wire(FOREIGN)
    major, name = wire.major("RANDR"), desk.client.atom(desk.monitors.output(desk.outputs[0]).name)
    error = wire.error_of(foreign_set(wire, replace(desk.user(0), name=name)))
    assert (error.name, error.value) == ("Value", name)
    error = wire.error_of(wire.request(major, DELETE, wire.pack("II", wire.root, desk.names[0])))
    assert (error.name, error.value) == ("Value", desk.names[0])
    error = wire.error_of(wire.request(major, GET, wire.pack("IB3x", 0x123456, 0)))
    assert (error.name, error.value) == ("Window", 0x123456)


@REFUSING
@pytest.mark.needs("XINERAMA")
def test_xinerama_is_turned_round(desk, connect_wire):
    """Version, state, count, size and areas of the screens, with the window that they are told
    of (RND-117, RND-126)."""
    wire = connect_wire(FOREIGN)
    major, root = wire.major("XINERAMA"), desk.root_size()
    desk.set(desk.user(0, area=(-0x103, 0x102, 0x104, 0x105)))
    areas = [area_of(monitor) for monitor in desk.list(active=True)]

    def ask(minor, layout="", *values):
        sequence = wire.request(major, minor, wire.pack(layout, *values))
        reply = wire.reply(sequence)
        assert wire.unpack("HI", reply, 2) == (sequence, (len(reply) - 32) // 4)
        return reply

    assert wire.unpack("HH", ask(0, "BB2x", 1, 1), 8) == (1, 1)
    state, count = ask(1, "I", wire.root), ask(2, "I", wire.root)
    assert (state[1], *wire.unpack("I", state, 8)) == (1, wire.root)
    assert (count[1], *wire.unpack("I", count, 8)) == (len(desk.list()), wire.root)
    size = wire.unpack("4I", ask(3, "II", wire.root, 0), 8)
    assert size == (root.width, root.height, wire.root, 0)
    assert wire.unpack("I", ask(4), 8) == (1,)
    screens = ask(5)
    assert wire.unpack("I", screens, 8) == (len(areas),)
    assert [wire.unpack("hhHH", screens, 32 + 8 * n) for n in range(len(areas))] == areas
    for minor, layout in ((1, "I"), (2, "I"), (3, "II")):
        body = wire.pack(layout, *(0x00345678, 0)[: len(layout)])
        error = wire.error_of(wire.request(major, minor, body))
        assert (error.name, error.value) == ("Window", 0x00345678)
