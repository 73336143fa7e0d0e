# SPDX-License-Identifier: MIT
"""What a compositor's server grab keeps away from its reading of backing pixmaps, and what not."""

import select
from contextlib import ExitStack, suppress

import pytest
import xcffib.composite
from xcffib.composite import Redirect
from xcffib.xproto import EventMask

from harness.capture.get_image import capture, capture_root
from harness.clients.connection.endpoint import REPLY_SECONDS, open_socket
from harness.clients.connection.errors import ProtocolError
from harness.clients.raw.application import FRAME_COLOURS, Application, Manner, halves
from harness.clients.resources.damage import Damage
from harness.clients.resources.fence import Fence
from harness.clients.resources.window import Window
from harness.deadlines import Deadline
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from harness.pixels.colour import pixel_value
from harness.pixels.rectangle import Rectangle
from harness.x11 import present, setup
from harness.x11.present import CompleteMode
from suites.marks import UPDATES

pytestmark = [
    pytest.mark.xserver(any_depth=True),
    pytest.mark.needs("Composite", uncomposited=True),
]

COLOURS = "red", "green", "blue"
UNGUARDED_READS = 150
READS_PER_GRAB = 8
PROGRESS_SECONDS = 60.0
WIDTH, HEIGHT = 16, 12


def whole_frames(depth):
    """The halves of every frame, as pixels of ``depth``."""
    return {
        tuple(pixel_value(colour, depth) for colour in halves(number))
        for number in range(len(FRAME_COLOURS))
    }


"""The pixels of left and right half of each frame that an application draws."""


_GET_INPUT_FOCUS = 43
_GRAB_SERVER = 36
_UNGRAB_SERVER = 37
_CHANGE_PROPERTY = 18
_GET_PROPERTY = 20
_APPEND = 2
_WM_NAME, _STRING = 39, 31


@pytest.fixture
def application(presenter):
    """An application in a redirected window, and this window as ``presenter`` knows it."""
    with ExitStack() as stack:

        def make(update=Redirect.Manual, **attributes):
            app = Application(presenter.server, presenter.root, 30, 20, WIDTH, HEIGHT, **attributes)
            stack.enter_context(app)
            window = Window(presenter, app.window, WIDTH, HEIGHT, presenter.depth)
            window.redirect(update)
            presenter.sync()
            app.draw(0)
            app.rest()
            return app, window

        yield make


def read(drawable, border=0):
    """The halves of a drawable, each by a request of its own."""
    return drawable.pixel(border, border), drawable.pixel(border + WIDTH - 1, border + HEIGHT - 1)


def pause(client):
    """Give a server that serves others during a grab ample opportunity."""
    for _ in range(5):
        client.core.GetInputFocus().reply()


def await_destruction(window):
    """Until the window is no more: a closed connection is noticed a moment later."""
    deadline = Deadline.after(REPLY_SECONDS)
    with suppress(ProtocolError):
        while window.geometry:
            assert not deadline.passed, f"window {window.id:#x} outlives its client"


@UPDATES
def test_reads_without_a_grab_may_be_torn(presenter, application, observe, update):
    """Without a grab another client may draw between two reads: how often it did is reported,
    nothing is promised but that each half is of some frame (CMP-066)."""
    app, window = application(update)
    name = window.name_pixmap()
    with app.drawing():
        seen = [read(name) for _ in range(UNGUARDED_READS)]
    whole = whole_frames(presenter.depth)
    torn = sum(pair not in whole for pair in seen)
    observe("torn reads without a grab", f"{torn} of {len(seen)}")
    assert {pixel for pair in seen for pixel in pair} <= {pixel for pair in whole for pixel in pair}


@pytest.mark.parametrize(
    ("update", "border", "manner", "reads", "named"),
    [
        pytest.param(Redirect.Manual, 0, Manner.WHOLE, 1000, False, id="manual"),
        pytest.param(Redirect.Automatic, 3, Manner.WHOLE, 320, True, id="automatic"),
        pytest.param(Redirect.Manual, 3, Manner.GRABBED, 320, True, id="grabbed"),
    ],
)
def test_reads_under_a_grab_are_never_torn(
    presenter, application, update, border, manner, reads, named
):
    """Under a grab the halves of a backing pixmap are always of one frame, which stays the
    same until the grab ends, though the application draws without pause, by single requests
    or under grabs of its own (CMP-066)."""
    app, window = application(update, border_width=border)
    name = window.name_pixmap()
    frames = set()
    deadline = Deadline.after(PROGRESS_SECONDS)
    with app.drawing(manner):
        grabs = 0
        while grabs < reads // READS_PER_GRAB or (len(frames) < 2 and not deadline.passed):
            grabs += 1
            with presenter.grab():
                seen = set()
                for n in range(READS_PER_GRAB):
                    if named and n % 4 == 0:
                        name.free()
                        name = window.name_pixmap()
                    seen.add(read(name, border))
            assert len(seen) == 1, f"the picture changed during the grab: {seen}"
            frames |= seen
            if len(frames) < 2:
                # Two grabs with nothing between them may leave the application no turn.
                pause(presenter)
    assert frames <= (whole := whole_frames(presenter.depth)), f"torn: {frames - whole}"
    assert len(frames) > 1, "the application never drew between two grabs"
    assert read(name, border) == tuple(pixel_value(c, presenter.depth) for c in halves(-1))
    assert not app.wire.errors


@pytest.mark.parametrize("border", [0, 3])
def test_name_and_geometry_agree_under_a_grab(presenter, application, border):
    """Under a grab the backing pixmap is as large as the window says it is, and stays so,
    though the application resizes the window without pause (CMP-066, CMP-021, CMP-029)."""
    app, window = application(border_width=border)
    sizes = [(WIDTH, HEIGHT), (WIDTH + 9, HEIGHT), (WIDTH + 9, HEIGHT + 5), (WIDTH - 3, HEIGHT - 1)]
    seen = set()
    deadline = Deadline.after(PROGRESS_SECONDS)
    with app.resizing(*sizes):
        grabs = 0
        while grabs < 60 or (len(seen) < 2 and not deadline.passed):
            grabs += 1
            with presenter.grab():
                geometry = window.geometry
                names = [window.name_pixmap() for _ in range(2)]
                assert window.geometry == geometry
            size = geometry.width, geometry.height
            for name in names:
                assert (name.width, name.height) == tuple(n + 2 * border for n in size)
                name.free()
            seen.add(size)
            if len(seen) < 2:
                pause(presenter)
    assert seen <= set(sizes)
    assert len(seen) > 1, "the application never resized between two grabs"
    left, right = halves(len(sizes) - 1)
    middle = app.width // 2
    own = Canvas(app.width, app.height, presenter.depth, left)
    own.area(middle, 0, app.width - middle, app.height).fill(right)
    own.check(capture(window))
    assert not app.wire.errors


def test_requests_of_others_wait_and_are_handled_in_order(presenter, connect_wire):
    """During a grab the server neither handles nor answers what others ask; afterwards it does
    all of it, each client's requests in their order (CMP-066)."""
    window = presenter.window(20, 10, events=0, background="blue")
    window.redirect()
    presenter.sync()
    wires = [connect_wire() for _ in range(3)]
    with presenter.grab():
        before = window.name_pixmap()
        asked = []
        for n, wire in enumerate(wires):
            asked.append([])
            for letter in b"abcdef":
                body = wire.pack("IIIBxxxI", window.id, _WM_NAME + n, _STRING, 8, 1)
                wire.request(_CHANGE_PROPERTY, _APPEND, body + bytes([letter]) + bytes(3))
                body = wire.pack("IIIII", window.id, _WM_NAME + n, _STRING, 0, 100)
                asked[n].append(wire.request(_GET_PROPERTY, 0, body))
            gc = wire.new_id()
            wire.request(55, 0, wire.pack("IIII", gc, window.id, 4, window.value(COLOURS[n])))
            spot = wire.pack("IIhhHH", window.id, gc, 5 * n, 0, 5, 10)
            wire.request(70, 0, spot)
        pause(presenter)
        assert all(wire.silent for wire in wires)
        Canvas(20, 10, presenter.depth, "blue").check(capture(before))
        assert not presenter.core.GetProperty(0, window.id, _WM_NAME, 0, 0, 9).reply().type
    for wire, sequences in zip(wires, asked, strict=True):
        for length, sequence in enumerate(sequences, 1):
            reply = wire.reply(sequence)
            (got,) = wire.unpack("I", reply, 16)
            assert reply[32 : 32 + got] == b"abcdef"[:length]
        wire.sync()
        assert not wire.errors
    own = Canvas(20, 10, presenter.depth, "blue")
    for n, colour in enumerate(("red", "green", "blue")):
        own.area(5 * n, 0, 5, 10).fill(colour)
    own.check(capture(before))


def test_everything_but_its_own_waits_whatever_it_is(presenter, connect_wire):
    """Neither a window that others map, move or name nor a redirection of theirs changes what
    the grabbing client sees (CMP-066)."""
    window = presenter.window(20, 10, x=30, y=20, events=0, background="blue", mapped=False)
    window.redirect()
    window.map()
    presenter.sync()
    geometry = window.geometry
    wire = connect_wire()
    major = wire.major("Composite")
    with presenter.grab():
        pixmap = wire.new_id()
        wire.request(12, 0, wire.pack("IHxxII", window.id, 1 | 4, 50, 77))
        wire.request(major, 6, wire.pack("II", window.id, pixmap))
        named = wire.request(14, 0, wire.pack("I", pixmap))
        wire.request(10, 0, wire.pack("I", window.id))
        pause(presenter)
        assert window.geometry == geometry
        name = window.name_pixmap()
        assert (name.width, name.height) == (20, 10)
        with presenter.expect_error("Pixmap", pixmap):
            presenter.core.FreePixmap(pixmap)
        assert wire.silent
    assert wire.unpack("HH", wire.reply(named), 16) == (77, 10)
    wire.sync()
    assert not wire.errors
    assert (window.geometry.x, window.geometry.width) == (50, 77)
    with presenter.expect_error("Match"):
        presenter.extension(xcffib.composite).NameWindowPixmap(window.id, presenter.new_id())


def test_new_connections_wait(presenter, server):
    """Who connects during a grab is greeted when it ends (CMP-066)."""
    with presenter.grab():
        stream = open_socket(server, "a newcomer")
        stream.sendall(setup.greeting(server.cookie))
        pause(presenter)
        stream.setblocking(False)
        with pytest.raises(BlockingIOError):
            stream.recv(8)
        stream.settimeout(Deadline.after(REPLY_SECONDS).seconds)
    assert stream.recv(8)[0] == 1
    stream.close()


def test_events_are_sent_during_a_grab(presenter, connect):
    """A grab holds what others ask, not what they are told: events of what the grabbing client
    does reach them (CMP-066)."""
    manager = connect("manager")
    window = presenter.window(20, 10, events=0, mapped=False)
    presenter.sync()
    seen = manager.borrow_window(window, events=0)
    seen.select_core(EventMask.StructureNotify)
    seen.redirect()
    manager.sync()
    since = len(manager.events)
    with presenter.grab():
        window.map()
        window.resize(30, 11)
        presenter.sync()
        for name in ("MapNotify", "ConfigureNotify"):
            manager.wait_for(lambda e, name=name: e.name == name, name, since=since)
    name = seen.name_pixmap()
    assert (name.width, name.height) == (30, 11)


def waiting(wire):
    """The sequence number of a request that waits for the end of somebody's grab."""
    return wire.request(_GET_INPUT_FOCUS, 0, b"")


@pytest.mark.parametrize("grabs", [1, 2, 5])
def test_one_ungrab_ends_all_grabs_of_a_client(presenter, connect_wire, grabs):
    """Grabs of the same client are not counted: the first UngrabServer ends them, a further one
    is no error (CMP-066)."""
    wire = connect_wire()
    for _ in range(grabs):
        presenter.core.GrabServer()
    presenter.sync()
    asked = waiting(wire)
    pause(presenter)
    assert wire.silent
    presenter.core.UngrabServer()
    presenter.flush()
    wire.reply(asked)
    presenter.core.UngrabServer()
    presenter.sync()


def test_ungrab_of_another_client_waits_too(presenter, connect_wire):
    """Nobody else can end a grab: the UngrabServer of another waits like any request, and then
    does nothing (CMP-066)."""
    wire = connect_wire()
    with presenter.grab():
        wire.request(_UNGRAB_SERVER, 0, b"")
        asked = waiting(wire)
        pause(presenter)
        assert wire.silent
    wire.reply(asked)
    assert not wire.errors


@pytest.mark.parametrize("end", ["close", "half-a-request", "nested", "with-requests"])
def test_death_of_the_client_ends_its_grab(presenter, connect_wire, end):
    """When the grabbing client dies, however, others are served (CMP-066)."""
    wire, other = connect_wire(), connect_wire()
    wire.request(_GRAB_SERVER, 0, b"")
    if end == "nested":
        wire.request(_GRAB_SERVER, 0, b"")
    wire.sync()
    asked = waiting(other)
    for _ in range(5):
        wire.sync()
    assert other.silent
    if end == "half-a-request":
        wire.send(wire.pack("BBHI", 70, 0, 5, 1), requests=0)
    elif end == "with-requests":
        for _ in range(50):
            wire.request(_GRAB_SERVER, 0, b"")
    wire.close()
    other.reply(asked)
    presenter.sync()
    with presenter.grab():
        asked = waiting(other)
        pause(presenter)
        assert other.silent
    other.reply(asked)


def test_names_given_under_a_grab_outlive_it(presenter, application):
    """What was named under a grab shows the drawing of after it, and is the pixmap of before
    once the window is resized (CMP-066, CMP-029)."""
    app, window = application()
    with presenter.grab():
        name = window.name_pixmap()
        app.draw(2)
        app.configure(width=WIDTH + 4)
        pause(presenter)
        assert read(name) == tuple(pixel_value(c, presenter.depth) for c in halves(0))
    app.rest()
    assert read(name) == tuple(pixel_value(c, presenter.depth) for c in halves(2))
    app.draw(4)
    app.rest()
    assert read(name) == tuple(pixel_value(c, presenter.depth) for c in halves(2))


def test_grabs_of_several_clients_follow_each_other(presenter, connect_wire):
    """A GrabServer during another's grab waits; each of the waiting clients then has the server
    for itself (CMP-066)."""
    waiters = [connect_wire() for _ in range(3)]
    with presenter.grab():
        asked = {}
        for wire in waiters:
            wire.request(_GRAB_SERVER, 0, b"")
            asked[wire] = waiting(wire)
        pause(presenter)
        assert all(wire.silent for wire in waiters)
        presenter.core.UngrabServer()
        presenter.flush()
        while waiters:
            ready, _, _ = select.select(waiters, [], [], Deadline.after(REPLY_SECONDS).seconds)
            assert len(ready) == 1, f"{len(ready)} of {len(waiters)} clients have the server"
            (holder,) = ready
            holder.reply(asked[holder])
            for _ in range(5):
                holder.sync()
            waiters.remove(holder)
            assert all(wire.silent for wire in waiters)
            holder.request(_UNGRAB_SERVER, 0, b"")


@pytest.mark.parametrize("half", [False, True], ids=["between-requests", "within-a-request"])
def test_name_taken_under_a_grab_survives_the_applications_death(presenter, application, half):
    """The picture of an application that dies during a grab can still be read, and its window
    is gone when the grab is over (CMP-066, CMP-034).

    Servers close the connections of the dead also during a grab."""
    app, window = application()
    with presenter.grab():
        name = window.name_pixmap()
        if half:
            app.die_writing()
        else:
            app.die()
        pause(presenter)
        assert read(name) == tuple(pixel_value(c, presenter.depth) for c in halves(0))
    await_destruction(window)
    assert read(name) == tuple(pixel_value(c, presenter.depth) for c in halves(0))


@pytest.mark.xserver(fps=600)
@pytest.mark.needs("Present", "DAMAGE")
@pytest.mark.parametrize("border", [0, 3])
@pytest.mark.parametrize("blocked", [False, True], ids=["target", "fence"])
def test_queued_presentation_lands_in_the_backing_pixmap_during_a_grab(
    presenter, connect, border, blocked, too_late
):
    """A grab does not keep presentations that are queued out of a backing pixmap: it changes
    under the eyes of the compositor, with a Damage report, the screen does not
    (CMP-066, PRE-082, PRE-062)."""
    manager = connect("manager")
    window = presenter.window(
        48, 40, x=30, y=20, border_width=border, background="blue", mapped=False
    )
    window.redirect()
    window.map()
    clock = manager.window(10, 10, x=200)
    seen = manager.borrow_window(window)
    damage = Damage.create(seen)
    damage.forget()
    fence = presenter.fence()
    presenter.sync()
    before = capture_root(manager, Rectangle(20, 10, 80, 70))
    target = window.msc() + 60
    timing = {"wait_fence": fence} if blocked else {"target_msc": target}
    shown = window.present(window.pixmap(), x_off=6, y_off=-5, **timing)
    presenter.sync()
    own = Canvas(48 + 2 * border, 40 + 2 * border, presenter.depth, "white")
    inside = own.area(border, border, 48, 40).fill("blue")
    with manager.grab():
        name = seen.name_pixmap()
        first = capture(name)
        if not blocked and clock.msc() >= target:
            too_late("the presentation was due before the window's pixmap had been captured")
        own.check(first)
        if blocked:
            Fence(manager, fence.id).trigger()
        clock.wait_msc(max(target, clock.msc()) + 15)
        inside.paste(chart_pixels(48, 40), 6, -5)
        own.check(capture(name))
        assert [notice.area for notice in damage.notices()] == [(6, 0, 42, 35)]
        assert shown.wait_complete(context=seen.context).mode is CompleteMode.COPY
        frame = before.pixels
        Canvas(80, 70, presenter.depth).paste(frame).check(
            capture_root(manager, Rectangle(20, 10, 80, 70))
        )
    assert shown.wait_complete().mode is CompleteMode.COPY


@pytest.mark.xserver(fps=600)
@pytest.mark.needs("Present")
@pytest.mark.parametrize("count", [1, 4])
def test_presentations_of_the_grabbing_compositor_are_shown(presenter, connect, application, count):
    """The compositor presents under its own grab what it named there (CMP-066, PRE-083)."""
    app, window = application()
    output = presenter.window(40, 30, x=200, events=present.EventMask.COMPLETE, background="grey")
    with presenter.grab():
        picture = Canvas(40, 30, presenter.depth, "grey")
        for n in range(count):
            name = window.name_pixmap()
            app.draw(n + 1)
            output.present(name, x_off=3 * n, y_off=2 * n).wait_complete()
            name.free()
            half = picture.area(3 * n, 2 * n, WIDTH, HEIGHT)
            half.fill(halves(0)[0])
            half.area(WIDTH // 2, 0, WIDTH // 2, HEIGHT).fill(halves(0)[1])
        picture.check(capture(output))
    app.rest()
    assert read(window) == tuple(pixel_value(c, presenter.depth) for c in halves(count))
