# SPDX-License-Identifier: MIT
"""A compositor among applications that misbehave: the screen is what they drew in the end."""

from contextlib import ExitStack

import pytest
import xcffib.composite
import xcffib.randr
from xcffib.composite import Redirect
from xcffib.xproto import StackMode

from harness.capture.arrival import await_picture
from harness.capture.get_image import capture_root
from harness.clients.compositing.compositor import SELECTION, AlreadyComposited
from harness.clients.connection.endpoint import REPLY_SECONDS
from harness.clients.raw.application import FRAME_COLOURS, Application, Manner, halves
from harness.clients.resources.window import Window
from harness.deadlines import Deadline
from harness.pixels.canvas import Canvas
from harness.pixels.colour import pixel_value
from harness.x11.core_events import DestroyNotify
from suites.composite.scenes import GROUND, SCREEN, ground, screen, update
from suites.marks import BORDERS, DEPTH_24, MEDIUM

pytestmark = [
    pytest.mark.xserver(fps=600, any_depth=True),
    pytest.mark.needs("Composite", "XFIXES", "DAMAGE", "RENDER", "SHAPE", uncomposited=True),
]


def whole_frames(depth):
    """The halves of every frame, as pixels of ``depth``."""
    return {
        tuple(pixel_value(colour, depth) for colour in halves(number))
        for number in range(len(FRAME_COLOURS))
    }


EACH_WAY = pytest.mark.parametrize(
    "buffers",
    [0, pytest.param(2, marks=pytest.mark.needs("Present"))],
    ids=["render", "present"],
)


@pytest.fixture
def start(presenter):
    """Start applications as ``Application`` is made, on the root unless told otherwise."""
    with ExitStack() as stack:

        def start(x, y, width, height, *, parent=None, **attributes):
            app = Application(
                presenter.server, parent or presenter.root, x, y, width, height, **attributes
            )
            stack.enter_context(app)
            return app

        yield start


def paint(picture, x, y, width, height, *, frame=None, border=0, background="black"):
    """Paint an application's window: ``frame`` in it, or its background."""
    picture.area(x, y, width + 2 * border, height + 2 * border).fill("white")
    inside = picture.area(x + border, y + border, width, height).fill(background)
    if frame is not None:
        left, right = halves(frame)
        inside.fill(left)
        inside.area(width // 2, 0, width - width // 2, height).fill(right)


def check(compositor, picture):
    """The screen shows ``picture`` once the compositor has updated, and no update after it
    changes anything."""
    for _ in range(2):
        update(compositor)
        picture.check(screen(compositor.client))


def await_destruction(compositor, app):
    """Until the compositor was told that the application's window is gone."""
    gone = DestroyNotify(compositor.parent.id, app.window)
    compositor.client.wait_for(lambda event: event.core == gone, f"{gone}")


def settled(*apps):
    """The applications are quiet, and no request of theirs was refused."""
    for app in apps:
        app.rest()
        assert not app.wire.errors


@EACH_WAY
@BORDERS
def test_drawing_without_pause_is_composed_in_whole_frames(start, composite, buffers, border):
    """However fast an application draws, what a compositor paints under its grab is always one
    frame of it, and the last one in the end (CMP-066, CMP-018)."""
    app = start(20, 15, 31, 22, border_width=border)
    other = start(35, 25, 40, 40, background="grey")
    compositor = composite(buffers=buffers)
    seen = set()
    with app.drawing():
        for _ in range(25):
            update(compositor)
            frame = screen(compositor.client).pixels
            left, right = 20 + border, 20 + border + 30
            seen.add((int(frame[16 + border, left]), int(frame[18 + border, right])))
    assert seen <= whole_frames(compositor.client.depth) | {(0, 0)}
    picture = ground(compositor.client.depth)
    paint(picture, 20, 15, 31, 22, frame=-1, border=border)
    paint(picture, 35, 25, 40, 40, background="grey")
    check(compositor, picture)
    settled(app, other)


@EACH_WAY
def test_applications_that_draw_at_once_do_not_mix(start, composite, buffers):
    """Several applications draw without pause, one of them covered: each window shows its own
    last frame (CMP-018, CMP-065)."""
    places = [(10, 10, 40, 30), (30, 20, 51, 41), (5, 25, 33, 60)]
    apps = [start(*place, border_width=n) for n, place in enumerate(places)]
    compositor = composite(buffers=buffers)
    with ExitStack() as stack:
        for app, manner in zip(apps, Manner, strict=True):
            stack.enter_context(app.drawing(manner))
        for _ in range(10):
            update(compositor)
    picture = ground(compositor.client.depth)
    for n, place in enumerate(places):
        paint(picture, *place, frame=-1, border=n)
    check(compositor, picture)
    settled(*apps)


def test_half_a_frame_is_shown_as_it_is(start, composite):
    """A compositor shows what is drawn, be it half a frame: each half is damage of its own
    (CMP-065)."""
    app = start(20, 15, 31, 22, border_width=2)
    compositor = composite()
    picture = ground(compositor.client.depth)
    paint(picture, 20, 15, 31, 22, border=2)
    check(compositor, picture)
    for number in range(3):
        left, right = halves(number)
        app.draw_left(number)
        settled(app)
        picture.area(22, 17, 15, 22).fill(left)
        check(compositor, picture)
        app.draw_right(number)
        settled(app)
        picture.area(37, 17, 16, 22).fill(right)
        check(compositor, picture)


@EACH_WAY
@BORDERS
def test_resize_in_the_middle_of_a_frame(start, composite, buffers, border):
    """A window resized between the halves of a frame loses the first half and shows the second,
    in a backing pixmap of the new size (CMP-029, CMP-032)."""
    app = start(20, 15, 31, 22, border_width=border)
    compositor = composite(buffers=buffers)
    for number, (width, height) in enumerate([(44, 22), (44, 37), (17, 11), (60, 50), (31, 22)]):
        app.draw_left(number)
        app.configure(width=width, height=height)
        app.draw_right(number)
        settled(app)
        picture = ground(compositor.client.depth)
        paint(picture, 20, 15, width, height, border=border)
        middle = width // 2
        inside = picture.area(20 + border + middle, 15 + border, width - middle, height)
        inside.fill(halves(number)[1])
        check(compositor, picture)


@EACH_WAY
@pytest.mark.parametrize("between", [0, 1, 3])
def test_bursts_of_resizes(start, composite, buffers, between):
    """After any number of resizes, also with updates in the middle of them, the screen shows
    the last size and what was drawn in it (CMP-029, CMP-030)."""
    app = start(20, 15, 31, 22)
    below = start(40, 30, 60, 50, background="grey")
    below.configure(stack_mode=StackMode.Below)
    settled(below)
    compositor = composite(buffers=buffers)
    for number in range(12):
        app.draw_left(number)
        app.configure(width=20 + 7 * number % 41, height=10 + 11 * number % 37)
        app.configure(x=10 + number, y=20 - number, border_width=number % 4)
        app.draw(number)
        if between and number % between == 0:
            update(compositor)
    settled(app)
    picture = ground(compositor.client.depth)
    paint(picture, 40, 30, 60, 50, background="grey")
    paint(picture, 21, 9, app.width, app.height, frame=11, border=3)
    check(compositor, picture)


@EACH_WAY
@pytest.mark.parametrize("left", ["mapped", "unmapped"])
def test_bursts_of_maps_and_unmaps(start, composite, buffers, left):
    """After bursts of UnmapWindow and MapWindow the screen shows the window in its newest
    backing pixmap, or what was below it (CMP-033)."""
    app = start(20, 15, 31, 22, border_width=2)
    below = start(10, 10, 30, 30, background="grey")
    below.configure(stack_mode=StackMode.Below)
    settled(below)
    compositor = composite(buffers=buffers)
    for times in (1, 2, 7):
        app.draw(times)
        app.blink(times)
        update(compositor)
        app.blink(times)
        if left == "unmapped":
            app.unmap()
        else:
            app.draw_left(times)
        settled(app)
        picture = ground(compositor.client.depth)
        paint(picture, 10, 10, 30, 30, background="grey")
        if left == "mapped":
            paint(picture, 20, 15, 31, 22, border=2)
            picture.area(22, 17, 15, 22).fill(halves(times)[0])
        check(compositor, picture)
        app.map()


def test_picture_drawn_before_the_unmap_is_not_shown_again(start, composite):
    """A window that is mapped again begins with its background: the picture of before is in
    the old backing pixmap alone (CMP-033)."""
    app = start(20, 15, 31, 22)
    app.draw(3)
    settled(app)
    compositor = composite()
    old = compositor.layers[app.window].pixmap
    picture = ground(compositor.client.depth)
    paint(picture, 20, 15, 31, 22, frame=3)
    check(compositor, picture)
    app.blink(1)
    settled(app)
    assert old.pixel() == old.value(halves(3)[0])
    paint(picture, 20, 15, 31, 22)
    check(compositor, picture)
    app.draw(4)
    settled(app)
    paint(picture, 20, 15, 31, 22, frame=4)
    check(compositor, picture)


@EACH_WAY
def test_bursts_of_restacking(start, composite, presenter, buffers):
    """However windows are raised, lowered and circulated, the screen shows them in the order
    in which the server has them (CMP-047)."""
    places = [(10, 10, 40, 30), (30, 20, 50, 40), (20, 35, 60, 30), (45, 5, 20, 70)]
    compositor = composite(buffers=buffers)
    apps = [start(*place, border_width=1) for place in places]
    for n, app in enumerate(apps):
        app.draw(n)
    settled(*apps)
    for step in range(9):
        mover, other = apps[step % 4], apps[(3 * step + 1) % 4]
        mode = (StackMode.Above, StackMode.Below, StackMode.Above)[step % 3]
        if step % 3 == 2:
            mover.configure(stack_mode=mode)
        elif mover is not other:
            mover.configure(sibling=other.window, stack_mode=mode)
        mover.configure(x=places[step % 4][0], y=places[step % 4][1])
        settled(mover)
        presenter.core.CirculateWindow(step % 2, presenter.root)
        presenter.sync()
        if step % 3:
            continue
        picture = ground(presenter.depth)
        order = presenter.core.QueryTree(presenter.root).reply().children
        by_id = {app.window: n for n, app in enumerate(apps)}
        for n in [by_id[window] for window in order if window in by_id]:
            paint(picture, *places[n], frame=n, border=1)
        check(compositor, picture)


@DEPTH_24
def test_windows_that_come_and_go_between_two_updates(start, composite, presenter):
    """Windows that were created and destroyed, or moved to another parent and back, before the
    compositor looks leave no trace, and ids come back with new windows (CMP-034, CMP-043)."""
    app = start(20, 15, 31, 22)
    app.draw(2)
    settled(app)
    compositor = composite()
    shelter = Window.create(presenter, 10, 10, x=-200)
    for n in range(6):
        passing = Window.create(presenter, 30, 30, x=5 * n, y=40)
        passing.map()
        if n % 2:
            passing.resize(20, 20)
            passing.fill("red")
        passing.destroy()
    stays = Window.create(presenter, 25, 20, x=60, y=50, background="green")
    stays.map()
    stays.reparent(shelter)
    stays.reparent(presenter.root, 70, 55)
    presenter.sync()
    again = Window(presenter, passing.id, 9, 9, 24)
    presenter.core.CreateWindow(24, again.id, presenter.root, 100, 60, 9, 9, 0, 1, 0, 2, [0xFF])
    again.map()
    presenter.sync()
    picture = ground(presenter.depth)
    paint(picture, 20, 15, 31, 22, frame=2)
    picture.area(70, 55, 25, 20).fill("green")
    picture.area(100, 60, 9, 9).fill("blue")
    check(compositor, picture)


@EACH_WAY
@pytest.mark.parametrize("death", ["at-rest", "half-a-frame", "half-a-request", "drawing"])
def test_death_of_an_application(start, composite, buffers, death):
    """An application that dies, be it in the middle of a frame, of a request or of drawing
    without pause, leaves the screen to what was below it (CMP-034, CMP-066)."""
    below = start(10, 10, 40, 30)
    below.draw(1)
    app = start(20, 15, 31, 22, border_width=2)
    settled(app, below)
    compositor = composite(buffers=buffers)
    name = compositor.layers[app.window].pixmap
    if death == "at-rest":
        app.draw(3)
        settled(app)
        app.die()
    elif death == "half-a-frame":
        app.draw_left(3)
        app.die()
    elif death == "half-a-request":
        app.draw(3)
        app.die_writing()
    else:
        with app.drawing():
            update(compositor)
            app.die()
    await_destruction(compositor, app)
    assert name.geometry.width == 31 + 4
    if death == "at-rest":
        assert name.pixel(2, 2) == name.value(halves(3)[0])
    below.draw(4)
    settled(below)
    picture = ground(compositor.client.depth)
    paint(picture, 10, 10, 40, 30, frame=4)
    check(compositor, picture)
    assert app.window not in compositor.layers


def test_deaths_whenever_they_come(start, composite):
    """Applications may die at any moment of an update, and no request of the compositor's is
    in vain for any other reason (CMP-034, CMP-066)."""
    survivor = start(10, 10, 60, 40)
    survivor.draw(5)
    settled(survivor)
    compositor = composite()
    for n in range(12):
        apps = [start(10 * k, 5 * k, 31, 22, border_width=k) for k in range(3)]
        for app in apps:
            app.draw(n)
            app.configure(width=20 + n)
            app.draw(n)
        if n % 3 == 1:
            settled(*apps)
        for k, app in enumerate(apps):
            app.die()
            if k == n % 3:
                update(compositor)
        for app in apps:
            await_destruction(compositor, app)
    picture = ground(compositor.client.depth)
    paint(picture, 10, 10, 60, 40, frame=5)
    check(compositor, picture)
    assert list(compositor.layers) == [survivor.window]


def desktop(start, *places):
    """A grey window behind some applications, whose windows are as they were painted."""
    behind = start(0, 0, SCREEN.width, SCREEN.height, background="grey")
    apps = [start(*place, border_width=2, background="blue") for place in places]
    settled(behind, *apps)
    picture = ground(behind.wire.root_depth, "grey")
    for place in places:
        paint(picture, *place, border=2, background="blue")
    return [behind, *apps], picture


@EACH_WAY
@pytest.mark.parametrize("end", ["stop", "death"])
def test_screen_is_handed_back(start, composite, presenter, buffers, end):
    """When a compositor stops or dies, the server shows every window itself again: the screen
    is as if it had never been (CMP-015, CMP-035, CMP-060)."""
    places = [(10, 12, 40, 30), (30, 24, 51, 41)]
    apps, _ = desktop(start, *places)
    compositor = composite(buffers=buffers)
    apps[1].configure(x=14, y=20)
    apps[2].configure(stack_mode=StackMode.Below, sibling=apps[1].window)
    settled(*apps)
    restacked = ground(presenter.depth, "grey")
    for place in ((30, 24, 51, 41), (14, 20, 40, 30)):
        paint(restacked, *place, border=2, background="blue")
    check(compositor, restacked)
    if end == "stop":
        compositor.stop()
    compositor.client.close()
    await_picture(restacked, lambda: screen(presenter))
    for n, app in enumerate(apps[1:]):
        app.draw(n)
    settled(*apps)
    paint(restacked, 30, 24, 51, 41, frame=1, border=2)
    paint(restacked, 14, 20, 40, 30, frame=0, border=2)
    restacked.check(screen(presenter))


def test_stopped_compositor_leaves_the_drawn_pictures(start, composite, presenter):
    """The pictures that applications drew in their backing pixmaps are on the screen when the
    redirection ends, not only their backgrounds (CMP-035)."""
    apps, picture = desktop(start, (10, 12, 40, 30), (30, 24, 51, 41))
    compositor = composite()
    for n, app in enumerate(apps[1:]):
        app.draw(n)
    settled(*apps)
    compositor.stop()
    paint(picture, 10, 12, 40, 30, frame=0, border=2)
    paint(picture, 30, 24, 51, 41, frame=1, border=2)
    await_picture(picture, lambda: screen(presenter))


@EACH_WAY
@pytest.mark.parametrize("end", ["stop", "death"])
def test_next_compositor_takes_over(start, composite, presenter, buffers, end):
    """After a compositor stopped or died another one redirects the same windows, which may
    have drawn meanwhile (CMP-015, CMP-044, CMP-058, CMP-060)."""
    places = [(10, 12, 40, 30), (30, 24, 51, 41)]
    apps, picture = desktop(start, *places)
    for generation in range(3):
        compositor = composite(f"compositor-{generation}", buffers=buffers)
        for n, app in enumerate(apps[1:]):
            app.draw(n + generation)
        settled(*apps)
        for n, place in enumerate(places):
            paint(picture, *place, frame=n + generation, border=2)
        check(compositor, picture)
        if end == "stop":
            compositor.stop()
        else:
            compositor.client.close()
            await_vacancy(presenter)


def await_vacancy(client):
    """Until nobody composites the screen: a closed connection is noticed a moment later."""
    atom = client.atom(SELECTION)
    deadline = Deadline.after(REPLY_SECONDS)
    while client.core.GetSelectionOwner(atom).reply().owner:
        assert not deadline.passed, "the selection outlives its owner"


def test_second_compositor_is_refused(start, composite, presenter):
    """There is one compositor to a screen: the second one finds the selection owned, and the
    first goes on (CMP-044)."""
    app = start(20, 15, 31, 22)
    compositor = composite()
    with pytest.raises(AlreadyComposited):
        composite("second")
    app.draw(2)
    settled(app)
    picture = ground(presenter.depth)
    paint(picture, 20, 15, 31, 22, frame=2)
    check(compositor, picture)


@pytest.mark.parametrize("request_name", ["RedirectSubwindows", "RedirectWindow"])
def test_second_manual_redirection_is_refused(start, composite, presenter, request_name):
    """Who tries to redirect manually what a compositor does already gets Access, and nothing
    changes; automatic redirection may come along and go (CMP-039, CMP-010, CMP-011)."""
    app = start(20, 15, 31, 22)
    compositor = composite()
    target = presenter.root if request_name == "RedirectSubwindows" else app.window
    composite_requests = presenter.extension(xcffib.composite)
    with presenter.expect_error("Access"):
        getattr(composite_requests, request_name)(target, Redirect.Manual)
    picture = ground(presenter.depth)
    paint(picture, 20, 15, 31, 22, frame=2)
    app.draw(2)
    settled(app)
    check(compositor, picture)
    getattr(composite_requests, request_name)(target, Redirect.Automatic)
    presenter.sync()
    app.draw(3)
    settled(app)
    paint(picture, 20, 15, 31, 22, frame=3)
    check(compositor, picture)
    getattr(composite_requests, f"Un{request_name[0].lower()}{request_name[1:]}")(
        target, Redirect.Automatic
    )
    presenter.sync()
    app.draw(4)
    settled(app)
    paint(picture, 20, 15, 31, 22, frame=4)
    check(compositor, picture)


@EACH_WAY
def test_compositors_at_two_levels(start, composite, presenter, buffers):
    """The children of a window inside of a composited screen have a compositor of their own:
    what they draw is on the screen when both have painted, not before (CMP-038, CMP-018)."""
    frame = presenter.window(80, 60, x=20, y=15, border_width=2, events=0, background="red")
    presenter.sync()
    child = start(5, 6, 31, 22, parent=frame.id, border_width=1)
    outside = start(85, 50, 40, 40)
    outer = composite("outer", buffers=buffers)
    inner = composite("inner", frame, buffers=buffers)
    picture = ground(presenter.depth)
    paint(picture, 20, 15, 80, 60, border=2, background=GROUND)
    inside = picture.area(22, 17, 80, 60)

    def stack(number):
        paint(inside.fill(GROUND), 5, 6, 31, 22, frame=number, border=1)
        paint(picture, 85, 50, 40, 40, frame=number)

    for number in range(3):
        child.draw(number)
        outside.draw(number)
        settled(child, outside)
        if number:
            # The outer compositor learns nothing of the child before the inner one painted.
            paint(picture, 85, 50, 40, 40, frame=number)
            update(outer)
            picture.check(screen(presenter))
        stack(number)
        update(inner)
        check(outer, picture)
    child.configure(x=30, width=44)
    child.draw(4)
    frame.move(10, 25)
    presenter.sync()
    outside.draw(4)
    settled(child, outside)
    picture = ground(presenter.depth)
    paint(picture, 10, 25, 80, 60, border=2, background=GROUND)
    paint(picture.area(12, 27, 80, 60), 30, 6, 44, 22, frame=4, border=1)
    paint(picture, 85, 50, 40, 40, frame=4)
    update(inner)
    check(outer, picture)
    inner.stop()
    paint(picture, 10, 25, 80, 60, border=2, background="red")
    paint(picture.area(12, 27, 80, 60), 30, 6, 44, 22, frame=4, border=1)
    paint(picture, 85, 50, 40, 40, frame=4)
    check(outer, picture)
    child.draw(5)
    settled(child)
    paint(picture.area(12, 27, 80, 60), 30, 6, 44, 22, frame=5, border=1)
    paint(picture, 85, 50, 40, 40, frame=4)
    check(outer, picture)


@MEDIUM
@pytest.mark.needs("RANDR", servers="xvfb", reason="only Xvfb sets any screen size")
@EACH_WAY
def test_screen_of_another_size(start, composite, presenter, buffers):
    """A compositor follows the size of the screen, to a smaller and to a larger one
    (CMP-061)."""
    randr = presenter.extension(xcffib.randr)
    for crtc in randr.GetScreenResources(presenter.root).reply().crtcs:
        randr.SetCrtcConfig(crtc, 0, 0, 0, 0, 0, 1, 0, []).reply()
    app = start(20, 15, 31, 22)
    compositor = composite(buffers=buffers)
    for number, (width, height) in enumerate([(201, 150), (320, 233), (640, 480), (170, 130)]):
        randr.SetScreenSize(presenter.root, width, height, 50, 40)
        presenter.sync()
        app.configure(x=20 + number)
        app.draw(number)
        settled(app)
        update(compositor)
        picture = Canvas(width, height, presenter.depth, GROUND)
        paint(picture, 20 + number, 15, 31, 22, frame=number)
        picture.check(capture_root(presenter))
