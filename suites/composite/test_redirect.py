# SPDX-License-Identifier: MIT
"""RedirectWindow and UnredirectWindow: who may, what each mode shows, and how it ends."""

import pytest
import xcffib.shm
from xcffib.composite import Redirect
from xcffib.xproto import CW, EventMask, ImageFormat, StackMode, SubwindowMode

from harness.capture.arrival import await_on_screen, await_picture
from harness.capture.get_image import capture, photograph
from harness.capture.shared_pixmap import SharedMemory
from harness.clients.present.specimens import WINDOWS, specimens
from harness.clients.resources.damage import Damage, DamageNotify
from harness.clients.resources.drawable import create_gc
from harness.clients.resources.window import WindowClass, is_redirected
from harness.models.stage import Stage
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from harness.pixels.rectangle import Rectangle
from suites.marks import BORDERS

pytestmark = [
    pytest.mark.xserver(any_depth=True),
    pytest.mark.needs("Composite", uncomposited=True),
]

X, Y = 30, 20
"""Where stages stand on the screen."""

AUTOMATIC, MANUAL = Redirect.Automatic, Redirect.Manual
MODES = pytest.mark.parametrize("mode", [AUTOMATIC, MANUAL], ids=["automatic", "manual"])
CHART = chart_pixels(48, 40)


def area_of(stage):
    picture = stage.picture.frame
    return Rectangle(X, Y, picture.width, picture.height)


def on_screen(stage):
    """The screen becomes the stage's picture."""
    return await_on_screen(stage.parent.client, stage.picture, X, Y)


def on_screen_by_itself(stage):
    """The screen becomes the stage's picture without anybody reading it."""
    client = stage.parent.client
    await_picture(stage.picture, lambda: photograph(client, area_of(stage)))


def off_screen(stage):
    """The stage's picture as if its window were not there: it is manually redirected."""
    stage.picture.fill("grey")
    return on_screen(stage)


def charted_stage(presenter, **attributes):
    """A stage whose window, which shows the chart, is redirected by nobody yet."""
    stage = Stage.open(presenter, **attributes)
    stage.window.put(CHART)
    stage.inside.paste(CHART)
    return stage


def as_seen_by(client, window):
    return client.borrow_window(window, events=0)


@pytest.mark.parametrize("mode", [AUTOMATIC, MANUAL, 2, 255])
def test_the_root_is_not_redirected(presenter, mode):
    """The root has no parent to be drawn on: Match in every mode, and it goes on as before
    (CMP-007)."""
    root = presenter.root_window(events=0)
    with presenter.expect_error("Match") as caught:
        root.redirect(mode)
    assert caught.error.minor == 1
    with presenter.expect_error("Value"):
        root.unredirect(mode)
    assert not is_redirected(root)


@pytest.mark.needs("Present", "SYNC", "XFIXES", "RANDR")
@pytest.mark.parametrize(
    ("request_name", "minor"),
    [
        ("redirect", 1),
        ("redirect_subwindows", 2),
        ("unredirect", 3),
        ("unredirect_subwindows", 4),
        ("border_clip", 5),
    ],
)
@MODES
def test_what_is_no_window_is_not_redirected(presenter, request_name, minor, mode):
    """Anything but a window gives Window with that id, before the mode is looked at
    (CMP-008)."""
    for name, wrong in specimens(presenter, but=WINDOWS).items():
        window = presenter.root_window(events=0)
        window.id = wrong
        arguments = () if request_name == "border_clip" else (mode,)
        with presenter.expect_error("Window", wrong) as caught:
            getattr(window, request_name)(*arguments)
        assert (name, caught.error.minor) == (name, minor)


@pytest.mark.parametrize("redirected", [False, True], ids=["plain", "redirected"])
def test_the_window_of_others_is_told_to_be_bad_once_destroyed(presenter, connect, redirected):
    """A window that is gone gives Window with its id, to its redirector too (CMP-008)."""
    manager = connect("manager")
    window = presenter.window(20, 20, events=0)
    seen = as_seen_by(manager, window)
    if redirected:
        seen.redirect()
        manager.sync()
    window.destroy()
    presenter.sync()
    for request in (seen.redirect, seen.unredirect):
        with manager.expect_error("Window", window.id):
            request()


@pytest.mark.parametrize("other", [False, True], ids=["same-client", "other-client"])
@pytest.mark.parametrize("mapped", [False, True], ids=["unmapped", "mapped"])
def test_a_window_is_manually_redirected_once(presenter, connect, other, mapped):
    """A second Manual gives Access, whoever asks, and leaves the first as it was; after the
    first ended it is granted (CMP-010)."""
    window = presenter.window(20, 20, events=0, mapped=mapped)
    window.redirect()
    presenter.sync()
    second = as_seen_by(connect("second"), window) if other else window
    for _ in range(2):
        with second.client.expect_error("Access") as caught:
            second.redirect()
        assert caught.error.minor == 1
    with second.client.catch_errors() as errors:
        if other:
            second.unredirect()
    assert [error.name for error in errors] == ["Value"] * other
    window.unredirect()
    presenter.sync()
    second.redirect()
    second.client.sync()
    second.unredirect()
    with presenter.expect_error("Value"):
        window.unredirect()


@pytest.mark.parametrize("first", [AUTOMATIC, MANUAL], ids=["automatic-first", "manual-first"])
@pytest.mark.parametrize("other", [False, True], ids=["same-client", "other-client"])
def test_manual_is_granted_once_beside_automatic(presenter, connect, first, other):
    """Manual and Automatic stand side by side in either order; a second Manual still gives
    Access, a further Automatic does not (CMP-010, CMP-011, CMP-012)."""
    window = presenter.window(20, 20, events=0)
    presenter.sync()
    second = as_seen_by(connect("second"), window) if other else window
    window.redirect(first)
    presenter.sync()
    second.redirect(MANUAL if first is AUTOMATIC else AUTOMATIC)
    second.client.sync()
    for who in (window, second):
        with who.client.expect_error("Access"):
            who.redirect(MANUAL)
        who.redirect(AUTOMATIC)
        who.client.sync()
    assert is_redirected(window)


@pytest.mark.parametrize("count", [1, 2, 5])
@MODES
def test_each_automatic_redirection_ends_for_itself(presenter, connect, count, mode):
    """Automatic is stacked any number of times by any client; the window is redirected until
    each has been taken back by its own client (CMP-012, CMP-013)."""
    other = connect("other")
    window = presenter.window(20, 20, events=0)
    theirs = as_seen_by(other, window)
    theirs.redirect(mode)
    other.sync()
    for _ in range(count):
        window.redirect(AUTOMATIC)
    for _ in range(count):
        window.unredirect(AUTOMATIC)
        presenter.sync()
        assert is_redirected(window)
    with presenter.expect_error("Value") as caught:
        window.unredirect(AUTOMATIC)
    assert caught.error.minor == 3
    assert is_redirected(window)
    theirs.unredirect(mode)
    other.sync()
    assert not is_redirected(window)
    with other.expect_error("Value"):
        theirs.unredirect(mode)


@pytest.mark.parametrize(
    ("begun", "ended"),
    [(AUTOMATIC, MANUAL), (MANUAL, AUTOMATIC), (AUTOMATIC, 2), (2, AUTOMATIC), (MANUAL, 3)],
    ids=lambda value: str(int(value)),
)
def test_a_redirection_ends_in_the_mode_it_began_with(presenter, connect, begun, ended):
    """Another mode, another client, and no redirection at all give Value, and the window stays
    redirected as it was (CMP-013)."""
    other = connect("other")
    window = presenter.window(20, 20, events=0)
    theirs = as_seen_by(other, window)
    for mode in (begun, ended):
        with presenter.expect_error("Value"):
            window.unredirect(mode)
    window.redirect(begun)
    with presenter.expect_error("Value") as caught:
        window.unredirect(ended)
    assert caught.error.minor == 3
    for mode in (begun, ended):
        with other.expect_error("Value"):
            theirs.unredirect(mode)
    assert is_redirected(window)
    window.unredirect(begun)
    assert not is_redirected(window)
    with presenter.expect_error("Value"):
        window.unredirect(begun)


def test_one_clients_two_modes_end_one_by_one(presenter):
    """A client may redirect in both modes and ends each by its name, in any order (CMP-011,
    CMP-013)."""
    for order in ((MANUAL, AUTOMATIC), (AUTOMATIC, MANUAL)):
        window = presenter.window(20, 20, events=0)
        window.redirect(AUTOMATIC)
        window.redirect(MANUAL)
        window.unredirect(order[0])
        assert is_redirected(window)
        with presenter.expect_error("Value"):
            window.unredirect(order[0])
        window.unredirect(order[1])
        assert not is_redirected(window)


@pytest.mark.parametrize("update", [2, 3, 128, 255])
def test_an_unknown_update_acts_like_automatic(presenter, update):
    """Any other number is accepted, although the text has only two: the window is shown on the
    screen as if Automatic, and the redirection ends by that very number (CMP-009)."""
    stage = charted_stage(presenter, border_width=2)
    stage.window.redirect(update)
    assert is_redirected(stage.window)
    on_screen(stage)
    stage.window.fill("red", 5, 6, 20, 10)
    stage.inside.area(5, 6, 20, 10).fill("red")
    on_screen(stage)
    for wrong in {0, 1, update ^ 0x80, update - 1}:
        with presenter.expect_error("Value"):
            stage.window.unredirect(wrong)
    assert is_redirected(stage.window)
    stage.window.unredirect(update)
    assert not is_redirected(stage.window)
    on_screen(stage)


def test_an_unknown_update_is_stacked_beside_manual(presenter, connect):
    """It is as little exclusive as Automatic, and Manual wins over it (CMP-009, CMP-011)."""
    stage = charted_stage(presenter)
    theirs = as_seen_by(connect("other"), stage.window)
    for _ in range(2):
        stage.window.redirect(77)
    presenter.sync()
    theirs.redirect(MANUAL)
    theirs.client.sync()
    off_screen(stage)
    theirs.unredirect(MANUAL)
    theirs.client.sync()
    stage.inside.paste(CHART)
    on_screen(stage)
    for _ in range(2):
        assert is_redirected(stage.window)
        stage.window.unredirect(77)
    assert not is_redirected(stage.window)


@MODES
@BORDERS
def test_redirecting_keeps_what_the_window_shows(presenter, mode, border):
    """The pixels of a mapped window move to its backing pixmap and back: neither redirecting
    nor its end changes them (CMP-020, CMP-035)."""
    stage = charted_stage(presenter, border_width=border)
    own = Canvas(48, 40, presenter.depth).paste(CHART)
    stage.window.redirect(mode)
    own.check(capture(stage.window))
    with_border = Canvas(48 + 2 * border, 40 + 2 * border, presenter.depth, "white")
    with_border.area(border, border, 48, 40).paste(CHART)
    backing = stage.window.name_pixmap()
    with_border.check(capture(backing))
    stage.window.unredirect(mode)
    own.check(capture(stage.window))
    on_screen(stage)
    with_border.check(capture(backing))


@BORDERS
def test_manual_takes_the_window_off_the_screen(presenter, border):
    """A window that is redirected while it can be seen leaves its parent's background behind,
    border included, and comes back when that ends, with what was drawn meanwhile (CMP-018)."""
    stage = charted_stage(presenter, border_width=border)
    on_screen(stage)
    stage.window.redirect()
    off_screen(stage)
    stage.window.fill("red", 3, 4, 30, 9)
    off_screen(stage)
    own = Canvas(48, 40, presenter.depth).paste(CHART)
    own.area(3, 4, 30, 9).fill("red")
    own.check(capture(stage.window))
    stage.window.unredirect()
    around = stage.picture.area(16, 12, 48 + 2 * border, 40 + 2 * border).fill("white")
    around.area(border, border, 48, 40).paste(own.frame.pixels)
    on_screen(stage)


def draw_everything(presenter, window, own):
    """Draw into ``window`` in each of the usual ways, and into its expected picture ``own``."""
    window.put(CHART)
    own.paste(CHART)
    window.fill("red", -5, 30, 25, 20)
    own.area(0, 30, 20, 10).fill("red")
    pixmap = presenter.pixmap(17, 9, colour="yellow")
    gc = presenter.new_id()
    presenter.core.CreateGC(gc, window.id, 0, [])
    presenter.core.CopyArea(pixmap.id, window.id, gc, 2, 1, 11, 3, 12, 7)
    own.area(11, 3, 12, 7).fill("yellow")
    presenter.core.CopyArea(window.id, window.id, gc, 10, 0, 40, 2, 14, 12)
    own.paste(own.frame.pixels[0:12, 10 : 10 + 8].copy(), 40, 2)
    presenter.core.ClearArea(0, window.id, 24, 20, 9, 8)
    own.area(24, 20, 9, 8).fill("blue")
    child = presenter.window(8, 6, x=34, y=28, parent=window, events=0, background="green")
    own.area(34, 28, 8, 6).fill("green")
    child.fill("orange", 2, 2, 3, 3)
    own.area(36, 30, 3, 3).fill("orange")
    presenter.core.FreeGC(gc)


@BORDERS
def test_nothing_drawn_under_manual_reaches_the_screen(presenter, border, golden):
    """Filling, copying, clearing and mapping children all stay in the backing pixmap
    (CMP-018)."""
    stage = Stage.open(presenter, mapped=False, border_width=border)
    stage.window.redirect()
    stage.window.map()
    own = Canvas(48, 40, presenter.depth, "blue")
    draw_everything(presenter, stage.window, own)
    shown = capture(stage.window)
    own.check(shown)
    if not border:
        golden.check(shown, "drawn")
    off_screen(stage)


@BORDERS
@pytest.mark.parametrize("mapped", [False, True], ids=["before-map", "after-map"])
def test_everything_drawn_under_automatic_reaches_the_screen(presenter, border, mapped):
    """Filling, copying, clearing and mapping children all come to the screen, each at its
    place, and the border does (CMP-019)."""
    stage = Stage.open(presenter, mapped=mapped, border_width=border)
    stage.window.redirect(AUTOMATIC)
    stage.window.map()
    on_screen(stage)
    own = Canvas(48, 40, presenter.depth, "blue")
    draw_everything(presenter, stage.window, own)
    stage.inside.paste(own.frame.pixels)
    on_screen_by_itself(stage)
    on_screen(stage)
    own.check(capture(stage.window))


@pytest.mark.needs("DAMAGE")
def test_automatic_is_brought_to_the_screen_by_itself(presenter):
    """The server paints the window on its parent when it is next idle, not when somebody looks:
    whoever watches the parent learns of it, where it was drawn (CMP-019)."""
    stage = Stage.open(presenter, border_width=3)
    stage.window.redirect(AUTOMATIC)
    on_screen(stage)
    damage = Damage.create(stage.parent)
    damage.forget()
    before = len(presenter.events)
    stage.window.fill("red", 7, 5, 10, 8)
    drawn, window = Rectangle(26, 20, 10, 8), Rectangle(16, 12, 54, 46)

    def told(event):
        return event.name == "DAMAGE:Notify" and Rectangle(
            *DamageNotify.decode(event.data).area
        ).contains(drawn)

    presenter.wait_for(told, "the damage of the parent", since=before)
    # A border that the server repaints late may be part of it.
    assert all(window.contains(Rectangle(*notice.area)) for notice in damage.notices())


def test_each_drawing_under_automatic_reaches_the_screen(presenter):
    """The window is painted again and again, each time by what is new (CMP-019)."""
    stage = Stage.open(presenter)
    stage.window.redirect(AUTOMATIC)
    for n, colour in enumerate(("red", "green", "yellow", "red", "magenta")):
        stage.window.fill(colour, 7 * n, 5 * n, 12, 9)
        stage.inside.area(7 * n, 5 * n, 12, 9).fill(colour)
        on_screen_by_itself(stage)


def test_automatic_is_cut_at_siblings_and_parents(presenter, golden):
    """What reaches the screen is what could be seen of the window: not what lies under a
    sibling or beyond the edges of its parent; the window itself has it all (CMP-019,
    CMP-020)."""
    parent = presenter.window(80, 64, x=X, y=Y, events=0, background="grey")
    window = presenter.window(48, 40, x=-7, y=30, parent=parent, events=0, border_width=2)
    sibling = presenter.window(30, 20, x=20, y=40, parent=parent, events=0, background="red")
    window.redirect(AUTOMATIC)
    window.put(CHART)
    picture = Canvas(80, 64, presenter.depth, "grey")
    picture.area(-7, 30, 52, 44).fill("white").area(2, 2, 48, 40).paste(CHART)
    picture.area(20, 40, 30, 20).fill("red")
    await_picture(picture, lambda: photograph(presenter, Rectangle(X, Y, 80, 64)))
    golden.check(await_on_screen(presenter, picture, X, Y), "cut")
    Canvas(48, 40, presenter.depth).paste(CHART).check(capture(window))
    Canvas(30, 20, presenter.depth, "red").check(capture(sibling))
    sibling.unmap()
    picture.area(-5, 32, 48, 40).within((25, 8, 23, 20)).paste(CHART)
    picture.area(43, 30, 2, 34).fill("white")
    picture.area(45, 40, 5, 20).fill("grey")
    await_on_screen(presenter, picture, X, Y)


@pytest.mark.parametrize(
    "of_parent", [None, AUTOMATIC, MANUAL], ids=["plain", "automatic", "manual"]
)
def test_automatic_is_painted_inside_of_its_parents_border(presenter, of_parent):
    """Whether that is drawn apart or not, and wherever the window goes in it (CMP-201)."""
    parent = presenter.window(
        60, 44, x=X, y=Y, events=0, background="grey", border_width=5, border="yellow"
    )
    window = presenter.window(20, 14, x=3, y=4, parent=parent, events=0, border_width=2)
    if of_parent is not None:
        parent.redirect(of_parent)
    window.redirect(AUTOMATIC)

    def at(x, y, width, height):
        window.put(chart_pixels(width, height, 24))
        picture = Canvas(70, 54, presenter.depth, "yellow")
        inside = picture.area(5, 5, 60, 44).fill("grey")
        around = inside.area(x, y, width + 4, height + 4).fill("white")
        around.area(2, 2, width, height).paste(chart_pixels(width, height, 24))
        if of_parent != MANUAL:
            await_on_screen(presenter, picture, X, Y)
        if of_parent is not None:
            pixmap = parent.name_pixmap()
            await_picture(picture, lambda: capture(pixmap))

    at(3, 4, 20, 14)
    window.move(11, 17)
    at(11, 17, 20, 14)
    window.resize(30, 9)
    at(11, 17, 30, 9)
    window.move(-9, -6)
    at(-9, -6, 30, 9)


def test_windows_apart_keep_their_order_on_the_screen(presenter, golden):
    """Automatically redirected siblings cover each other on the screen as they are stacked,
    and follow when that changes; each keeps its own pixels (CMP-019, CMP-020)."""
    parent = presenter.window(80, 64, x=X, y=Y, events=0, background="grey")
    windows = [
        presenter.window(40, 30, x=5 + 12 * n, y=4 + 9 * n, parent=parent, events=0)
        for n in range(3)
    ]
    for window in windows:
        window.redirect(AUTOMATIC)
    for seed, window in enumerate(windows):
        window.put(chart_pixels(40, 30, seed=seed))

    def stacked(*order):
        picture = Canvas(80, 64, presenter.depth, "grey")
        for n in order:
            picture.area(5 + 12 * n, 4 + 9 * n, 40, 30).paste(chart_pixels(40, 30, seed=n))
        return await_on_screen(presenter, picture, X, Y)

    golden.check(stacked(0, 1, 2), "stacked")
    windows[0].configure(stack_mode=StackMode.Above)
    stacked(1, 2, 0)
    windows[2].configure(stack_mode=StackMode.Below)
    stacked(2, 1, 0)
    windows[1].unmap()
    stacked(2, 0)
    windows[0].move(-100, 0)
    stacked(2)
    for seed in (0, 2):
        Canvas(40, 30, presenter.depth).paste(chart_pixels(40, 30, seed=seed)).check(
            capture(windows[seed])
        )


def test_automatic_window_moves_and_grows_on_the_screen(presenter):
    """The screen follows the window's place and size, and the place it left shows its parent
    again (CMP-019)."""
    parent = presenter.window(80, 64, x=X, y=Y, events=0, background="grey")
    window = presenter.window(20, 14, x=3, y=4, parent=parent, events=0, background="red")
    window.redirect(AUTOMATIC)

    def at(x, y, width, height):
        picture = Canvas(80, 64, presenter.depth, "grey")
        picture.area(x, y, width, height).fill("red")
        await_picture(picture, lambda: photograph(presenter, Rectangle(X, Y, 80, 64)))
        await_on_screen(presenter, picture, X, Y)

    at(3, 4, 20, 14)
    window.move(30, 25)
    at(30, 25, 20, 14)
    window.move(33, 20)
    at(33, 20, 20, 14)
    window.resize(40, 30)
    at(33, 20, 40, 30)
    window.configure(x=1, y=2, width=9, height=50)
    at(1, 2, 9, 50)
    window.unmap()
    at(0, 0, 0, 0)
    window.map()
    at(1, 2, 9, 50)


@MODES
@pytest.mark.parametrize("place", ["off-screen", "covered", "beyond-parent"])
def test_all_of_a_redirected_window_can_be_read(presenter, mode, place):
    """GetImage gives the whole window, border included, though the screen has no room for it
    (CMP-020)."""
    parent = presenter.window(60, 50, x=-11 if place == "off-screen" else 40, y=-7, events=0)
    window = presenter.window(48, 40, x=4, y=3, parent=parent, events=0, border_width=2)
    window.redirect(mode)
    if place == "off-screen":
        parent.move(-500, 900)
    elif place == "covered":
        presenter.window(200, 200, events=0, background="red")
    else:
        window.move(-30, 35)
    window.put(CHART)
    Canvas(48, 40, presenter.depth).paste(CHART).check(capture(window))
    whole = Canvas(52, 44, presenter.depth, "white")
    whole.area(2, 2, 48, 40).paste(CHART)
    await_picture(whole, lambda: capture(window, Rectangle(-2, -2, 52, 44)))


def test_an_off_screen_window_that_is_not_redirected_cannot_be_read(presenter):
    """Without a backing pixmap GetImage gives Match: what is off the screen does not exist; it
    does as soon as the window or one around it is redirected (CMP-020)."""
    parent = presenter.window(60, 50, x=-40, y=10, events=0, background="grey")
    window = presenter.window(20, 20, parent=parent, events=0)
    with presenter.expect_error("Match"):
        presenter.core.GetImage(2, window.id, 0, 0, 20, 20, 0xFFFFFFFF).reply()
    parent.redirect()
    window.fill("red")
    Canvas(20, 20, presenter.depth, "red").check(capture(window))


@pytest.mark.needs("MIT-SHM")
@pytest.mark.known_bug(
    reference="ProcShmGetImage wants a window to be on the screen, also where it has a pixmap",
    evidence=("failed: ProtocolError presenter got a Match error for MIT-SHM:GetImage",),
)
@MODES
def test_shared_memory_gets_a_redirected_window_beyond_the_edge(presenter, mode):
    """MIT-SHM's GetImage gives what GetImage gives: the whole window (CMP-020)."""
    memory = SharedMemory.attach(presenter, 4 * 48 * 40)
    if memory is None:
        pytest.skip("needs pixmaps in shared memory, which the server has not")
    window = presenter.window(48, 40, x=-11, y=-7, events=0)
    window.redirect(mode)
    window.put(CHART)
    place = (window.id, 0, 0, 48, 40)
    shared = (0xFFFFFFFF, ImageFormat.ZPixmap, memory.id, 0)
    presenter.reply(presenter.extension(xcffib.shm).GetImage(*place, *shared))
    expected = bytes(presenter.get_image(*place).data)
    assert memory.read(0, len(expected)) == expected


@MODES
def test_what_was_hidden_appears_in_the_backing_pixmap(presenter, mode):
    """A covered part has no pixels to keep: it is painted with the background, and the owner is
    asked to draw it (CMP-020)."""
    parent = presenter.window(80, 64, x=X, y=Y, events=0, background="grey")
    exposure = {CW.EventMask: EventMask.Exposure}
    window = presenter.window(
        48, 40, parent=parent, events=0, background="blue", attributes=exposure
    )
    presenter.window(30, 60, x=20, parent=parent, events=0, background="red")
    window.put(CHART)
    presenter.sync()
    seen = len([event for event in presenter.events if event.name == "Expose"])
    window.redirect(mode)
    own = Canvas(48, 40, presenter.depth, "blue")
    own.within((0, 0, 20, 40)).paste(CHART)
    own.check(capture(window))
    presenter.sync()
    exposed = [event for event in presenter.events if event.name == "Expose"][seen:]
    assert len(exposed) == 1


@pytest.mark.parametrize("first", [AUTOMATIC, MANUAL], ids=["automatic-first", "manual-first"])
@pytest.mark.parametrize("other", [False, True], ids=["same-client", "other-client"])
def test_manual_wins_while_it_lasts(presenter, connect, first, other):
    """Manual and Automatic together keep the window off the screen; with Manual gone it is
    painted to its parent again, with what was drawn meanwhile, and stays redirected (CMP-011,
    CMP-014)."""
    stage = charted_stage(presenter, border_width=2)
    presenter.sync()
    second = as_seen_by(connect("second"), stage.window) if other else stage.window
    stage.window.redirect(first)
    presenter.sync()
    second.redirect(MANUAL if first is AUTOMATIC else AUTOMATIC)
    second.client.sync()
    manual = stage.window if first is MANUAL else second
    off_screen(stage)
    stage.window.fill("red", 9, 9, 9, 9)
    off_screen(stage)
    manual.unredirect(MANUAL)
    manual.client.sync()
    stage.picture.area(16, 12, 52, 44).fill("white")
    stage.inside.paste(CHART).area(9, 9, 9, 9).fill("red")
    on_screen_by_itself(stage)
    on_screen(stage)
    assert is_redirected(stage.window)
    stage.window.fill("green", 1, 2, 3, 4)
    stage.inside.area(1, 2, 3, 4).fill("green")
    on_screen(stage)


def test_automatic_ends_unseen_under_manual(presenter, connect):
    """Taking Automatic back under another client's Manual changes nothing (CMP-011)."""
    stage = charted_stage(presenter)
    theirs = as_seen_by(connect("second"), stage.window)
    stage.window.redirect(AUTOMATIC)
    presenter.sync()
    theirs.redirect(MANUAL)
    theirs.client.sync()
    stage.window.unredirect(AUTOMATIC)
    off_screen(stage)
    assert is_redirected(stage.window)
    theirs.unredirect(MANUAL)
    theirs.client.sync()
    assert not is_redirected(stage.window)
    stage.inside.paste(CHART)
    on_screen(stage)


@pytest.mark.parametrize("kept", [AUTOMATIC, None], ids=["automatic-stays", "nothing-stays"])
@BORDERS
def test_a_redirection_ends_with_its_client(presenter, connect, kept, border):
    """When the compositor dies the window is back on the screen with all that was drawn, and
    another may redirect it (CMP-014, CMP-015)."""
    stage = charted_stage(presenter, border_width=border)
    manager, heir = connect("manager"), connect("heir")
    theirs = as_seen_by(manager, stage.window)
    theirs.redirect(MANUAL)
    manager.sync()
    if kept is not None:
        stage.window.redirect(kept)
    stage.window.fill("red", 30, 20, 10, 10)
    off_screen(stage)
    inherited = as_seen_by(heir, stage.window)
    with heir.expect_error("Access"):
        inherited.redirect(MANUAL)
    manager.close()
    around = stage.picture.area(16, 12, 48 + 2 * border, 40 + 2 * border).fill("white")
    around.area(border, border, 48, 40).paste(CHART).area(30, 20, 10, 10).fill("red")
    on_screen(stage)
    assert is_redirected(stage.window) == (kept is not None)
    inherited.redirect(MANUAL)
    heir.sync()
    off_screen(stage)


def test_the_death_of_one_client_ends_its_redirections_alone(presenter, connect):
    """Of several clients' Automatic redirections those of the dead one end, stacked or not
    (CMP-015, CMP-012)."""
    window = presenter.window(20, 20, events=0)
    dying = connect("dying")
    theirs = as_seen_by(dying, window)
    for _ in range(3):
        theirs.redirect(AUTOMATIC)
    theirs.redirect(MANUAL)
    dying.sync()
    window.redirect(AUTOMATIC)
    presenter.sync()
    dying.close()
    heir = as_seen_by(connect("heir"), window)
    heir.client.sync()
    assert is_redirected(window)
    window.unredirect(AUTOMATIC)
    assert not is_redirected(window)
    heir.redirect(MANUAL)
    heir.client.sync()


def test_a_redirector_that_dies_after_the_window_harms_nobody(presenter, connect):
    """A window destroyed while it was redirected leaves nothing behind for its redirector's
    end, nor for the id's next owner (CMP-015)."""
    manager = connect("manager")
    window = presenter.window(20, 20, events=0)
    theirs = as_seen_by(manager, window)
    theirs.redirect(AUTOMATIC)
    theirs.redirect(MANUAL)
    manager.sync()
    window.destroy()
    presenter.sync()
    presenter.core.CreateWindow(
        0, window.id, presenter.root, 0, 0, 30, 30, 0, 1, 0, CW.OverrideRedirect, [1]
    )
    window.map()
    assert not is_redirected(window)
    manager.close()
    window.redirect(MANUAL)
    assert is_redirected(window)


@MODES
def test_a_window_is_redirected_before_it_is_mapped(presenter, mode):
    """Redirecting an unmapped window is legal; it has a backing pixmap while it can be seen,
    again after each mapping, and none when its redirection ended meanwhile (CMP-016)."""
    parent = presenter.window(60, 50, events=0, mapped=False)
    window = presenter.window(20, 20, parent=parent, events=0, mapped=False)
    window.redirect(mode)
    assert not is_redirected(window)
    window.map()
    assert not is_redirected(window)
    parent.map()
    assert is_redirected(window)
    parent.unmap()
    assert not is_redirected(window)
    parent.map()
    assert is_redirected(window)
    window.unmap()
    window.unredirect(mode)
    window.map()
    assert not is_redirected(window)


def test_redirected_before_map_the_screen_never_shows_it(presenter):
    """A window redirected manually before its first mapping leaves the screen as it was
    (CMP-016, CMP-018)."""
    stage = Stage.open(presenter, mapped=False, border_width=3)
    stage.picture.fill("grey")
    on_screen(stage)
    stage.window.redirect()
    stage.window.map()
    off_screen(stage)
    stage.window.unmap()
    off_screen(stage)
    stage.window.map()
    Canvas(48, 40, presenter.depth, "blue").check(capture(stage.window))
    off_screen(stage)


@MODES
def test_an_input_only_window_has_no_backing_pixmap(presenter, mode):
    """Redirecting it succeeds, counts as any redirection does, and gives it no pixmap
    (CMP-017, CMP-010, CMP-013)."""
    window = presenter.window(20, 20, events=0, window_class=WindowClass.INPUT_ONLY)
    window.redirect(mode)
    assert not is_redirected(window)
    window.unmap()
    window.map()
    assert not is_redirected(window)
    if mode is MANUAL:
        with presenter.expect_error("Access"):
            window.redirect(mode)
    with presenter.expect_error("Value"):
        window.unredirect(1 - mode)
    window.unredirect(mode)
    with presenter.expect_error("Value"):
        window.unredirect(mode)


def test_an_input_only_window_changes_nothing_on_the_screen(presenter):
    """An InputOnly window over a redirected one is neither painted nor clips it (CMP-017)."""
    stage = Stage.open(presenter)
    glass = presenter.window(
        30, 30, x=20, y=20, parent=stage.parent, events=0, window_class=WindowClass.INPUT_ONLY
    )
    glass.redirect(AUTOMATIC)
    stage.window.redirect(AUTOMATIC)
    stage.window.put(CHART)
    stage.inside.paste(CHART)
    on_screen(stage)


@pytest.mark.parametrize(
    ("outer", "inner"),
    [(AUTOMATIC, AUTOMATIC), (AUTOMATIC, MANUAL), (MANUAL, AUTOMATIC), (MANUAL, MANUAL)],
    ids=lambda mode: "manual" if mode is MANUAL else "automatic",
)
def test_redirection_inside_of_redirection(presenter, outer, inner):
    """A window in a redirected one is painted on that, and with it on the screen; each manual
    step keeps its pixels apart (CMP-018, CMP-019)."""
    stage = Stage.open(presenter, mapped=False)
    child = presenter.window(20, 16, x=9, y=13, parent=stage.window, events=0, border_width=2)
    stage.window.redirect(outer)
    child.redirect(inner)
    stage.window.map()
    small = chart_pixels(20, 16, seed=2)
    child.put(small)
    own = Canvas(48, 40, presenter.depth, "blue")
    if inner is AUTOMATIC:
        own.area(9, 13, 24, 20).fill("white").area(2, 2, 20, 16).paste(small)
    if outer is AUTOMATIC:
        stage.inside.paste(own.frame.pixels)
        on_screen(stage)
    else:
        off_screen(stage)
    own.check(capture(stage.window))
    Canvas(20, 16, presenter.depth).paste(small).check(capture(child))
    child.fill("red", 4, 4, 5, 5)
    stage.window.unredirect(outer)
    if inner is AUTOMATIC:
        own.area(15, 19, 5, 5).fill("red")
    stage.inside.paste(own.frame.pixels)
    on_screen(stage)


@pytest.mark.parametrize("read", ["CopyArea", "GetImage"])
def test_reading_a_parent_paints_its_automatic_child_each_time(presenter, read):
    """However often it is read before the server has nothing else to do: each time with what the
    child shows by then (CMP-127)."""
    parent = presenter.window(64, 48, background="blue", events=0)
    child = presenter.window(20, 16, x=10, y=8, parent=parent, events=0)
    child.redirect(Redirect.Automatic)
    colours = ("red", "green", "yellow", "red")
    copies = [presenter.pixmap(64, 48, colour="black") for _ in colours]
    gc = create_gc(parent, SubwindowMode=SubwindowMode.IncludeInferiors)
    presenter.sync()
    cookies = []
    # All in one write: a round trip would give the server the time to paint.
    for colour, copy in zip(colours, copies, strict=True):
        child.fill(colour)
        if read == "CopyArea":
            presenter.core.CopyArea(parent.id, copy.id, gc, 0, 0, 0, 0, 64, 48)
        else:
            cookies.append(
                presenter.core.GetImage(ImageFormat.ZPixmap, parent.id, 12, 10, 1, 1, 0xFFFFFFFF)
            )
    if read == "CopyArea":
        seen = [copy.pixel(12, 10) for copy in copies]
        around = {copy.pixel(5, 5) for copy in copies}
        assert around == {parent.value("blue")}
    else:
        size = presenter.formats[parent.depth][0] // 8
        order = "little" if presenter.byte_order == "<" else "big"
        data = [bytes(presenter.reply(cookie)[32 : 32 + size]) for cookie in cookies]
        seen = [int.from_bytes(one, order) & (1 << parent.depth) - 1 for one in data]
    assert seen == [child.value(colour) for colour in colours]
