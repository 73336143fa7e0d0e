# SPDX-License-Identifier: MIT
"""Clients of the byte order that is not the server's: every field must be turned round.

Released servers forget some fields.  Numbers that read the same in both byte orders get
past these, so that everything else can be judged on every server.
"""

import struct
from itertools import count

import pytest

from harness.capture.get_image import capture
from harness.clients.present import specimens
from harness.clients.present.presenter import PresentWindow
from harness.x11 import present
from harness.x11.present import (
    CompleteKind,
    CompleteMode,
    CompleteNotify,
    EventMask,
    IdleNotify,
    PresentConfigureNotify,
)
from suites.foreigner import Foreigner, check_cut_short
from suites.marks import AFTER_21, FOREIGN, SHOWN

pytestmark = pytest.mark.xserver(fps=600, swapped=True, any_depth=True)

MAP_WINDOW = 8
TRIGGER_FENCE, RESET_FENCE, QUERY_FENCE = 15, 16, 18
REVISION = "xserver commit 859dd77c7"

REQUESTS = pytest.mark.known_bug(
    reference=f"{REVISION}: PresentPixmap and SelectInput leave fields unswapped",
    fixed=AFTER_21,
    evidence="failed: AssertionError",
    strict=True,
)
LIST_OF_NOTIFIES = pytest.mark.known_bug(
    reference="XLibre from 25.2.0 to 25.2.2 leaves the notifies of PresentPixmap unswapped",
    since={"XLibre": "25.2"},
    evidence="failed: AssertionError",
    strict=False,
)
NOTIFY_SERIAL = pytest.mark.known_bug(
    reference="sproc_present_notify_msc leaves the serial unswapped",
    evidence="failed: AssertionError",
    strict=True,
)
IDLE_PIXMAP = pytest.mark.known_bug(
    reference="present_event_swap leaves IdleNotify.pixmap unswapped",
    evidence="failed: AssertionError",
    strict=True,
)
LAST_BYTES = pytest.mark.known_bug(
    reference="present_event_swap copies 32 bytes of events that have 40",
    evidence="failed: AssertionError",
    strict=True,
)

SYMMETRIC = (0x12343412, 0x00565600, 0x00ABAB00, 0xFE0000FE)
"""Serials that read the same in both byte orders."""


class PresentForeigner(Foreigner):
    """A client of the other byte order with a window, and one of the server's own.

    ``opened`` is the window as the other client sees it, ``clock`` a window of that client.
    """

    def __init__(self, wire, presenter):
        super().__init__(wire, "Present")
        self.presenter = presenter
        self.window = wire.create_window(40, 30)
        wire.request(MAP_WINDOW, 0, wire.pack("I", self.window))
        wire.sync()
        self.opened = PresentWindow(presenter, self.window, 40, 30, presenter.depth)
        self.clock = presenter.window(8, 8, x=500)
        pixmap = self.opened.pixmap("red")
        self.pixmap = pixmap.id
        self.red, self.black = capture(pixmap).pixel(0, 0), 0
        self._serials = count(0)

    def watch(self):
        """A selection of the client of the server's own byte order."""
        self.opened.context = self.opened.select()
        self.presenter.sync()
        return self.opened.context

    def error(self, request):
        """The error that the request causes, as (code, value), None if accepted."""
        error = self.error_of(self.send(request), request.OPCODE)
        return error and (error.code, error.value)

    def listen(self, mask=present.ALL_EVENTS, window=None):
        """A selection whose id reads the same in both byte orders."""
        event = self.wire.symmetric_id()
        request = present.SelectInput(event=event, window=window or self.window, mask=int(mask))
        assert self.error(request) is None
        return event

    def listen_by(self, event):
        """A selection with this id: sent in the server's order where the client's is refused."""
        for id in (event, int.from_bytes(event.to_bytes(4, "little"), "big")):
            request = present.SelectInput(
                event=id, window=self.window, mask=int(present.ALL_EVENTS)
            )
            if (error := self.error(request)) is None:
                return
        raise AssertionError(f"the id {event:#x} is refused in either order: {error}")

    def pixmap_request(self, **changes):
        values = {
            "window": self.window,
            "pixmap": self.pixmap,
            "serial": SYMMETRIC[next(self._serials) % len(SYMMETRIC)],
        }
        return present.PresentPixmap(**(values | changes))

    def notify_request(self, **changes):
        values = {
            "window": self.window,
            "serial": SYMMETRIC[next(self._serials) % len(SYMMETRIC)],
        }
        return present.NotifyMsc(**(values | changes))

    def hear(self, kind):
        """The next event of ``kind``, decoded."""
        return present.decode_event(self.wire.wait_event(kind.EVTYPE), FOREIGN)

    def present_and_hear(self, **changes):
        """A presentation that is accepted; its CompleteNotify."""
        request = self.pixmap_request(**changes)
        assert self.error(request) is None
        return request, self.hear(present.CompleteNotify)

    def shown(self, x, y):
        return capture(self.opened).pixel(x, y)

    def code(self, extension, offset):
        return self.presenter.numbers(extension).first_error + offset


@pytest.fixture
def foreigner(connect_wire, presenter):
    return PresentForeigner(connect_wire(FOREIGN), presenter)


WINDOW, VALUE, PIXMAP, MATCH, ID_CHOICE, LENGTH = 3, 2, 4, 8, 14, 16
CRTC, FENCE, REGION = ("RANDR", 1), ("SYNC", 2), ("XFIXES", 0)


def test_the_version_is_told_in_the_clients_order(foreigner):
    """QueryVersion: both numbers, asked and answered (PRE-003, PRE-004, PRE-006)."""
    own = foreigner.presenter.present_version()
    for asked, answered in {(1, 0): (1, 0), (1, 1): (1, 1), (1, 99): own, (0, 7): (0, 7)}.items():
        reply = foreigner.wire.reply(foreigner.send(present.QueryVersion(*asked)))
        assert foreigner.wire.unpack("I", reply, 4) == (0,)
        assert foreigner.wire.unpack("II", reply, 8) == answered


def test_capabilities_are_told_in_the_clients_order(foreigner):
    """QueryCapabilities: windows, CRTCs and bad ids are recognised (PRE-010, PRE-011,
    PRE-012)."""
    wire, presenter = foreigner.wire, foreigner.presenter
    for target in (foreigner.window, presenter.root, specimens.crtc(presenter)):
        reply = wire.reply(foreigner.send(present.QueryCapabilities(target)))
        own = presenter.ask(present.QueryCapabilities(target))
        assert wire.unpack("II", reply, 4) == struct.unpack_from("=I4xI", b"\0" * 4 + own[4:16])
    wrong = wire.new_id()
    expected = (foreigner.code(*CRTC), wrong)
    assert foreigner.error(present.QueryCapabilities(wrong)) == expected


COPYING = pytest.mark.needs(small_windows_copy=True)


@pytest.mark.parametrize("mask", [1, 2, 3, *(pytest.param(n, marks=COPYING) for n in range(4, 8))])
def test_the_mask_of_a_selection_is_understood(foreigner, mask):
    """Each mask selects its events, and no other (PRE-016)."""
    foreigner.listen(mask)
    foreigner.watch()
    foreigner.opened.move(5, 6)
    foreigner.opened.present(foreigner.pixmap).wait_complete()
    foreigner.wire.sync()
    kinds = [foreigner.wire.unpack("H", data, 8)[0] for data in foreigner.wire.events]
    bits = {0: EventMask.CONFIGURE, 2: EventMask.IDLE, 1: EventMask.COMPLETE}
    assert kinds == [evtype for evtype, bit in bits.items() if mask & bit]


def test_bad_arguments_of_a_selection_are_told(foreigner):
    """Window and Value with the client's own numbers (PRE-017, PRE-018)."""
    event, wrong = foreigner.wire.symmetric_id(), foreigner.wire.new_id()
    select = present.SelectInput
    for mask in (16, 23, 0x01000000, 0x80000001):
        request = select(event=event, window=foreigner.window, mask=mask)
        assert foreigner.error(request) == (VALUE, mask)
    assert foreigner.error(select(event=event, window=wrong, mask=7)) == (WINDOW, wrong)
    other = foreigner.wire.create_window(8, 8)
    assert foreigner.error(select(event=event, window=other, mask=7)) is None
    code, _ = foreigner.error(select(event=event, window=foreigner.window, mask=7))
    assert code == MATCH
    assert foreigner.error(select(event=event, window=other, mask=0)) is None
    assert foreigner.error(select(event=event, window=foreigner.window, mask=7)) is None


def test_bad_resources_of_a_presentation_are_told(foreigner):
    """Window, Pixmap, Region and Fence errors with the client's own ids (PRE-033, PRE-034,
    PRE-038, PRE-039, PRE-042)."""
    errors = {
        "window": WINDOW,
        "pixmap": PIXMAP,
        "valid": foreigner.code(*REGION),
        "update": foreigner.code(*REGION),
        "idle_fence": foreigner.code(*FENCE),
    }
    for argument, code in errors.items():
        wrong = foreigner.wire.new_id()
        request = foreigner.pixmap_request(**{argument: wrong})
        assert (argument, foreigner.error(request)) == (argument, (code, wrong))


@pytest.mark.parametrize(
    ("divisor", "remainder", "value"),
    [(0, 1, 1), (3, 3, 3), (3, 0x1234, 0x1234), (5, 1 << 33, 0), (5, (7 << 32) | 0x89, 0x89)],
    ids=["no-divisor", "equal", "above", "high-bits", "both"],
)
@pytest.mark.parametrize("request_name", ["PresentPixmap", "NotifyMSC"])
def test_a_bad_remainder_is_told(foreigner, request_name, divisor, remainder, value):
    """Value with the low 32 bits of the client's own remainder (PRE-045, PRE-046, PRE-119)."""
    make = foreigner.pixmap_request if request_name == "PresentPixmap" else foreigner.notify_request
    assert foreigner.error(make(divisor=divisor, remainder=remainder)) == (VALUE, value)


def test_notify_msc_names_its_bad_window(foreigner):
    """Window with the client's own id (PRE-119)."""
    wrong = foreigner.wire.new_id()
    assert foreigner.error(foreigner.notify_request(window=wrong)) == (WINDOW, wrong)


@pytest.mark.parametrize(
    ("opcode", "words"),
    [(0, 2), (0, 4), (1, 5), (1, 17), (2, 9), (2, 11), (3, 3), (3, 5), (4, 1), (4, 3)],
    ids=lambda value: str(value),
)
def test_a_wrong_length_is_told(foreigner, opcode, words):
    """Length for every request, and the connection goes on (PRE-009, PRE-015, PRE-031,
    PRE-032, PRE-123)."""
    wire = foreigner.wire
    error = wire.error_of(wire.request(foreigner.major, opcode, bytes(4 * (words - 1))))
    assert (error.code, error.major, error.minor) == (LENGTH, foreigner.major, opcode)
    wire.sync()


@pytest.mark.parametrize(("minor", "words"), [*enumerate((3, 18, 10, 4, 2))])
def test_a_request_cut_short_leaves_the_next_as_it_is(foreigner, minor, words):
    """A word or more too short gives Length, and no byte of the requests behind it is turned
    round with it (PRE-009, PRE-015, PRE-031, PRE-032, PRE-123)."""
    check_cut_short(foreigner.wire, "Present", minor, words)


def test_unknown_requests_are_told(foreigner):
    """Request with the minor opcode, that of PixmapSynced too before 1.4 (PRE-008)."""
    wire = foreigner.wire
    first = 5 if foreigner.presenter.present_version() < (1, 4) else 6
    for minor in (first, 6, 7, 127, 255):
        error = wire.error_of(wire.request(foreigner.major, minor, bytes(4)))
        assert (error.name, error.major, error.minor) == ("Request", foreigner.major, minor)


def test_a_broken_notify_list_is_told(foreigner):
    """Length, as for clients of the server's own order (PRE-048)."""
    sequence = foreigner.wire.request(
        foreigner.major, 1, foreigner.pixmap_request().encode(0, FOREIGN)[4:] + bytes(4)
    )
    assert foreigner.wire.error_of(sequence).code == LENGTH


@pytest.mark.parametrize("serial", SYMMETRIC, ids=hex)
def test_a_presentation_is_shown_and_told(foreigner, serial):
    """The pixmap is copied; Complete has its length, kind, mode, id, window, serial and UST in
    the client's order (PRE-085, PRE-087)."""
    event = foreigner.listen()
    before = foreigner.clock.notify_msc().wait_complete().ust
    request = foreigner.pixmap_request(serial=serial)
    sequence = foreigner.send(request)
    data = foreigner.wire.wait_event(present.CompleteNotify.EVTYPE)
    after = foreigner.clock.notify_msc(foreigner.clock.msc() + 2).wait_complete().ust
    told = present.decode_event(data, FOREIGN)
    assert len(data) == 40
    assert foreigner.wire.unpack("BBHIH", data) == (35, foreigner.major, sequence, 2, 1)
    assert told.kind == CompleteKind.PIXMAP
    assert told.mode in SHOWN
    assert (told.event, told.window, told.serial) == (event, foreigner.window, serial)
    assert before <= told.ust <= after
    assert foreigner.shown(39, 29) == foreigner.red


@pytest.mark.needs(small_windows_copy=True)
def test_a_fence_is_asked_reset_and_triggered_in_the_clients_order(foreigner):
    """By the other client as by the one that made it; so is a presentation's idle fence asked
    (PRE-203)."""
    wire = foreigner.wire
    major = wire.major("SYNC")
    foreigner.watch()

    def triggered(fence):
        reply = wire.reply(wire.request(major, QUERY_FENCE, wire.pack("I", fence.id)))
        assert bool(reply[8]) is fence.triggered
        return fence.triggered

    fence, idle = foreigner.presenter.fence(), foreigner.presenter.fence()
    foreigner.presenter.sync()
    assert not triggered(fence)
    for request, after in ((TRIGGER_FENCE, True), (RESET_FENCE, False), (TRIGGER_FENCE, True)):
        assert wire.error_of(wire.request(major, request, wire.pack("I", fence.id))) is None
        assert triggered(fence) is after
    assert not triggered(idle)
    foreigner.opened.present(foreigner.pixmap, idle_fence=idle).wait_idle()
    assert triggered(idle)


@pytest.mark.needs(small_windows_copy=True)
def test_idle_is_told(foreigner):
    """Idle has its length, id, window, serial and fence in the client's order, and triggers
    the fence (PRE-085, PRE-098, PRE-112)."""
    event = foreigner.listen()
    fence = foreigner.presenter.fence()
    foreigner.presenter.sync()
    request = foreigner.pixmap_request(idle_fence=fence.id)
    sequence = foreigner.send(request)
    data = foreigner.wire.wait_event(present.IdleNotify.EVTYPE)
    told = present.decode_event(data, FOREIGN)
    assert len(data) == 32
    assert foreigner.wire.unpack("BBHIH", data) == (35, foreigner.major, sequence, 0, 2)
    assert (told.event, told.window, told.serial) == (event, foreigner.window, request.serial)
    assert told.idle_fence == fence.id
    assert fence.triggered


@pytest.mark.needs(small_windows_copy=True)
def test_idle_names_a_pixmap_whose_id_reads_the_same_in_both_orders(foreigner):
    """Such an id survives whatever is done to it (PRE-097)."""
    foreigner.listen()
    pixmap = foreigner.wire.create_pixmap(40, 30, foreigner.wire.symmetric_id())
    foreigner.send(foreigner.pixmap_request(pixmap=pixmap))
    assert foreigner.hear(present.IdleNotify).pixmap == pixmap


@pytest.mark.needs(small_windows_copy=True)
def test_the_serial_of_another_client_is_told(foreigner):
    """Complete and Idle carry every byte of it in their receiver's order (PRE-087, PRE-098)."""
    foreigner.listen()
    foreigner.opened.present(foreigner.opened.pixmap("red"), serial=0x01020304)
    foreigner.presenter.sync()
    told = {kind: foreigner.hear(kind).serial for kind in (IdleNotify, CompleteNotify)}
    assert told == dict.fromkeys((IdleNotify, CompleteNotify), 0x01020304)


def test_configuration_is_told(foreigner):
    """ConfigureNotify has its id, window, place, size and offsets in the client's order
    (PRE-125)."""
    event = foreigner.listen()
    foreigner.opened.configure(x=0x123, y=-2, width=0x102, height=0x23)
    foreigner.presenter.sync()
    data = foreigner.wire.wait_event(PresentConfigureNotify.EVTYPE)
    told = present.decode_event(data, FOREIGN)
    assert len(data) == 40
    header = foreigner.wire.unpack("BBHIH", data)
    assert header == (35, foreigner.major, foreigner.wire.sequence, 2, 0)
    assert (told.event, told.window) == (event, foreigner.window)
    assert (told.x, told.y, told.width, told.height) == (0x123, -2, 0x102, 0x23)
    assert (told.off_x, told.off_y) == (0, 0)


@pytest.mark.parametrize(
    "kind",
    [PresentConfigureNotify, CompleteNotify, pytest.param(IdleNotify, marks=COPYING)],
)
def test_events_name_their_selection(foreigner, kind):
    """By every byte of its id, in the client's order (PRE-186)."""
    event = foreigner.wire.new_id()
    foreigner.listen_by(event)
    foreigner.opened.move(5, 6)
    foreigner.opened.present(foreigner.pixmap)
    foreigner.presenter.sync()
    assert foreigner.hear(kind).event == event


def test_offsets_and_areas_are_understood(foreigner):
    """x-off, y-off, valid-area and update-area are the client's (PRE-053, PRE-055)."""
    foreigner.listen()
    area = foreigner.presenter.region((0, 0, 10, 8))
    foreigner.presenter.sync()
    foreigner.present_and_hear(x_off=5, y_off=3, update=area.id, valid=area.id)
    inside, outside = [(5, 3), (14, 10)], [(4, 3), (5, 2), (15, 10), (14, 11), (0, 0), (39, 29)]
    assert [foreigner.shown(x, y) for x, y in inside] == [foreigner.red] * 2
    assert [foreigner.shown(x, y) for x, y in outside] == [foreigner.black] * 6


def test_negative_offsets_are_understood(foreigner):
    """Offsets keep their sign (PRE-054)."""
    foreigner.listen()
    foreigner.present_and_hear(x_off=-30, y_off=-25)
    assert foreigner.shown(9, 4) == foreigner.red
    assert foreigner.shown(10, 4) == foreigner.shown(9, 5) == foreigner.black


@pytest.mark.parametrize(
    "request_name",
    [
        "PresentPixmap",
        pytest.param(
            "NotifyMSC",
            marks=pytest.mark.known_bug(
                reference="xwl_present_get_exec_msc() answers NotifyMSC a frame before its target",
                since={"Xwayland": "24.1"},
                evidence="failed: AssertionError",
                strict=True,
            ),
        ),
    ],
)
def test_the_target_is_understood(foreigner, request_name):
    """A target in the future is reached, and not passed over (PRE-065)."""
    make = foreigner.pixmap_request if request_name == "PresentPixmap" else foreigner.notify_request
    context = foreigner.watch()
    target = foreigner.opened.msc() + 30
    context.delete()
    foreigner.presenter.sync()
    foreigner.listen(EventMask.COMPLETE)
    assert foreigner.error(make(target_msc=target)) is None
    foreigner.hear(present.CompleteNotify)
    foreigner.watch()
    assert foreigner.opened.msc() >= target


@pytest.mark.parametrize("request_name", ["PresentPixmap", "NotifyMSC"])
def test_divisors_and_remainders_of_64_bits_are_understood(foreigner, request_name):
    """Their upper halves decide which is less (PRE-068, PRE-118)."""
    make = foreigner.pixmap_request if request_name == "PresentPixmap" else foreigner.notify_request
    low, high = 1 << 32, 1 << 33
    assert foreigner.error(make(divisor=high, remainder=low)) is None
    assert foreigner.error(make(divisor=high + 1, remainder=high)) is None
    assert foreigner.error(make(divisor=low, remainder=high)) == (VALUE, 0)
    assert foreigner.error(make(divisor=low + 5, remainder=low + 7)) == (VALUE, 7)


@pytest.mark.parametrize("request_name", ["PresentPixmap", "NotifyMSC"])
def test_divisor_and_remainder_are_understood(foreigner, request_name):
    """A small remainder below a small divisor completes; a huge divisor does not (PRE-068,
    PRE-118)."""
    foreigner.listen(EventMask.COMPLETE)
    make = foreigner.pixmap_request if request_name == "PresentPixmap" else foreigner.notify_request
    huge = make(divisor=1 << 28, remainder=(1 << 28) - 1)
    small = make(divisor=2, remainder=1)
    assert foreigner.error(huge) is None
    assert foreigner.error(small) is None
    assert foreigner.hear(present.CompleteNotify).serial == small.serial
    foreigner.clock.wait_msc(foreigner.clock.msc() + 10)
    foreigner.wire.sync()
    assert present.CompleteNotify.EVTYPE not in {
        foreigner.wire.unpack("H", data, 8)[0] for data in foreigner.wire.events
    }


def test_clients_of_both_orders_hear_of_one_presentation(foreigner):
    """Turning an event round for one client leaves it right for the others (PRE-027)."""
    event = foreigner.listen()
    second = foreigner.listen()
    own = [foreigner.watch() for _ in range(2)]
    presentation = foreigner.opened.present(foreigner.pixmap, serial=0x00565600)
    presentation.wait_complete()
    told = [foreigner.hear(present.CompleteNotify) for _ in range(2)]
    assert {one.event for one in told} == {event, second}
    assert {(one.window, one.serial) for one in told} == {(foreigner.window, 0x00565600)}
    for context in own:
        assert presentation.completes(context)[0].serial == 0x00565600
        assert presentation.completes(context)[0].ust == told[0].ust


@REQUESTS
def test_the_event_id_of_a_selection_is_understood(foreigner):
    """Any id of the client's range will do, and comes back in its events (PRE-135)."""
    foreigner.watch()
    for _ in range(3):
        event = foreigner.wire.new_id()
        request = present.SelectInput(event=event, window=foreigner.window, mask=2)
        assert foreigner.error(request) is None
        foreigner.opened.present(foreigner.pixmap).wait_complete()
        assert foreigner.hear(present.CompleteNotify).event == event
        end = present.SelectInput(event=event, window=foreigner.window, mask=0)
        assert foreigner.error(end) is None


@REQUESTS
def test_a_bad_event_id_is_told(foreigner):
    """IDChoice with the client's own number (PRE-135, PRE-022)."""
    for event in (5, 0x12345678, foreigner.window):
        request = present.SelectInput(event=event, window=foreigner.window, mask=2)
        assert foreigner.error(request) == (ID_CHOICE, event)


@REQUESTS
@pytest.mark.parametrize("serial", [1, 0x01020304, 0xFF000000], ids=hex)
def test_the_serial_of_a_presentation_is_understood(foreigner, serial):
    """It comes back to both kinds of clients (PRE-136)."""
    foreigner.listen()
    context = foreigner.watch()
    _, told = foreigner.present_and_hear(serial=serial)
    assert told.serial == serial
    assert foreigner.hear(present.IdleNotify).serial == serial
    assert [event.serial for event in context.events()] == [serial, serial]


@REQUESTS
@pytest.mark.parametrize("options", [1, 2, 8, 11], ids=hex)
def test_the_options_of_a_presentation_are_understood(foreigner, options):
    """Known bits are accepted (PRE-136, PRE-044)."""
    foreigner.listen()
    foreigner.present_and_hear(options=options)
    assert foreigner.shown(0, 0) == foreigner.red


@REQUESTS
@pytest.mark.parametrize("options", [0x20, 0x01000000, 0x80000001], ids=hex)
def test_unknown_options_are_told(foreigner, options):
    """Value with the client's own number (PRE-136, PRE-043)."""
    assert foreigner.error(foreigner.pixmap_request(options=options)) == (VALUE, options)


@REQUESTS
def test_the_wait_fence_of_a_presentation_is_understood(foreigner):
    """The fence holds the presentation back; a bad one is told by its id (PRE-136,
    PRE-041)."""
    foreigner.listen(EventMask.COMPLETE)
    fence = foreigner.presenter.fence()
    foreigner.presenter.sync()
    assert foreigner.error(foreigner.pixmap_request(wait_fence=fence.id)) is None
    foreigner.clock.wait_msc(foreigner.clock.msc() + 5)
    assert foreigner.shown(0, 0) == foreigner.black
    fence.trigger()
    foreigner.presenter.sync()
    foreigner.hear(present.CompleteNotify)
    assert foreigner.shown(0, 0) == foreigner.red
    wrong = foreigner.wire.new_id()
    request = foreigner.pixmap_request(wait_fence=wrong)
    assert foreigner.error(request) == (foreigner.code(*FENCE), wrong)


@REQUESTS
def test_the_crtc_of_a_presentation_is_understood(foreigner):
    """A CRTC is accepted, a bad one is told by its id (PRE-136, PRE-040)."""
    foreigner.listen()
    foreigner.present_and_hear(target_crtc=specimens.crtc(foreigner.presenter))
    assert foreigner.shown(0, 0) == foreigner.red
    wrong = foreigner.wire.new_id()
    request = foreigner.pixmap_request(target_crtc=wrong)
    assert foreigner.error(request) == (foreigner.code(*CRTC), wrong)


@REQUESTS
@LIST_OF_NOTIFIES
def test_a_bad_window_in_the_notify_list_is_told(foreigner):
    """Window with the client's own id (PRE-137, PRE-049)."""
    wrong = foreigner.wire.new_id()
    request = foreigner.pixmap_request(notifies=(present.Notify(wrong, 1),))
    assert foreigner.error(request) == (WINDOW, wrong)


@REQUESTS
@LIST_OF_NOTIFIES
@pytest.mark.xserver(throwaway=True)
def test_the_notifies_of_a_presentation_are_understood(foreigner):
    """The listed windows hear of it, with their serials (PRE-137)."""
    listed = [foreigner.wire.create_window(8, 8) for _ in range(2)]
    for window in listed:
        foreigner.listen(EventMask.COMPLETE, window)
    notifies = (present.Notify(listed[0], 0x01020304), present.Notify(listed[1], 5))
    assert foreigner.error(foreigner.pixmap_request(notifies=notifies)) is None
    told = [foreigner.hear(present.CompleteNotify) for _ in range(2)]
    assert {(one.window, one.serial) for one in told} == {
        (listed[0], 0x01020304),
        (listed[1], 5),
    }


@NOTIFY_SERIAL
@pytest.mark.parametrize("serial", [1, 0x01020304], ids=hex)
def test_the_serial_of_notify_msc_is_understood(foreigner, serial):
    """It comes back as it was sent (PRE-138)."""
    foreigner.listen()
    assert foreigner.error(foreigner.notify_request(serial=serial)) is None
    assert foreigner.hear(present.CompleteNotify).serial == serial


@pytest.mark.needs(screen_clock=True)
def test_a_serial_of_notify_msc_that_reads_the_same_in_both_orders_comes_back(foreigner):
    """So does the rest of the answer (PRE-095)."""
    event = foreigner.listen()
    before = foreigner.clock.notify_msc().wait_complete().ust
    for serial in SYMMETRIC:
        assert foreigner.error(foreigner.notify_request(serial=serial)) is None
        told = foreigner.hear(present.CompleteNotify)
        after = foreigner.clock.notify_msc(foreigner.clock.msc() + 2).wait_complete().ust
        assert (told.kind, told.mode) == (CompleteKind.NOTIFY_MSC, CompleteMode.COPY)
        assert (told.event, told.window, told.serial) == (event, foreigner.window, serial)
        assert before <= told.ust <= after
        before = after


@IDLE_PIXMAP
@pytest.mark.needs(small_windows_copy=True)
def test_idle_names_the_pixmap(foreigner):
    """The id is the client's (PRE-139)."""
    foreigner.listen()
    foreigner.present_and_hear()
    assert foreigner.hear(present.IdleNotify).pixmap == foreigner.pixmap


@LAST_BYTES
def test_the_msc_is_told(foreigner):
    """Complete carries the frame in its last 8 bytes, the same as to other clients
    (PRE-140)."""
    foreigner.listen(EventMask.COMPLETE)
    foreigner.watch()
    for _ in range(4):
        msc = foreigner.opened.present(foreigner.pixmap).wait_complete().msc
        assert foreigner.hear(present.CompleteNotify).msc == msc


@LAST_BYTES
def test_the_pixmap_size_and_flags_of_a_configuration_are_told(foreigner):
    """ConfigureNotify carries them in its last 8 bytes (PRE-140)."""
    foreigner.listen(EventMask.CONFIGURE)
    for width, height in ((0x33, 0x44), (0x55, 0x66), (0x107, 0x108)):
        foreigner.opened.resize(width, height)
        foreigner.presenter.sync()
        told = foreigner.hear(PresentConfigureNotify)
        assert (told.pixmap_width, told.pixmap_height, told.pixmap_flags) == (width, height, 0)
