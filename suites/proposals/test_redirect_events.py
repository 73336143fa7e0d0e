# SPDX-License-Identifier: MIT
"""RedirectNotify: which presentations become one, what it says, and when it comes."""

import struct
from dataclasses import replace

import pytest
from xcffib.composite import Redirect
from xcffib.xproto import EventMask as CoreMask

from harness.capture.get_image import capture
from harness.clients.present import specimens
from harness.clients.present.redirector import Redirector
from harness.clients.resources.window import WindowClass
from harness.x11 import present
from harness.x11.present import CompleteMode, EventMask, Option, PresentPixmap, XRectangle

pytestmark = [
    pytest.mark.xserver(fps=600, any_depth=True),
    pytest.mark.needs("Present", "SYNC", "XFIXES"),
    pytest.mark.proposal("present-redirect"),
    pytest.mark.usefixtures("profile"),
]

COMPOSITE = pytest.mark.needs("Composite")
DEEP = pytest.mark.proposal("present-redirect", scope="descendants")

RESOURCES = {
    "window": specimens.WINDOWS,
    "pixmap": specimens.PIXMAPS,
    "valid": specimens.REGIONS,
    "update": specimens.REGIONS,
    "target_crtc": specimens.CRTCS,
    "wait_fence": specimens.FENCES,
    "idle_fence": specimens.FENCES,
}
VALUES = {
    "options beyond all": {"options": 32},
    "options with the highest bit": {"options": 0x80000001},
    "remainder without divisor": {"remainder": 5},
    "remainder with high bits only": {"remainder": 1 << 33},
    "remainder as large as the divisor": {"divisor": 3, "remainder": 3},
    "remainder above by high bits": {"divisor": 3, "remainder": (1 << 33) + 1},
    "bad options and remainder": {"options": 64, "remainder": 64},
    "options like a remainder": {"options": 0x7FFFFFE0, "divisor": 2, "remainder": 2},
}


def test_nothing_is_drawn_and_nobody_told(redirected):
    """The server does nothing itself: no pixel, no Complete, no Idle, one event (RDR-010)."""
    before = capture(redirected.window).digest
    shown, handed = redirected.present(redirected.window.pixmap("red"))
    watch = redirected.parent.select(EventMask.COMPLETE)
    redirected.parent.context = watch
    redirected.parent.wait_msc(redirected.parent.msc() + 12)
    assert capture(redirected.window).digest == before
    assert shown.completes() == []
    assert shown.idles() == []
    assert redirected.redirector.waiting() == []
    assert handed.serial == shown.serial


@pytest.mark.parametrize("count", [0, 1, 7])
def test_length_grows_with_the_notifies(redirected, count):
    """18 + 2n words behind the first 32 bytes, 104 + 8n bytes in all (RDR-011)."""
    windows = [redirected.second_window(8, 8) for _ in range(count)]
    notifies = [(window, 1000 + n) for n, window in enumerate(windows)]
    redirected.present(redirected.window.pixmap("red"), notifies=notifies)
    (event,) = [e for e in redirected.client.events if e.name == "PresentRedirectNotify"]
    assert struct.unpack_from("=I", event.data, 4) == (18 + 2 * count,)
    assert len(event.data) == 104 + 8 * count
    assert event.content.notifies == tuple(
        present.Notify(window.id, serial) for window, serial in notifies
    )


def test_every_field_is_the_requests(redirected, profile):
    """Each field tells what was asked, also above 2^32 and below 0 (RDR-012, RDR-013)."""
    application, window = redirected.application, redirected.window
    pixmap = application.pixmap(40, 30, colour="red")
    valid, update = application.region((1, 2, 20, 10)), application.region((3, 4, 5, 6))
    wait, idle = application.fence(), application.fence()
    asked = {
        "serial": 0xFEDCBA98,
        "x_off": -7,
        "y_off": -300,
        "options": int(Option.ASYNC | Option.COPY | Option.UST | Option.SUBOPTIMAL),
        "target_msc": (5 << 32) + 17,
        "divisor": (1 << 40) + 3,
        "remainder": (1 << 33) + 2,
    }
    shown, handed = redirected.present(
        pixmap, valid=valid, update=update, wait_fence=wait, idle_fence=idle, **asked
    )
    for name, value in asked.items():
        assert getattr(handed, name) == value, name
    assert handed.event == redirected.redirector.context.id
    assert handed.event_window == redirected.parent.id
    assert handed.window == window.id
    assert (handed.wait_fence, handed.idle_fence) == (wait.id, idle.id)
    assert not handed.update_window
    same = [handed.pixmap == pixmap.id, handed.valid_region == valid.id]
    assert same == [profile == "identity"] * 2
    assert handed.valid_region != handed.update_region
    assert shown.serial == handed.serial


@pytest.mark.needs(crtcs=1)
def test_the_crtc_is_the_requests(redirected):
    """A target CRTC is handed on, none is 0 (RDR-012)."""
    crtc = specimens.crtc(redirected.application)
    _, handed = redirected.present(redirected.window.pixmap("red"), target_crtc=crtc)
    assert handed.target_crtc == crtc
    _, handed = redirected.present(redirected.window.pixmap("red"))
    assert handed.target_crtc == 0


def test_rectangles_are_the_regions_extents(redirected):
    """What the regions span, whatever holes they have and wherever they lie (RDR-014)."""
    application = redirected.application
    valid = application.region((2, 3, 4, 5), (20, 30, 6, 7))
    update = application.region((-10, -20, 5, 5), (50, 60, 100, 1))
    _, handed = redirected.present(redirected.window.pixmap("red"), valid=valid, update=update)
    assert handed.valid_rect == XRectangle(2, 3, 24, 34)
    assert handed.update_rect == XRectangle(-10, -20, 160, 81)
    empty = application.region()
    _, handed = redirected.present(redirected.window.pixmap("red"), valid=empty, update=empty)
    assert (handed.valid_rect.width, handed.update_rect.height) == (0, 0)


@pytest.mark.parametrize(
    ("size", "offset", "update"),
    [
        ((32, 32), (0, 0), (0, 0, 32, 32)),
        ((40, 20), (0, 0), (0, 0, 32, 20)),
        ((40, 20), (-5, -6), (5, 6, 32, 14)),
        ((40, 20), (10, 4), (0, 0, 22, 20)),
        ((8, 8), (40, 0), (0, 0, 0, 0)),
        ((8, 8), (0, -8), (0, 0, 0, 0)),
        ((8, 8), (-32768, 32767), (0, 0, 0, 0)),
    ],
    ids=["equal", "wide", "from-inside", "shifted", "right-of-it", "above-it", "far-off"],
)
def test_rectangles_without_regions(redirected, size, offset, update):
    """The pixmap is valid as a whole; updated is where window and pixmap meet (RDR-014)."""
    pixmap = redirected.application.pixmap(*size, colour="red")
    _, handed = redirected.present(pixmap, x_off=offset[0], y_off=offset[1])
    assert handed.valid_rect == XRectangle(0, 0, *size)
    assert handed.update_rect == XRectangle(*update)


def test_rectangles_outlive_the_regions(redirected):
    """Regions that the application destroys at once are still told (RDR-015)."""
    valid = redirected.application.region((1, 2, 3, 4))
    update = redirected.application.region((5, 6, 7, 8))
    shown = redirected.window.present(redirected.window.pixmap("red"), valid=valid, update=update)
    valid.destroy()
    update.destroy()
    redirected.application.sync()
    handed = redirected.redirector.take()
    assert handed.serial == shown.serial
    assert handed.valid_rect == XRectangle(1, 2, 3, 4)
    assert handed.update_rect == XRectangle(5, 6, 7, 8)


@COMPOSITE
def test_update_window_tells_of_an_automatic_redirection(redirected, connect):
    """It is set while anybody wants the window's own pixels automatically (RDR-016)."""

    def update_window():
        _, handed = redirected.present(redirected.window.pixmap("red"))
        return handed.update_window

    assert not update_window()
    for ending in ("unredirect", "close", "manual"):
        third = connect(f"third-{ending}")
        window = third.borrow_window(redirected.window, events=0)
        window.redirect(Redirect.Manual if ending == "manual" else Redirect.Automatic)
        third.sync()
        assert update_window() == (ending != "manual")
        if ending == "unredirect":
            window.unredirect(Redirect.Automatic)
            third.sync()
        elif ending == "close":
            third.close()
            while update_window():
                redirected.sync()
        assert not update_window()


@COMPOSITE
@pytest.mark.parametrize(
    "update", [Redirect.Automatic, Redirect.Manual], ids=["automatic", "manual"]
)
def test_update_window_tells_of_redirected_children(redirected, connect, update):
    """The parent's children count when they are redirected automatically (RDR-017)."""
    third = connect("third")
    parent = third.borrow_window(redirected.parent, events=0)
    parent.redirect_subwindows(update)
    third.sync()
    _, handed = redirected.present(redirected.window.pixmap("red"))
    assert handed.update_window == (update == Redirect.Automatic)
    parent.unredirect_subwindows(update)
    third.sync()
    _, handed = redirected.present(redirected.window.pixmap("red"))
    assert not handed.update_window


def test_the_redirecting_clients_own_presentations_are_executed(redirected):
    """Whoever redirects presents without being redirected (RDR-018)."""
    own = redirected.client.borrow_window(redirected.window)
    shown = own.present(own.pixmap("green"))
    assert shown.wait_complete().mode is not CompleteMode.SKIP
    assert redirected.redirector.waiting() == []
    assert own.pixel() == own.value("green")


def test_grandchildren_are_not_redirected(redirected):
    """Only children are, word by word (RDR-019)."""
    grandchild = redirected.application.window(16, 16, parent=redirected.window)
    assert grandchild.show("green").mode is not CompleteMode.SKIP
    assert redirected.redirector.waiting() == []


@DEEP
def test_descendants_are_redirected_where_asked_for(redirected):
    """With frames of a window manager between, the nearest redirecting ancestor counts
    (RDR-019)."""
    grandchild = redirected.application.window(16, 16, parent=redirected.window)
    shown, handed = redirected.present(grandchild.pixmap("red"), grandchild)
    assert (handed.window, handed.serial) == (grandchild.id, shown.serial)
    assert handed.event_window == redirected.parent.id
    shown, handed = redirected.present(redirected.window.pixmap("red"))
    assert handed.window == redirected.window.id
    near = redirected.client.borrow_window(redirected.window, events=0).select(EventMask.REDIRECT)
    redirected.client.sync()
    grandchild.present(grandchild.pixmap("red"))
    redirected.application.flush()
    assert near.wait_redirect().event_window == redirected.window.id
    assert redirected.redirector.waiting() == []


def test_the_parent_at_the_time_decides(redirected):
    """A window that moves elsewhere is redirected no more, until it comes back (RDR-020)."""
    window = redirected.window
    window.reparent(redirected.application.root, 100, 100)
    assert window.show("green").mode is not CompleteMode.SKIP
    window.reparent(redirected.parent, 0, 0)
    _, handed = redirected.present(window.pixmap("red"))
    assert handed.window == window.id
    assert redirected.redirector.waiting() == []


def test_an_unmapped_window_is_redirected(redirected):
    """Whether it can be seen does not matter (RDR-010)."""
    redirected.window.unmap()
    shown, handed = redirected.present(redirected.window.pixmap("red"))
    assert handed.serial == shown.serial


@pytest.mark.known_bug(
    reference="xwl_present_get_exec_msc() answers NotifyMSC a frame before its target",
    since={"Xwayland": "24.1"},
    evidence="failed: AssertionError",
    strict=True,
)
def test_notify_msc_is_the_servers(redirected):
    """Only pixmaps are redirected (RDR-021)."""
    window = redirected.window
    now = window.msc()
    assert window.wait_msc(now + 3) >= now + 3
    assert redirected.redirector.waiting() == []


def _outcome(client, request):
    """Name, value and opcodes of the error that ``request`` causes; None for none."""
    with client.catch_errors() as caught:
        client.send(request)
    (error,) = caught or [None]
    return error and (error.name, error.value, error.major, error.minor)


@pytest.fixture
def compare(redirected):
    """Presents the same on a plain window and on a redirected one; the errors must agree."""
    application = redirected.application
    plain = application.window(32, 32)
    pixmap = plain.pixmap("red")

    def compare(**changes):
        request = PresentPixmap(window=plain.id, pixmap=pixmap.id, target_msc=1 << 40)
        expected = _outcome(application, replace(request, **changes))
        got = _outcome(application, replace(request, **{"window": redirected.window.id} | changes))
        assert got == expected, changes
        return expected

    yield compare
    assert redirected.redirector.waiting() == []


@pytest.mark.parametrize("argument", RESOURCES)
def test_a_wrong_resource_is_refused_as_ever(redirected, compare, argument):
    """The same error as on a plain window, for every kind of thing that is not meant
    (RDR-023)."""
    for name, make in specimens.SPECIMENS.items():
        wanted = name in RESOURCES[argument] or (
            name == "nothing" and argument not in ("window", "pixmap")
        )
        if not wanted:
            assert compare(**{argument: make(redirected.application)}) is not None, name


@pytest.mark.parametrize("name", VALUES)
def test_a_wrong_value_is_refused_as_ever(compare, name):
    """Value with the same number (RDR-023)."""
    assert compare(**VALUES[name])[0] == "Value"


def test_wrong_things_are_refused_in_the_servers_order(redirected, compare):
    """The first fault that the server looks at decides, whatever else is wrong (RDR-023)."""
    application = redirected.application
    unused = application.new_id()
    faults = {
        "pixmap": unused,
        "valid": unused,
        "update": unused,
        "target_crtc": unused,
        "wait_fence": unused,
        "idle_fence": unused,
        "options": 1 << 20,
        "remainder": 9,
    }
    names = list(faults)
    errors = [compare(**{name: faults[name] for name in names[at:]}) for at in range(len(names))]
    assert None not in errors
    assert [error[0] for error in errors[:2]] == ["Pixmap", "XFIXES:Region"]


def test_another_depth_is_refused_as_ever(redirected, compare):
    """Match (RDR-023)."""
    bitmap = redirected.application.pixmap(32, 32, 1, 0)
    assert compare(pixmap=bitmap.id)[0] == "Match"
    hidden = redirected.application.window(
        16, 16, parent=redirected.parent, window_class=WindowClass.INPUT_ONLY, events=0
    )
    with redirected.application.expect_error("Match"):
        hidden.present(redirected.window.pixmap("red"))


@pytest.mark.parametrize("length", [1, 17, 19])
def test_a_wrong_length_is_refused_as_ever(redirected, length):
    """Too short, or half an entry of the notifies: Length (RDR-023)."""
    request = PresentPixmap(
        window=redirected.window.id, pixmap=redirected.window.pixmap("red").id
    ).encode()
    with redirected.application.expect_error("Length"):
        redirected.application.send_raw("Present", 1, (request + bytes(8))[: 4 * length])
    assert redirected.redirector.waiting() == []


def test_a_wrong_notify_is_refused(redirected):
    """The window of each entry must exist (RDR-023)."""
    missing = redirected.application.new_id()
    request = PresentPixmap(
        window=redirected.window.id,
        pixmap=redirected.window.pixmap("red").id,
        notifies=(present.Notify(missing, 3),),
    )
    with redirected.application.expect_error("Window", missing):
        redirected.application.send(request)
    assert redirected.redirector.waiting() == []


def test_events_come_in_the_order_of_the_requests(redirected):
    """Ten presentations on two windows (RDR-024)."""
    windows = [redirected.window, redirected.second_window()]
    pixmap = redirected.window.pixmap("red")
    serials = [windows[n % 3 % 2].present(pixmap).serial for n in range(10)]
    redirected.application.flush()
    assert [redirected.redirector.take().serial for _ in range(10)] == serials


def test_core_events_stand_where_they_were_caused_early(connect):
    """So they do for clients that the server answers after the application (RDR-025)."""
    application = connect("application")
    ground = application.window(64, 48, events=0)
    window = application.window(16, 16, parent=ground)
    pixmap = window.pixmap("red")
    application.sync()
    client = connect("redirector")
    redirector = Redirector(client, client.borrow_window(ground, events=0))
    redirector.parent.select_core(CoreMask.SubstructureNotify)
    client.sync()
    before = len(client.events)
    rounds = 40
    for step in range(rounds):
        window.move(step % 7 + 1, 7)
        window.present(pixmap)
        application.flush()
    for _ in range(rounds):
        redirector.take()
    names = [event.name for event in client.events[before:]]
    assert names == ["ConfigureNotify", "PresentRedirectNotify"] * rounds


def test_core_events_stand_where_they_were_caused(redirected):
    """What the application does before and after is told before and after (RDR-025)."""
    redirected.parent.select_core(CoreMask.SubstructureNotify)
    redirected.client.sync()
    pixmap = redirected.window.pixmap("red")
    before = len(redirected.client.events)
    for step in range(4):
        redirected.window.move(step, 7)
        redirected.window.present(pixmap)
    redirected.window.unmap()
    redirected.application.flush()
    for _ in range(4):
        redirected.redirector.take()
    redirected.client.wait_for(lambda e: e.name == "UnmapNotify", "UnmapNotify", since=before)
    names = [event.name for event in redirected.client.events[before:]]
    assert names == ["ConfigureNotify", "PresentRedirectNotify"] * 4 + ["UnmapNotify"]


def test_a_wait_fence_does_not_hold_the_event_back(redirected):
    """Waiting is the redirecting client's business (RDR-026)."""
    fence = redirected.application.fence()
    _, handed = redirected.present(redirected.window.pixmap("red"), wait_fence=fence)
    assert handed.wait_fence == fence.id
    assert not fence.triggered


def test_a_far_target_does_not_hold_the_event_back(redirected):
    """So is the target (RDR-027)."""
    _, handed = redirected.present(redirected.window.pixmap("red"), target_msc=1 << 50)
    assert handed.target_msc == 1 << 50


@pytest.mark.known_bug(
    reference="a grab of the server holds no other client's request in a rootless Xwayland",
    servers=("sway",),
    effect="AssertionError",
)
def test_a_grab_holds_the_request_and_thus_the_event(redirected):
    """While the redirecting client grabs the server nothing is handed over (RDR-028)."""
    pixmap = redirected.window.pixmap("red")
    redirected.application.sync()
    with redirected.client.grab():
        shown = redirected.window.present(pixmap)
        redirected.application.flush()
        for _ in range(3):
            redirected.client.sync()
        assert redirected.redirector.waiting() == []
    assert redirected.redirector.take().serial == shown.serial


def test_an_applications_own_grab_hands_over_as_well(redirected):
    """A client that presents under its own grab is not stuck, and loses nothing (RDR-028)."""
    pixmap = redirected.window.pixmap("red")
    with redirected.application.grab():
        shown = [redirected.window.present(pixmap) for _ in range(3)]
        pixmap.fill("blue")
        redirected.application.sync()
    handed = [redirected.redirector.take() for _ in shown]
    assert [one.serial for one in handed] == [one.serial for one in shown]
    for one in handed:
        redirected.redirector.give_back(one)
    assert [one.wait_idle().serial for one in shown] == [one.serial for one in shown]


def test_several_clients_are_redirected_each(redirected, connect):
    """Every application's presentations are handed over, not one's alone (RDR-010)."""
    others = [connect(f"other-{n}") for n in range(3)]
    shown = []
    for other in others:
        window = other.window(8, 8, parent=redirected.parent)
        shown.append(window.present(window.pixmap("red")))
        other.flush()
    handed = {redirected.redirector.take().serial for _ in others}
    assert handed == {one.serial for one in shown}


def test_another_redirector_of_another_parent_gets_its_own(redirected, connect):
    """Each parent has its own client (RDR-013)."""
    second = connect("second")
    parent = second.window(40, 40, events=0)
    other = Redirector(second, parent)
    window = redirected.application.window(8, 8, parent=parent)
    shown = window.present(window.pixmap("red"))
    redirected.application.flush()
    assert other.take().serial == shown.serial
    _, handed = redirected.present(redirected.window.pixmap("red"))
    assert handed.event_window == redirected.parent.id
    assert other.waiting() == []
