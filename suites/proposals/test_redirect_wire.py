# SPDX-License-Identifier: MIT
"""Redirection on the wire: either byte order, true sequence numbers, newer requests."""

import struct
import sys

import pytest

from harness.capture.get_image import capture
from harness.x11 import encoding, present
from harness.x11.drafts import present_redirect
from harness.x11.drafts.present_redirect import PresentIdle
from harness.x11.present import EventMask, PixmapSynced, PresentPixmap, SelectInput

pytestmark = [
    pytest.mark.xserver(fps=600, swapped=True, any_depth=True),
    pytest.mark.needs("Present", "SYNC", "XFIXES"),
    pytest.mark.proposal("present-redirect"),
    pytest.mark.usefixtures("profile"),
]

NATIVE = "<" if sys.byteorder == "little" else ">"
OTHER = ">" if NATIVE == "<" else "<"
CREATE_REGION = 5
MAP_WINDOW, REPARENT_WINDOW, GET_GEOMETRY = 8, 7, 14
BELL = 104
CONFIGURE_WINDOW, CONFIGURE_NOTIFY = 12, 22
MOVES = 60_000
"""More than anybody keeps for a client that does not read, at 32 bytes each."""


class Speaker:
    """A client that writes its own bytes."""

    def __init__(self, wire):
        self.wire = wire
        self.present, self.fixes = wire.major("Present"), wire.major("XFIXES")
        wire.reply(wire.request(self.fixes, 0, wire.pack("II", 5, 0)))

    def send(self, request):
        return self.wire.send(request.encode(self.present, self.wire.byte_order))

    def select(self, window, mask):
        event = self.wire.symmetric_id()
        self.send(SelectInput(event=event, window=window, mask=mask))
        assert self.wire.errors == []
        return event

    def event(self, kind):
        data = self.wire.wait_event(kind.EVTYPE)
        assert len(data) == 32 + 4 * self.wire.unpack("I", data, 4)[0]
        assert data[1] == self.present
        return kind.decode(data, self.wire.byte_order)


@pytest.fixture
def speakers(connect_wire, request):
    """A redirecting client and an application, of the byte orders that the test names."""
    orders = request.param
    return tuple(Speaker(connect_wire(order)) for order in orders)


@pytest.mark.parametrize(
    "speakers",
    [
        pytest.param((NATIVE, OTHER), id="swapped-application"),
        pytest.param((OTHER, NATIVE), id="swapped-redirector"),
        pytest.param((OTHER, OTHER), id="both-swapped"),
        pytest.param((NATIVE, NATIVE), id="none-swapped"),
    ],
    indirect=True,
)
def test_fields_are_right_between_byte_orders(speakers, presenter, profile):
    """What the application writes is what the redirecting client reads, and back (RDR-061)."""
    redirecting, application = speakers
    # Released servers misread a swapped CreateFence.
    wait, idle = presenter.fence(), presenter.fence()
    presenter.sync()
    wire = application.wire
    parent = redirecting.wire.create_window(64, 48)
    context = redirecting.select(parent, EventMask.REDIRECT)
    redirecting.wire.sync()
    window, pixmap = wire.create_window(40, 30), wire.create_pixmap(32, 24)
    wire.request(REPARENT_WINDOW, 0, wire.pack("IIhh", window, parent, 0, 0))
    own = application.select(window, EventMask.IDLE)
    region = wire.new_id()
    wire.request(
        application.fixes, CREATE_REGION, wire.pack("IhhHHhhHH", region, -1, 2, 3, 4, 5, 6, 7, 8)
    )
    asked = PresentPixmap(
        window=window,
        pixmap=pixmap,
        serial=0x01020304,
        valid=region,
        x_off=-2,
        y_off=-259,
        wait_fence=wait.id,
        idle_fence=idle.id,
        options=2,
        target_msc=(7 << 32) + 0x01020304,
        divisor=(1 << 33) + 5,
        remainder=(1 << 32) + 1,
        notifies=(present.Notify(window, 0x0A0B0C0D),),
    )
    application.send(asked)
    wire.sync()
    assert wire.errors == []
    handed = redirecting.event(present.RedirectNotify)
    for name in ("serial", "x_off", "y_off", "wait_fence", "idle_fence", "options"):
        assert getattr(handed, name) == getattr(asked, name), name
    for name in ("target_msc", "divisor", "remainder", "notifies", "window"):
        assert getattr(handed, name) == getattr(asked, name), name
    assert (handed.event, handed.event_window) == (context, parent)
    assert handed.valid_rect == present.XRectangle(-1, 2, 13, 12)
    assert handed.update_rect == present.XRectangle(2, 259, 0, 0) or not handed.update_rect.width
    assert (handed.pixmap == pixmap) == (profile == "identity")
    redirecting.send(PresentIdle(handed.pixmap))
    told = application.event(present.IdleNotify)
    assert (told.event, told.window, told.serial) == (own, window, asked.serial)
    assert (told.pixmap, told.idle_fence) == (pixmap, idle.id)
    assert idle.triggered
    number = redirecting.send(PresentIdle(handed.pixmap))
    error = redirecting.wire.error_of(number)
    assert (error.name, error.minor) == ("Match", PresentIdle.OPCODE)


@pytest.mark.parametrize("order", [NATIVE, OTHER], ids=["native", "swapped"])
def test_the_end_of_an_id_is_told_in_either_byte_order(connect_wire, profile, order):
    """PixmapDestroyNotify is readable for its receiver (RDR-061)."""
    redirecting, application = Speaker(connect_wire(order)), Speaker(connect_wire(NATIVE))
    wire = application.wire
    parent = redirecting.wire.create_window(64, 48)
    context = redirecting.select(parent, EventMask.REDIRECT)
    redirecting.wire.sync()
    window, pixmap = wire.create_window(40, 30), wire.create_pixmap(32, 24)
    wire.request(REPARENT_WINDOW, 0, wire.pack("IIhh", window, parent, 0, 0))
    application.send(PresentPixmap(window=window, pixmap=pixmap))
    wire.request(54, 0, wire.pack("I", pixmap))
    wire.sync()
    handed = redirecting.event(present.RedirectNotify)
    if profile == "stable":
        told = redirecting.event(present_redirect.PixmapDestroyNotify)
        assert (told.event, told.window, told.pixmap) == (context, parent, handed.pixmap)
    else:
        kind = present_redirect.FixesPixmapDestroyNotify
        data = redirecting.wire.wait_event(kind.EVTYPE)
        assert data[1] == redirecting.fixes
        told = kind.decode(data, order)
        assert (told.event, told.pixmap) == (context, pixmap)
    redirecting.send(PresentIdle(handed.pixmap))


@pytest.mark.parametrize("order", [NATIVE, OTHER], ids=["native", "swapped"])
def test_sequence_numbers_stay_true(connect_wire, redirected, order):
    """A thousand requests, redirected, refused, answered: each answer has its number
    (RDR-062)."""
    application = Speaker(connect_wire(order))
    wire = application.wire
    window, pixmap = wire.create_window(40, 30), wire.create_pixmap(32, 24)
    wire.request(REPARENT_WINDOW, 0, wire.pack("IIhh", window, redirected.parent.id, 0, 0))
    application.select(window, EventMask.IDLE)
    missing = wire.new_id()
    refused, asked, redirects = [], [], 0
    for n in range(1000):
        match n % 5:
            case 0:
                application.send(PresentPixmap(window=window, pixmap=pixmap, serial=n))
                redirects += 1
            case 1:
                number = application.send(PresentPixmap(window=window, pixmap=missing))
                refused.append((number, "Pixmap", missing))
            case 2:
                asked.append(wire.request(GET_GEOMETRY, 0, wire.pack("I", pixmap)))
            case 3:
                number = application.send(PresentIdle(pixmap))
                refused.append((number, "Match", 0))
            case 4:
                number = wire.request(BELL, 101, b"")
                refused.append((number, "Value", 101))
    for number in asked:
        reply = wire.reply(number) if not wire.errors else _reply(wire, number)
        assert wire.unpack("HH", reply, 16) == (32, 24)
    wire.sync()
    assert [(e.sequence, e.name, e.value) for e in wire.errors] == refused
    handed = [redirected.redirector.take() for _ in range(redirects)]
    assert [one.serial for one in handed] == list(range(0, 1000, 5))
    for one in handed:
        redirected.redirector.give_back(one)
    idles = [application.event(present.IdleNotify) for _ in handed]
    assert [one.serial for one in idles] == list(range(0, 1000, 5))


def _reply(wire, number):
    """The reply to request ``number``, whatever errors came before."""
    errors, wire.errors = wire.errors, []
    try:
        return wire.reply(number)
    finally:
        wire.errors = errors + wire.errors


def test_numbers_of_the_redirecting_client_stay_true(redirected):
    """Its answers and its events are numbered as it counts (RDR-062)."""
    client = redirected.client
    for n in range(100):
        _, handed = redirected.present(redirected.window.pixmap("red"), serial=n)
        entry = next(e for e in client.events if e.content is handed)
        redirected.redirector.give_back(handed)
        with client.expect_error("Match") as caught:
            redirected.redirector.give_back(handed)
        assert entry.sequence < caught.error.sequence
        assert client.geometry(redirected.parent.id).width == 64


def test_synced_presentations_are_refused(redirected):
    """The event cannot carry sync objects: Match, where the server knows the request at all,
    and nothing happens (RDR-063)."""
    before = capture(redirected.window).digest
    known = redirected.application.present_version() >= (1, 4)
    request = PixmapSynced(
        window=redirected.window.id,
        pixmap=redirected.window.pixmap("red").id,
        serial=5,
        acquire_syncobj=redirected.application.new_id(),
        release_syncobj=redirected.application.new_id(),
    )
    with redirected.application.expect_error("Match" if known else "Request") as caught:
        redirected.application.send(request)
    assert caught.error.minor == PixmapSynced.OPCODE
    redirected.window.wait_msc(redirected.window.msc() + 3)
    assert capture(redirected.window).digest == before
    assert redirected.redirector.waiting() == []


@pytest.mark.proposal("present-redirect", synced="passthrough")
def test_synced_presentations_can_be_left_to_the_server(redirected):
    """Where so decided the server judges them: these sync objects do not exist (RDR-063)."""
    known = redirected.application.present_version() >= (1, 4)
    request = PixmapSynced(
        window=redirected.window.id,
        pixmap=redirected.window.pixmap("red").id,
        acquire_syncobj=redirected.application.new_id(),
        release_syncobj=redirected.application.new_id(),
    )
    with redirected.application.catch_errors() as refused:
        redirected.application.send(request)
    assert [error.name for error in refused] != ["Match"] or not known
    assert redirected.redirector.waiting() == []


def test_the_long_form_of_a_request_is_redirected(connect_wire, redirected):
    """BIG-REQUESTS's length is as good as the short one (RDR-011)."""
    application = Speaker(connect_wire(NATIVE))
    wire = application.wire
    big = wire.major("BIG-REQUESTS")
    wire.reply(wire.request(big, 0, b""))
    window, pixmap = wire.create_window(40, 30), wire.create_pixmap(32, 24)
    wire.request(REPARENT_WINDOW, 0, wire.pack("IIhh", window, redirected.parent.id, 0, 0))
    data = PresentPixmap(
        window=window, pixmap=pixmap, serial=6, notifies=(present.Notify(window, 7),)
    ).encode(application.present, NATIVE)
    wire.send(data[:2] + struct.pack("=HI", 0, len(data) // 4 + 1) + data[4:])
    wire.sync()
    handed = redirected.redirector.take()
    assert (handed.serial, handed.notifies) == (6, (present.Notify(window, 7),))
    redirected.redirector.give_back(handed)


def test_a_client_that_reads_late_gets_everything_in_its_order(connect_wire):
    """However much waits for the redirecting client, what was caused first comes first
    (RDR-025)."""
    redirecting, application = Speaker(connect_wire(NATIVE)), Speaker(connect_wire(NATIVE))
    wire, receiver = application.wire, redirecting.wire
    parent = receiver.create_window(64, 48)
    redirecting.select(parent, EventMask.REDIRECT)
    receiver.request(2, 0, receiver.pack("III", parent, 1 << 11, 1 << 19))
    receiver.sync()
    window, pixmap = wire.create_window(40, 30), wire.create_pixmap(32, 24)
    wire.request(REPARENT_WINDOW, 0, wire.pack("IIhh", window, parent, 0, 0))
    wire.sync()
    receiver.sync()
    receiver.events.clear()
    moves = b"".join(
        wire.pack("BBHIHxxI", CONFIGURE_WINDOW, 0, 4, window, 1, n % 9 + 1) for n in range(MOVES)
    )
    wire.send(moves, MOVES)
    application.send(PresentPixmap(window=window, pixmap=pixmap))
    wire.sync()
    receiver.sync()
    kinds = [event[0] for event in receiver.events]
    assert kinds == [CONFIGURE_NOTIFY] * MOVES + [encoding.GENERIC_EVENT]
    handed = present.RedirectNotify.decode(receiver.events[-1])
    redirecting.send(PresentIdle(handed.pixmap))
    receiver.sync()
