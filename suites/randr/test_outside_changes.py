# SPDX-License-Identifier: MIT
"""Screens that others resize: the user of Xephyr's window, a viewer of Xvnc."""

from operator import attrgetter

import pytest
import xcffib.xinerama

from harness.capture.get_image import capture_root
from harness.capture.host_window import resize_host_window
from harness.clients.randr.observer import Observer, provoke
from harness.clients.raw.vnc_viewer import VncViewer
from harness.clients.resources.window import Overlay
from harness.pixels.canvas import Canvas
from harness.pixels.rectangle import Rectangle
from harness.x11.core_events import ConfigureNotify
from harness.x11.randr import (
    CrtcChangeNotify,
    OutputChangeNotify,
    OutputConnection,
    ResourceChangeNotify,
    ScreenChangeNotify,
)

pytestmark = [pytest.mark.needs("RANDR"), pytest.mark.xserver(size=(320, 240), fresh=True)]

VIEWED = pytest.mark.needs(servers="xvnc", reason="viewers that set the size of the screen")
IN_A_WINDOW = [
    pytest.mark.needs(servers="xephyr", reason="a screen in a window"),
    pytest.mark.xserver(size=(320, 240), args=("-resizeable",), fresh=True),
]
WAYS = pytest.mark.parametrize(
    "way",
    [pytest.param("window", marks=IN_A_WINDOW), pytest.param("viewer", marks=VIEWED)],
)
SIZES = pytest.mark.parametrize(
    "size",
    [(400, 300), (1000, 200), (200, 310), (321, 241)],
    ids=lambda size: "x".join(map(str, size)),
)
OUTDATED = "Xephyr asks its window for its size only when a client asks it: its CRTC is as before"


def outdated(evidence):
    return pytest.mark.known_bug(
        reference=OUTDATED, servers=("xephyr",), evidence=f"failed: AssertionError {evidence}"
    )


class Outsider:
    """Resizes the screen of ``observer``'s client as ``way`` says, and waits until it is told."""

    def __init__(self, server, way, observer):
        self.client = observer.monitors.client
        self._server, self._observer, self._viewer = server, observer, None
        if way == "viewer":
            self._viewer = VncViewer(server)
            self.client.cleanup.callback(self._viewer.close)

    def resize(self, size, monitors=()):
        """Returns the events of the change, ``size`` in pixels."""
        self._observer.forget()
        since = len(self.client.events)
        if self._viewer is None:
            resize_host_window(self._server, *size)
        else:
            self._viewer.set_desktop_size(*size, monitors)

        def told(event):
            core = event.core
            return isinstance(core, ConfigureNotify) and (core.width, core.height) == size

        self.client.wait_for(told, f"ConfigureNotify of a root of {size}", since=since)
        return self._observer.take()


@pytest.fixture
def outsider(server, monitors, way):
    return Outsider(server, way, Observer(monitors))


@pytest.fixture
def viewer(server, monitors):
    return Outsider(server, "viewer", Observer(monitors))


def root_size(client):
    root = client.geometry(client.root)
    return root.width, root.height


def last(kind, events):
    return [event for event in events if isinstance(event, kind)][-1]


def shown(monitors):
    """The rectangles of all CRTCs that are on."""
    crtcs = [monitors.crtc(id) for id in monitors.known().crtcs]
    return [(c.x, c.y, c.width, c.height) for c in crtcs if c.mode]


@WAYS
@SIZES
def test_the_root_its_events_and_new_connections_agree(outsider, monitors, connect, size):
    """The last ScreenChange and the last ConfigureNotify have the size of the root, which later
    clients find in the setup data, with the same millimetres (RND-022, RND-128)."""
    events = outsider.resize(size)
    screen, configured = last(ScreenChangeNotify, events), last(ConfigureNotify, events)
    assert root_size(monitors.client) == size
    assert (screen.width, screen.height) == (configured.width, configured.height) == size
    setup = connect("new").screen
    assert (setup.width_in_pixels, setup.height_in_pixels) == size
    assert (setup.width_in_millimeters, setup.height_in_millimeters) == (
        *(screen.mm_width, screen.mm_height),
    )


@WAYS
@SIZES
@outdated("the CRTC shows")
def test_the_crtc_shows_the_screen_as_it_is(outsider, monitors, size):
    """One CRTC is on, on all of the screen, also for the clients of GetMonitors and XINERAMA; it
    was told so, if it was told at all (RND-128)."""
    events = outsider.resize(size)
    whole = [(0, 0, *size)]
    assert shown(monitors) == whole, f"the CRTC shows {shown(monitors)} of {size}"
    listed = [(m.x, m.y, m.width, m.height) for m in monitors.monitors()]
    xinerama = monitors.client.extension(xcffib.xinerama).QueryScreens().reply().screen_info
    assert listed == [(s.x_org, s.y_org, s.width, s.height) for s in xinerama] == whole
    told = last(CrtcChangeNotify, events)
    assert (told.x, told.y, told.width, told.height) == (0, 0, *size)


@WAYS
@SIZES
@outdated("the output lists")
def test_the_output_lists_the_mode_that_it_shows(outsider, monitors, head, size):
    """Without being asked to look at its monitors again (RND-128, RND-065)."""
    outsider.resize(size)
    mode, modes = head.info.mode, head.output_info.modes
    assert mode in modes, f"the output lists {modes} and shows {mode}"
    listed = monitors.resources(current=True).modes[mode]
    assert (listed.width, listed.height) == size


@WAYS
@SIZES
def test_who_asks_is_answered_with_the_screen_as_it_is(outsider, monitors, head, size):
    """GetScreenInfo has it as the current one of its sizes, GetScreenResources as a mode of the
    output; from then on no reply says anything else (RND-094, RND-128)."""
    outsider.resize(size)
    info = monitors.screen_info()
    assert info.sizes[info.size] == size
    resources = monitors.resources()
    assert (resources.modes[head.info.mode].width, resources.modes[head.info.mode].height) == size
    assert head.info.mode in head.output_info.modes
    assert shown(monitors) == [(0, 0, *size)]
    assert monitors.resources(current=True) == resources


@WAYS
@SIZES
def test_windows_are_shown_where_the_screen_has_grown(outsider, presenter, size, barrier):
    """What is drawn and presented up to the new edges is on the screen (PRE-020, RND-022)."""
    outsider.resize(size)
    width, height = size
    drawn = presenter.window(30, 20, x=width - 30, y=height - 20, background="red", events=0)
    shown = presenter.window(25, 15, x=width - 25, y=0)
    presented = shown.pixmap("green")
    shown.present(presented).wait_complete()
    barrier()
    picture = Canvas(30, 20, presenter.depth, "red")
    picture.check(capture_root(presenter).crop(width - 30, height - 20, drawn.width, drawn.height))
    picture = Canvas(25, 15, presenter.depth, "green")
    picture.check(capture_root(presenter).crop(width - 25, 0, shown.width, shown.height))


@WAYS
@pytest.mark.needs("Composite")
def test_the_overlay_is_as_large_as_the_screen(outsider, presenter):
    """It grows and shrinks with it (RND-022)."""
    overlay = Overlay.get(presenter)
    for size in ((400, 300), (200, 250)):
        outsider.resize(size)
        geometry = overlay.geometry
        assert (geometry.width, geometry.height) == size
    overlay.release()


@WAYS
def test_the_pointer_stays_on_a_screen_that_others_shrink(outsider, presenter):
    """Beyond the new edges it cannot be (RND-053)."""
    presenter.core.WarpPointer(0, presenter.root, 0, 0, 0, 0, 300, 220)
    presenter.sync()
    outsider.resize((200, 160))
    place = presenter.core.QueryPointer(presenter.root).reply()
    assert 0 <= place.root_x < 200
    assert 0 <= place.root_y < 160


@VIEWED
def test_the_monitors_of_a_viewer_are_crtcs(viewer, monitors):
    """Each has a CRTC and an output of its own, which are new resources and told as such; their
    areas are the viewer's, in GetMonitors and XINERAMA too (RND-101, RND-117, RND-128)."""
    places = [Rectangle(0, 0, 320, 300), Rectangle(320, 0, 200, 300)]
    events = viewer.resize((520, 300), places)
    assert [event for event in events if isinstance(event, ResourceChangeNotify)]
    rectangles = [(p.x, p.y, p.width, p.height) for p in places]
    assert shown(monitors) == rectangles
    resources = monitors.resources(current=True)
    outputs = [monitors.output(id) for id in resources.outputs]
    assert [output.connection for output in outputs] == [OutputConnection.CONNECTED] * 2
    assert sorted(output.crtc for output in outputs) == sorted(resources.crtcs)
    listed = [(m.x, m.y, m.width, m.height) for m in monitors.monitors()]
    assert sorted(listed) == sorted(rectangles)
    last_told = {event.crtc: event for event in events if isinstance(event, CrtcChangeNotify)}
    for id in resources.crtcs:
        now, told = monitors.crtc(id), last_told[id]
        place = attrgetter("x", "y", "width", "height", "mode", "rotation")
        assert place(told) == place(now)


@VIEWED
def test_a_monitor_that_a_viewer_takes_away_is_disconnected(viewer, monitors):
    """Its CRTC is off, its output disconnected, which is told; ids stay (RND-031, RND-128)."""
    viewer.resize((520, 300), [Rectangle(0, 0, 320, 300), Rectangle(320, 0, 200, 300)])
    before = monitors.resources(current=True)
    events = viewer.resize((320, 250))
    after = monitors.resources(current=True)
    assert (after.crtcs, after.outputs) == (before.crtcs, before.outputs)
    assert shown(monitors) == [(0, 0, 320, 250)]
    off = [id for id in after.crtcs if not monitors.crtc(id).mode]
    gone = [o for o in map(monitors.output, after.outputs) if o.connection]
    assert [(o.crtc, o.connection) for o in gone] == [(0, OutputConnection.DISCONNECTED)]
    assert {e.crtc: e.mode for e in events if isinstance(e, CrtcChangeNotify)}[off[0]] == 0
    told = {e.output: e.connection for e in events if isinstance(e, OutputChangeNotify)}
    assert told[gone[0].id] is OutputConnection.DISCONNECTED


@WAYS
def test_what_was_told_once_is_not_told_again(outsider, monitors):
    """The next change tells of itself alone, be it none of the monitors (RND-013, RND-128)."""
    outsider.resize((400, 300))
    monitors.screen_info()
    observer = Observer(monitors)
    provoke(monitors)
    told = {type(event) for event in observer.take()}
    assert told <= {ScreenChangeNotify, OutputChangeNotify, ConfigureNotify}


@VIEWED
def test_new_monitors_are_told_once(viewer, monitors):
    """Neither their CRTCs nor the new resources come again with the next change (RND-013,
    RND-128)."""
    viewer.resize((520, 300), [Rectangle(0, 0, 320, 300), Rectangle(320, 0, 200, 300)])
    observer = Observer(monitors, drained=False)
    assert observer.take() == []
    provoke(monitors)
    told = {type(event) for event in observer.take()}
    assert told == {ScreenChangeNotify, OutputChangeNotify, ConfigureNotify}
