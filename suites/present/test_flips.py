# SPDX-License-Identifier: MIT
"""Flips: which presentations become the screen themselves, and when the next one frees them."""

import pytest
from xcffib.composite import Redirect

from harness.capture.get_image import capture, capture_root
from harness.clients.resources.damage import Damage
from harness.clients.resources.window import WindowClass
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from harness.x11 import present
from harness.x11.present import Capability, CompleteMode, Option
from suites.marks import RELEASED_FOR_EVER, SMALL

pytestmark = [
    pytest.mark.xserver(fps=600, small=SMALL, any_depth=True),
    pytest.mark.needs("Present", flip=True),
]


def size_of(presenter):
    """The width and height of the screen."""
    return presenter.screen.width_in_pixels, presenter.screen.height_in_pixels


def screen_pixmap(presenter, seed):
    """A pixmap of the screen's size, filled by the chart of this seed."""
    return presenter.pixmap(*size_of(presenter), colour="black").chart(seed)


def picture(presenter, seed=0):
    """The whole screen, filled by the chart of this seed."""
    size = size_of(presenter)
    return Canvas(*size, presenter.depth).paste(chart_pixels(*size, seed=seed))


def check_shown(window, expected):
    """Window and screen both show what is expected."""
    expected.check(capture(window))
    expected.check(capture_root(window.client))


@pytest.mark.parametrize("options", [Option.NONE, Option.SUBOPTIMAL], ids=["plain", "suboptimal"])
def test_pixmap_that_fills_the_screen_is_flipped(presenter, golden, options):
    """A pixmap of the size of a window over the whole screen becomes the screen: Complete says
    Flip (PRE-141), with the serial and an MSC not before the target (PRE-106), and window and
    screen show it."""
    window = presenter.screen_window()
    target = window.msc() + 4
    shown = window.present(window.pixmap(), options=options, target_msc=target)
    complete = shown.wait_complete()
    assert (complete.kind, complete.mode) == (present.CompleteKind.PIXMAP, CompleteMode.FLIP)
    assert (complete.serial, complete.window) == (shown.serial, window.id)
    assert complete.msc >= target
    check_shown(window, picture(presenter))
    if size_of(presenter) == SMALL:
        golden.check(capture_root(presenter), "flipped")


def test_every_flip_shows_its_own_pixmap(presenter):
    """Each of a row of pixmaps is on the screen when its Complete(Flip) arrives (PRE-141), and
    the clock goes on with every one (PRE-106, PRE-077)."""
    window = presenter.screen_window()
    last = 0
    for seed in range(1, 13):
        pixmap = screen_pixmap(presenter, seed)
        complete = window.present(pixmap).wait_complete()
        assert complete.mode is CompleteMode.FLIP
        assert complete.msc > last
        last = complete.msc
        check_shown(window, picture(presenter, seed))
        pixmap.free()


def test_flip_frees_the_frame_before_and_never_its_own(presenter):
    """The pixmap on the screen stays busy, however long it is shown; the flip that replaces it
    makes it idle, with its fence (PRE-088, PRE-112, PRE-097)."""
    window = presenter.screen_window()
    pixmaps = [window.pixmap(colour) for colour in ("red", "green", "blue", "white")]
    fences = [presenter.fence() for _ in pixmaps]
    shown = []
    for pixmap, fence in zip(pixmaps, fences, strict=True):
        shown.append(window.present(pixmap, idle_fence=fence))
        complete = shown[-1].wait_complete()
        assert complete.mode is CompleteMode.FLIP
        for earlier, busy in zip(shown[:-1], fences, strict=False):
            idle = earlier.wait_idle()
            assert (idle.pixmap, idle.idle_fence) == (earlier.request.pixmap, busy.id)
            assert busy.triggered
        window.wait_msc(complete.msc + 6)
        assert not shown[-1].idles()
        assert not fence.triggered
    assert [len(one.idles()) for one in shown] == [1, 1, 1, 0]


@RELEASED_FOR_EVER
def test_waiting_flip_does_not_free_the_frame_on_the_screen(presenter):
    """Neither a flip with a target far ahead nor one that waits for a fence makes the shown
    pixmap idle: it is not replaced yet (PRE-088, PRE-108)."""
    window = presenter.screen_window()
    wait = presenter.fence()
    first = window.present(window.pixmap())
    now = first.wait_complete().msc
    far = window.present(window.pixmap("red"), target_msc=now + 2**20)
    held = window.present(window.pixmap("green"), wait_fence=wait)
    window.wait_msc(now + 8)
    assert not first.idles()
    assert not far.idles() + far.completes() + held.idles() + held.completes()
    check_shown(window, picture(presenter))
    wait.trigger()
    assert held.wait_complete().mode is CompleteMode.FLIP
    first.wait_idle()
    assert window.pixel() == window.value("green")
    assert not held.idles()


@pytest.mark.needs("DAMAGE")
@pytest.mark.parametrize("area", [None, (8, 6, 20, 10)], ids=["whole", "update"])
def test_damage_reports_what_a_flip_changes(presenter, area):
    """The window is damaged by each flip, as by a copy: what watches it learns of the update
    area, or of the whole window (PRE-159)."""
    window = presenter.screen_window()
    window.present(window.pixmap("red")).wait_complete()
    damage = Damage.create(window)
    damage.forget()
    for colour in ("green", "blue"):
        update = presenter.region(area) if area else None
        shown = window.present(window.pixmap(colour), update=update)
        assert shown.wait_complete().mode is CompleteMode.FLIP
        assert [notice.area for notice in damage.notices()] == [area or (0, 0, *size_of(presenter))]
        damage.forget()


def test_same_pixmap_may_be_flipped_again(presenter):
    """A pixmap that is on the screen can be presented once more; each presentation completes
    once, and is idle at most once (PRE-088)."""
    window = presenter.screen_window()
    pixmap = window.pixmap()
    shown = [window.present(pixmap) for _ in range(1)]
    for _ in range(5):
        shown[-1].wait_complete()
        shown.append(window.present(pixmap))
    last = shown[-1].wait_complete()
    window.wait_msc(last.msc + 6)
    assert [len(one.completes()) for one in shown] == [1] * 6
    assert not shown[-1].idles()
    check_shown(window, picture(presenter))


def test_flipped_pixmap_may_be_freed(presenter):
    """The screen keeps a pixmap whose id is gone, and Idle names it in the end (PRE-061,
    PRE-097)."""
    window = presenter.screen_window()
    pixmap = window.pixmap()
    shown = window.present(pixmap)
    pixmap.free()
    assert shown.wait_complete().mode is CompleteMode.FLIP
    window.wait_msc(window.msc() + 4)
    check_shown(window, picture(presenter))
    window.present(window.pixmap("red")).wait_complete()
    assert shown.wait_idle().pixmap == pixmap.id
    assert window.pixel() == window.value("red")


NO_FLIP = ["x_off", "y_off", "valid", "smaller", "larger", "option_copy", "unmapped"]


@pytest.mark.parametrize("why", NO_FLIP)
def test_what_does_not_cover_the_screen_exactly_is_copied(presenter, why):
    """Offsets, a partial valid-area, a pixmap of another size, the option Copy and an unmapped
    window prevent a flip (PRE-141, PRE-096); the copy draws what any copy draws, and its
    pixmap is idle at once."""
    window = presenter.screen_window(background="blue", mapped=why != "unmapped")
    change = {"smaller": -1, "larger": 1}.get(why, 0)
    width, height = size_of(presenter)
    size = width + change, height + change
    pixmap = window.pixmap(None, *size)
    options = {
        "x_off": {"x_off": 1},
        "y_off": {"y_off": -1},
        "valid": {"valid": presenter.region((0, 0, width, height - 1))},
        "option_copy": {"options": Option.COPY},
    }.get(why, {})
    expected = Canvas(*size_of(presenter), presenter.depth, "blue")
    chart = chart_pixels(*size)
    expected.paste(chart, options.get("x_off", 0), options.get("y_off", 0))
    shown = window.present(pixmap, **options)
    assert shown.wait_complete().mode is CompleteMode.COPY
    assert [one.pixmap for one in shown.idles()] == [pixmap.id]
    if why != "unmapped":
        check_shown(window, expected)
        pixmap.fill("red")
        check_shown(window, expected)


BEYOND_THE_SCREEN = pytest.mark.known_bug(
    reference="modesetting flips a window that begins with the screen and reaches beyond",
    servers=("xorg", "xorg-kms"),
    where={"flip": True},
    evidence="failed: AssertionError",
)


@pytest.mark.parametrize(
    ("x", "y", "wider", "higher"),
    [
        pytest.param(0, 0, -1, 0, id="narrower"),
        pytest.param(0, 0, 0, -1, id="lower"),
        pytest.param(1, 0, 0, 0, id="moved_right"),
        pytest.param(0, -1, 0, 0, id="moved_up"),
        pytest.param(0, 0, 1, 0, id="wider", marks=BEYOND_THE_SCREEN),
        pytest.param(0, 0, 0, 1, id="higher", marks=BEYOND_THE_SCREEN),
        pytest.param(-8, -8, 16, 16, id="larger"),
        pytest.param(40, 30, -112, -80, id="small"),
    ],
)
@pytest.mark.needs(small_windows_copy=True)
def test_window_that_is_not_the_screen_is_copied(presenter, x, y, wider, higher):
    """A window one pixel off, too small or too large never flips (PRE-141); nothing of the
    screen outside of it changes."""
    width, height = size_of(presenter)[0] + wider, size_of(presenter)[1] + higher
    window = presenter.window(width, height, x=x, y=y, background="blue")
    root = capture_root(presenter).pixels
    shown = window.present(window.pixmap())
    assert shown.wait_complete().mode is CompleteMode.COPY
    assert len(shown.idles()) == 1
    expected = Canvas(*size_of(presenter), presenter.depth).paste(root)
    expected.area(x, y, width, height).paste(chart_pixels(width, height))
    expected.check(capture_root(presenter))


@pytest.mark.parametrize("above", ["child", "sibling", "shape", "redirected"])
@pytest.mark.needs(small_windows_copy=True)
def test_window_that_does_not_own_the_whole_screen_is_copied(presenter, above):
    """With a mapped child, a window above it, a shape or a backing pixmap of its own a window
    is not the screen (PRE-141); what is above keeps its pixels (PRE-058)."""
    window = presenter.screen_window(background="blue", mapped=False)
    expected = picture(presenter)
    if above == "shape":
        window.shape([(0, 0, window.width, 50)])
    if above == "redirected":
        window.redirect()
    window.map()
    if above in ("child", "sibling"):
        parent = window if above == "child" else None
        presenter.window(20, 15, x=30, y=40, parent=parent, events=0, background="white")
        expected.area(30, 40, 20, 15).fill("white")
    if above == "shape":
        expected = Canvas(*size_of(presenter), presenter.depth).paste(
            capture_root(presenter).pixels
        )
        chart = chart_pixels(window.width, window.height)
        expected.area(0, 0, window.width, 50).paste(chart)
    shown = window.present(window.pixmap())
    assert shown.wait_complete().mode is CompleteMode.COPY
    assert len(shown.idles()) == 1
    expected.check(capture(window) if above == "redirected" else capture_root(presenter))


@pytest.mark.parametrize("extra", ["unmapped_child", "input_only_child", "covered_sibling"])
def test_windows_that_hide_nothing_do_not_prevent_a_flip(presenter, extra):
    """Only what takes pixels of the window away counts: not a child that is unmapped or
    InputOnly, nor a sibling below (PRE-141)."""
    if extra == "covered_sibling":
        presenter.window(20, 15, x=30, y=40, events=0, background="white")
    window = presenter.screen_window()
    if extra == "unmapped_child":
        presenter.window(20, 15, x=30, y=40, parent=window, events=0, mapped=False)
    if extra == "input_only_child":
        presenter.window(
            *(20, 15),
            parent=window,
            events=0,
            window_class=WindowClass.INPUT_ONLY,
        )
    assert window.present(window.pixmap()).wait_complete().mode is CompleteMode.FLIP
    check_shown(window, picture(presenter))


@pytest.mark.parametrize("levels", [1, 2])
def test_child_that_fills_a_window_over_the_screen_flips(presenter, levels):
    """Where the window hangs in the tree does not matter, if it covers the screen and shares
    its pixels (PRE-141); its parents show the picture too."""
    parent = window = presenter.screen_window(events=0)
    for _ in range(levels):
        window = presenter.screen_window(parent=window)
    assert window.present(window.pixmap()).wait_complete().mode is CompleteMode.FLIP
    picture(presenter).check(capture(parent))
    check_shown(window, picture(presenter))


def test_update_area_does_not_prevent_a_flip(presenter):
    """A pixmap that differs from the screen within the update-area only is flipped as a whole
    (PRE-141): outside it has the very pixels that the screen had."""
    window = presenter.screen_window()
    window.present(window.pixmap()).wait_complete()
    second = window.pixmap()
    second.fill("red", 10, 20, 30, 40)
    update = presenter.region((10, 20, 30, 40))
    assert window.present(second, update=update).wait_complete().mode is CompleteMode.FLIP
    expected = picture(presenter)
    expected.area(10, 20, 30, 40).fill("red")
    check_shown(window, expected)


def test_flips_and_copies_may_alternate(presenter):
    """A copy ends the flip: the flipped pixmap is idle, the copy's too, and the next flip
    starts anew (PRE-088, PRE-096, PRE-142)."""
    window = presenter.screen_window()
    flipped = None
    for seed in range(1, 9):
        pixmap = screen_pixmap(presenter, seed)
        copies = seed % 3 == 0
        shown = window.present(pixmap, options=Option.COPY if copies else Option.NONE)
        complete = shown.wait_complete()
        assert complete.mode is (CompleteMode.COPY if copies else CompleteMode.FLIP)
        check_shown(window, picture(presenter, seed))
        if flipped:
            flipped.wait_idle()
        assert len(shown.idles()) == copies
        flipped = None if copies else shown


def test_copy_of_a_part_draws_over_the_flipped_picture(presenter, golden):
    """After a flip, a copy with offset and update-area changes that part of the screen alone
    (PRE-142, PRE-053, PRE-055), in a pixmap that is not the client's."""
    window = presenter.screen_window()
    pixmap = window.pixmap()
    flip = window.present(pixmap)
    flip.wait_complete()
    part = screen_pixmap(presenter, 5)
    update = presenter.region((8, 8, 60, 40), (90, 60, 30, 30))
    copy = window.present(part, x_off=6, y_off=-4, update=update)
    assert copy.wait_complete().mode is CompleteMode.COPY
    flip.wait_idle()
    expected = picture(presenter)
    changed = expected.within((14, 4, 60, 40), (96, 56, 30, 30))
    changed.paste(chart_pixels(*size_of(presenter), seed=5), 6, -4)
    check_shown(window, expected)
    picture(presenter).check(capture(pixmap))
    pixmap.fill("red")
    if size_of(presenter) == SMALL:
        golden.check(capture_root(presenter), "part")
    check_shown(window, expected)


@pytest.mark.parametrize("option", ["async", "async_may_tear"])
def test_asynchronous_flips_are_what_the_capabilities_promise(presenter, option):
    """Where the window's capabilities have the bit, an asynchronous presentation flips too
    (PRE-146, PRE-014), at the current frame (PRE-067, PRE-070); without it a copy may do."""
    window = presenter.screen_window()
    known = present.EXTENSION and presenter.present_version() >= (1, 3)
    bits = {
        "async": (Option.ASYNC, Capability.ASYNC),
        "async_may_tear": (Option.ASYNC_MAY_TEAR if known else Option.ASYNC, Capability(8)),
    }
    options, capability = bits[option]
    promised = capability in window.capabilities()
    for seed in range(1, 6):
        pixmap = screen_pixmap(presenter, seed)
        shown = window.present(pixmap, options=options)
        complete = shown.wait_complete()
        assert complete.mode is CompleteMode.FLIP if promised else complete.mode in (0, 1)
        check_shown(window, picture(presenter, seed))
    target = window.msc() + 6
    shown = window.present(window.pixmap(), options=options, target_msc=target)
    assert shown.wait_complete().msc >= target
    check_shown(window, picture(presenter))


@pytest.mark.parametrize(("buffers", "frames"), [(2, 40), (3, 300)], ids=["double", "triple"])
def test_many_frames_take_turns_in_few_pixmaps(presenter, buffers, frames):
    """With two pixmaps or three, of which only idle ones are drawn into, hundreds of frames are
    flipped, each exactly once; every pixmap but the last comes back (PRE-088, PRE-112)."""
    window = presenter.screen_window()
    ring = [window.pixmap("black") for _ in range(buffers)]
    fence = [presenter.fence() for _ in ring]
    shown = []
    for frame in range(frames):
        turn = frame % buffers
        if frame >= buffers:
            before = shown[frame - buffers]
            assert before.wait_idle().pixmap == ring[turn].id
            fence[turn].reset()
        ring[turn].fill(0x010203 * frame & 0xFFFFFF)
        shown.append(window.present(ring[turn], idle_fence=fence[turn]))
        assert shown[-1].wait_complete().mode is CompleteMode.FLIP
        if frame % 20 == 0:
            assert window.pixel(frame % window.width, 7) == 0x010203 * frame & 0xFFFFFF
    shown[-2].wait_idle()
    mscs = [complete.msc for one in shown for complete in one.completes()]
    assert len(mscs) == frames
    assert mscs == sorted(set(mscs))
    assert [len(one.idles()) for one in shown] == [1] * (frames - 1) + [0]
    assert not fence[(frames - 1) % buffers].triggered


@pytest.mark.parametrize("mode", [Redirect.Manual, Redirect.Automatic], ids=["manual", "automatic"])
@pytest.mark.needs(uncomposited=True)
def test_window_flips_again_when_its_redirection_ends(presenter, mode):
    """Redirected the window copies; unredirected it is the screen again (PRE-141)."""
    window = presenter.screen_window()
    modes = []
    for seed in range(3):
        if seed == 1:
            window.redirect(mode)
        elif seed == 2:
            window.unredirect(mode)
        pixmap = screen_pixmap(presenter, seed)
        modes.append(window.present(pixmap).wait_complete().mode)
        picture(presenter, seed).check(capture(window))
    assert modes[::2] == [CompleteMode.FLIP] * 2
    # A screen that is a window itself may move to a window that is redirected automatically.
    assert modes[1] is CompleteMode.COPY or mode is Redirect.Automatic
    check_shown(window, picture(presenter, 2))


def test_core_drawing_lands_on_the_flipped_picture(presenter):
    """A window that flips can be drawn to like any other: the screen shows it, and keeps it when
    the flip ends (PRE-142)."""
    window = presenter.screen_window()
    window.present(window.pixmap()).wait_complete()
    window.fill("red", 20, 30, 40, 50)
    expected = picture(presenter)
    expected.area(20, 30, 40, 50).fill("red")
    check_shown(window, expected)
    presenter.window(10, 10, x=5, y=6, events=0, parent=window, background="white")
    expected.area(5, 6, 10, 10).fill("white")
    check_shown(window, expected)


def test_another_client_flips_on_the_same_window(presenter, connect):
    """Whose pixmap it is does not matter: the clients take turns on one window, and each flip
    frees the frame before, of whoever it was (PRE-051, PRE-088, PRE-099)."""
    other = connect("other")
    window = presenter.screen_window()
    borrowed = other.borrow_window(window)
    before = None
    for turn in range(6):
        target, context = (borrowed, window.context) if turn % 2 else (window, borrowed.context)
        shown = target.present(target.pixmap("red" if turn % 2 else "green"))
        assert shown.wait_complete().mode is CompleteMode.FLIP
        shown.wait_complete(context=context)
        if before:
            before.wait_idle()
            before.wait_idle(context=shown.window.context)
        before = shown
    assert window.pixel() == window.value("red")


@pytest.mark.needs(small_windows_copy=True)
def test_two_windows_over_the_screen_flip_in_turn(presenter):
    """The upper one of two windows over the screen flips; lowered, it leaves the screen to the
    other (PRE-141, PRE-089)."""
    lower, upper = presenter.screen_window(), presenter.screen_window()
    assert lower.present(lower.pixmap("red")).wait_complete().mode is CompleteMode.COPY
    first = upper.present(upper.pixmap())
    assert first.wait_complete().mode is CompleteMode.FLIP
    picture(presenter).check(capture_root(presenter))
    lower.configure(stack_mode=0)
    first.wait_idle()
    second = lower.present(screen_pixmap(presenter, 3))
    assert second.wait_complete().mode is CompleteMode.FLIP
    check_shown(lower, picture(presenter, 3))
    assert upper.present(upper.pixmap("green")).wait_complete().mode is CompleteMode.COPY
    check_shown(lower, picture(presenter, 3))
