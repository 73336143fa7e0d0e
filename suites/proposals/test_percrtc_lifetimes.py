# SPDX-License-Identifier: MIT
"""What a CRTC shows whose pixmap goes, and what others see meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from harness.clients.randr.scanout_session import ScanoutSession
from harness.clients.resources.pixmap import Pixmap
from harness.x11.drafts.randr_percrtc import ConfigStatus
from harness.x11.randr import CrtcChangeNotify, Rotation

pytestmark = [
    pytest.mark.proposal("randr-percrtc"),
    pytest.mark.needs("RANDR", "RENDER", root_pixels=True),
    pytest.mark.xserver(at_least=(640, 480), any_depth=True),
]

SUCCESS = ConfigStatus.SUCCESS
TWO = pytest.mark.needs(crtcs=2, resize=True)
GET_CRTC_INFO = 20


def fallen_back(desk, crtc):
    """``crtc`` shows the screen from its origin, upright, and all of its mode."""
    shown, now = desk.scanout.of(crtc.id), desk.monitors.crtc(crtc.id)
    assert (shown.pixmap, shown.x, shown.y, shown.rotation) == (0, 0, 0, 1)
    assert (now.x, now.y, now.mode, now.rotation) == (0, 0, crtc.mode, Rotation.ROTATE_0)
    mode = desk.monitors.resources(current=True).modes[crtc.mode]
    assert shown.screen_pixmap[0] >= mode.width
    assert shown.screen_pixmap[1] >= mode.height


@TWO
@pytest.mark.usefixtures("small_screen")
def test_a_pixmap_that_is_freed_gives_way_to_the_screens(desk):
    """Its CRTC shows the screen's origin, whose pixmap is large enough; the screen keeps its
    size; the move is told (PCP-041)."""
    _, second = desk.side_by_side((160, 120), (320, 240))
    pixmap = desk.pixmap_for(second)
    config = desk.same(second, pixmap=pixmap.id)
    size = {"screen_pixmap": (160, 120), "screen": (480, 240)}
    assert desk.scanout.configure(config, **size) is SUCCESS
    desk.observer.take()
    pixmap.free()
    desk.client.sync()
    fallen_back(desk, second)
    root = desk.client.geometry(desk.client.root)
    assert (root.width, root.height) == (480, 240)
    moved = [one for one in desk.observer.take() if isinstance(one, CrtcChangeNotify)]
    assert [(one.crtc, one.x, one.y) for one in moved] == [(second.id, 0, 0)]


def test_a_turned_crtc_falls_back_upright(desk):
    """As the server's own can be (PCP-041)."""
    first = desk.first
    pixmap = desk.scanout.create(first.height, first.width, rotations=0x3F)
    config = desk.same(first, pixmap=pixmap.id, rotation=Rotation.ROTATE_90)
    assert desk.scanout.configure(config) is SUCCESS
    pixmap.free()
    desk.client.sync()
    fallen_back(desk, first)


def test_a_pixmap_that_nobody_shows_goes_quietly(desk):
    """Nothing changes and nothing is told (PCP-041)."""
    first = desk.first
    pixmap = desk.pixmap_for(first)
    desk.show(first, pixmap)
    desk.show(first, None)
    before = desk.state()[1:]
    pixmap.free()
    desk.client.sync()
    assert desk.state()[1:] == before
    assert desk.observer.take() == []


def test_a_pixmap_dies_with_its_client(desk, connect):
    """Its CRTC falls back as if it had been freed (PCP-042)."""
    owner = ScanoutSession(connect("owner"))
    first = owner.first
    pixmap = owner.scanout.create(first.width + 8, first.height)
    owner.scanout.configure(owner.same(first, pixmap=pixmap.id, pixmap_x=8, x=5))
    assert desk.scanout.of(first.id).x == 8
    desk.observer.take()
    since = len(desk.client.events)
    owner.client.close()
    desk.client.wait_for(
        lambda event: event.name == "RANDR:Notify", "the CRTC's fall back", since=since
    )
    fallen_back(desk, first)


@TWO
def test_a_pixmap_on_two_crtcs_is_given_up_by_both(desk):
    """Tiles of one buffer (PCP-043)."""
    crtcs = desk.side_by_side((320, 240), (320, 240))
    pixmap = desk.scanout.create(640, 240)
    for number, crtc in enumerate(crtcs):
        assert desk.show(crtc, pixmap, 320 * number) is SUCCESS
    pixmap.free()
    desk.client.sync()
    for crtc in crtcs:
        fallen_back(desk, crtc)


@pytest.mark.proposal("randr-percrtc", destroy="refcount")
def test_by_the_code_a_freed_pixmap_is_shown_on(desk):
    """The id is gone, the picture stays until something else is shown (PCP-041)."""
    first = desk.first
    pixmap = desk.pixmap_for(first, "green")
    desk.show(first, pixmap)
    pixmap.free()
    shown = desk.scanout.of(first.id).pixmap
    assert shown not in (0, pixmap.id)
    assert desk.client.geometry(shown).width == first.width
    alias = Pixmap(desk.client, shown, first.width, first.height, pixmap.depth)
    assert alias.pixel(5, 5) == pixmap.value("green")
    assert desk.show(first, None) is SUCCESS
    assert desk.scanout.of(first.id).pixmap == 0


def test_the_id_of_a_freed_pixmap_is_no_scanout_pixmap_any_more(desk):
    """An ordinary pixmap that gets it cannot be shown (PCP-031, PCP-041)."""
    first = desk.first
    pixmap = desk.pixmap_for(first)
    pixmap.free()
    desk.client.core.CreatePixmap(
        pixmap.depth, pixmap.id, desk.client.root, first.width, first.height
    )
    assert desk.refused(desk.same(first, pixmap=pixmap.id))[0] == "Match"


def test_a_grab_delays_the_whole_request(desk, connect):
    """Nothing of it happens before the grab ends (PCP-052)."""
    other = ScanoutSession(connect("other"))
    first = desk.first
    pixmap = desk.pixmap_for(first)
    data = desk.scanout.request(desk.same(first, pixmap=pixmap.id))
    desk.client.sync()
    with other.client.grab():
        desk.client.send_raw(*data)
        desk.client.flush()
        for _ in range(5):
            assert other.scanout.of(first.id).pixmap == 0
            other.client.sync()
    desk.client.sync()
    assert other.scanout.of(first.id).pixmap == pixmap.id


def test_the_grab_of_the_client_itself_is_kept(desk, connect):
    """It still holds after the request, which takes none of it away (PCP-052)."""
    first = desk.first
    pixmap, other = desk.pixmap_for(first), connect("other")
    atom = other.atom("_GRABBED")
    other.sync()
    with desk.client.grab():
        assert desk.show(first, pixmap) is SUCCESS
        other.core.SetSelectionOwner(0, atom, 0)
        window = other.window(4, 4, events=0)
        other.core.SetSelectionOwner(window.id, atom, 0)
        other.flush()
        desk.client.sync()
        assert desk.client.core.GetSelectionOwner(atom).reply().owner == 0
    other.sync()
    assert desk.client.core.GetSelectionOwner(atom).reply().owner == window.id


@TWO
def test_nobody_sees_what_lies_between(desk, connect, connect_wire):
    """Two CRTCs change places again and again: a third client that never stops asking always
    finds both on, and is told of the whole changes only (PCP-052)."""
    watcher, wire = ScanoutSession(connect("watcher")), connect_wire()
    crtcs = desk.side_by_side((304, 240), (304, 240))
    watcher.observer.take()
    major, over, modes = wire.major("RANDR"), Event(), []

    def ask():
        while not over.is_set():
            for crtc in crtcs:
                info = wire.request(major, GET_CRTC_INFO, wire.pack("II", crtc.id, 0))
                modes.append(wire.unpack("I", wire.reply(info), 20)[0])

    with ThreadPoolExecutor() as threads:
        asking = threads.submit(ask)
        try:
            for turn in range(8):
                places = (304, 0) if turn % 2 else (0, 304)
                configs = [desk.same(crtc, x=x) for crtc, x in zip(crtcs, places, strict=True)]
                # For another screen size the server's own CRTCs have to go off for a while.  Some
                # screens never grow beyond their size at the start.
                size = (616 + 8 * (turn % 2), 240)
                assert desk.scanout.configure(*configs, screen=size) is SUCCESS
        finally:
            over.set()
        asking.result()
    assert modes
    assert all(modes)
    for told in watcher.observer.take():
        if isinstance(told, CrtcChangeNotify):
            assert told.mode
            assert told.x in (0, 304)
