# SPDX-License-Identifier: MIT
"""The end of flipping: the last pixmap comes back, and the screen keeps its picture."""

import pytest
from xcffib.composite import Redirect

from harness.capture.get_image import capture, capture_root
from harness.clients.resources.window import WindowClass
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from harness.x11.present import CompleteMode, Option
from suites.marks import SMALL

pytestmark = [
    pytest.mark.xserver(fps=600, small=SMALL, any_depth=True),
    # Without a root window each window is shown for itself: covered ones flip on.
    pytest.mark.needs("Present", "Composite", "SHAPE", flip=True, root_pixels=True),
]

STAYS_ON_SCREEN = pytest.mark.known_bug(
    reference="xwl_present_flips_stop() releases a pixmap that still is the root's",
    servers=("xwayland",),
    evidence="failed: UnexpectedPicture the root does not show",
    strict=True,
)


class FlippingScreen:
    """A window that fills the screen and flips, over a yellow root; ``picture`` is what the
    screen must show, whatever ends the flips."""

    def __init__(self, presenter):
        self.presenter = presenter
        # The root as a server leaves it differs: black, a pattern, nothing at all.
        presenter.screen_window(events=0, background="yellow")
        self.window = presenter.screen_window(background="blue")
        self.clock = presenter.root_window()
        self.width, self.height = self.window.width, self.window.height
        self.picture = self.canvas("yellow")
        self.picture.paste(self.chart())

    def canvas(self, *colour):
        return Canvas(self.width, self.height, self.presenter.depth, *colour)

    def chart(self, seed=0):
        return chart_pixels(self.width, self.height, seed=seed)

    def pixmap_of(self, seed):
        """A pixmap of the screen's size, filled by the chart of this seed."""
        return self.presenter.pixmap(self.width, self.height, colour="black").chart(seed)

    def flip(self, seed=0, **arguments):
        """A presentation of the whole screen that is flipped."""
        pixmap = self.pixmap_of(seed)
        self.pixmap = pixmap
        shown = self.window.present(pixmap, **arguments)
        assert shown.wait_complete().mode is CompleteMode.FLIP
        return shown

    def pass_frames(self, frames=4):
        self.clock.wait_msc(self.clock.msc() + frames)


def moved(screen):
    screen.window.move(20, 10)
    screen.picture.fill("yellow").paste(screen.chart(), 20, 10)


def narrowed(screen):
    screen.window.resize(screen.width - 10, screen.height - 20)
    screen.picture.fill("yellow").area(0, 0, screen.width - 10, screen.height - 20).fill("blue")


def enlarged(screen):
    screen.window.resize(screen.width + 10, screen.height + 20)
    screen.picture.fill("blue")


def bordered(screen):
    screen.window.configure(border_width=3)
    screen.picture.fill("white")
    screen.picture.area(3, 3, screen.width, screen.height).paste(screen.chart())


def unmapped(screen):
    screen.window.unmap()
    screen.picture.fill("yellow")


def covered(screen):
    screen.presenter.window(50, 40, x=30, y=20, events=0, background="red")
    screen.picture.area(30, 20, 50, 40).fill("red")


def covered_whole(screen):
    screen.presenter.screen_window(events=0, background="red")
    screen.picture.fill("red")


def lowered(screen):
    screen.window.configure(stack_mode=1)
    screen.picture.fill("yellow")


def with_child(screen):
    screen.presenter.window(50, 40, x=30, y=20, events=0, background="red", parent=screen.window)
    screen.picture.area(30, 20, 50, 40).fill("red")


def shaped(screen):
    screen.window.shape([(10, 10, 60, 50)])
    screen.picture.fill("yellow").within((10, 10, 60, 50)).paste(screen.chart())


def redirected(screen):
    screen.window.redirect(Redirect.Manual)
    screen.picture.fill("yellow")


def redirected_automatically(screen):
    """The server itself keeps the screen as it was."""
    screen.window.redirect(Redirect.Automatic)


def redirected_subwindows(screen):
    screen.clock.redirect_subwindows(Redirect.Automatic)


def reparented(screen):
    outer = screen.presenter.window(100, 80, x=12, y=9, events=0, background="white")
    screen.window.reparent(outer, 5, 6)
    screen.picture.fill("yellow").area(12, 9, 100, 80).fill("white")
    # Mapped again by ReparentWindow, it starts with its background.
    screen.picture.area(12, 9, 100, 80).area(5, 6, screen.width, screen.height).fill("blue")


def copied(screen):
    pixmap = screen.pixmap_of(9)
    shown = screen.window.present(pixmap, options=Option.COPY)
    assert shown.wait_complete().mode is CompleteMode.COPY
    screen.picture.paste(screen.chart(9))


def copied_aside(screen):
    pixmap = screen.presenter.pixmap(60, 40, colour="black").chart(9)
    shown = screen.window.present(pixmap, x_off=30, y_off=20)
    assert shown.wait_complete().mode is CompleteMode.COPY
    screen.picture.paste(chart_pixels(60, 40, seed=9), 30, 20)


def child_presented(screen):
    child = screen.presenter.window(60, 40, x=30, y=20, parent=screen.window)
    assert child.present(child.pixmap()).wait_complete().mode is CompleteMode.COPY
    screen.picture.paste(chart_pixels(60, 40), 30, 20)


def root_presented(screen):
    """The root is clipped by its children: its copy is not seen, and the flip may go on."""
    root = screen.clock
    root.present(root.pixmap("green"), options=Option.COPY).wait_complete()
    with_child(screen)


ENDS = {
    end.__name__: end
    for end in (
        *(moved, narrowed, enlarged, bordered, unmapped, covered, covered_whole, lowered),
        *(with_child, shaped, redirected, reparented, copied, copied_aside, child_presented),
        root_presented,
    )
}
AUTOMATIC = [
    pytest.param("redirected_automatically", marks=STAYS_ON_SCREEN),
    pytest.param("redirected_subwindows", marks=STAYS_ON_SCREEN),
]
ENDS_IN_PLACE = {
    **ENDS,
    "redirected_automatically": redirected_automatically,
    "redirected_subwindows": redirected_subwindows,
}


@pytest.fixture
def screen(presenter):
    return FlippingScreen(presenter)


@pytest.mark.parametrize("end", ENDS_IN_PLACE)
def test_last_flipped_pixmap_is_idle_when_flipping_ends(screen, end):
    """Whatever takes the screen from the window gives its pixmap back: Idle once, the idle
    fence triggered, and the screen as if a copy had been shown (PRE-089, PRE-142)."""
    fence = screen.presenter.fence()
    earlier = screen.flip(seed=3)
    last = screen.flip(idle_fence=fence)
    earlier.wait_idle()
    screen.pass_frames()
    assert not last.idles()
    assert not fence.triggered
    ENDS_IN_PLACE[end](screen)
    idle = last.wait_idle()
    assert (idle.pixmap, idle.idle_fence) == (last.request.pixmap, fence.id)
    assert fence.triggered
    screen.picture.check(capture_root(screen.presenter))
    screen.pass_frames()
    assert len(last.idles()) == len(last.completes()) == 1
    screen.picture.check(capture_root(screen.presenter))


@pytest.mark.parametrize("end", [*ENDS, *AUTOMATIC])
def test_idle_pixmap_may_be_drawn_into_after_the_end(screen, end):
    """Idle means that the server reads the pixmap no more: what the client draws into it, or
    freeing it, changes nothing of the screen (PRE-089, PRE-142)."""
    last = screen.flip()
    ENDS_IN_PLACE[end](screen)
    last.wait_idle()
    screen.pixmap.fill("green")
    screen.picture.check(capture_root(screen.presenter))
    screen.pixmap.free()
    screen.pass_frames()
    screen.picture.check(capture_root(screen.presenter))


@pytest.mark.parametrize("end", ENDS)
def test_window_keeps_its_flipped_picture(screen, golden, end):
    """The screen restored after a flip is the picture a person would expect (PRE-142)."""
    screen.flip()
    ENDS[end](screen)
    shown = capture_root(screen.presenter)
    screen.picture.check(shown)
    reviewed = end in ("moved", "covered", "shaped", "copied_aside")
    if reviewed and (screen.width, screen.height) == SMALL:
        golden.check(shown, "restored")


@pytest.mark.parametrize("end", ENDS_IN_PLACE)
def test_flip_under_way_is_completed_when_its_window_changes(screen, end):
    """The screen is taken away while a flip is asked for: it completes once and becomes idle
    once, flipped or copied, and the server is sound (PRE-089, PRE-143)."""
    first = screen.flip(seed=3)
    under_way = screen.window.present(screen.window.pixmap())
    ENDS_IN_PLACE[end](screen)
    assert under_way.wait_complete().mode in (CompleteMode.FLIP, CompleteMode.COPY)
    for one in (first, under_way):
        one.wait_idle()
    screen.pass_frames()
    for one in (first, under_way):
        assert len(one.idles()) == len(one.completes()) == 1


def undo_nothing(screen):
    del screen


BACK = {
    "moved": lambda screen: screen.window.move(0, 0),
    "narrowed": lambda screen: screen.window.resize(screen.width, screen.height),
    "enlarged": lambda screen: screen.window.resize(screen.width, screen.height),
    "bordered": lambda screen: screen.window.configure(border_width=0),
    "unmapped": lambda screen: screen.window.map(),
    "covered": lambda screen: screen.window.configure(stack_mode=0),
    "covered_whole": lambda screen: screen.window.configure(stack_mode=0),
    "lowered": lambda screen: screen.window.configure(stack_mode=0),
    "with_child": lambda screen: screen.presenter.core.DestroySubwindows(screen.window.id),
    "child_presented": lambda screen: screen.presenter.core.DestroySubwindows(screen.window.id),
    "shaped": lambda screen: screen.window.shape([(0, 0, screen.width, screen.height)]),
    "redirected": lambda screen: screen.window.unredirect(Redirect.Manual),
    "reparented": lambda screen: screen.window.reparent(screen.presenter.root),
    "copied": undo_nothing,
    "copied_aside": undo_nothing,
}


@pytest.mark.parametrize("end", BACK)
def test_window_that_has_the_screen_again_flips_again(screen, end):
    """With the obstacle gone the next presentation is flipped, and shown whole (PRE-141)."""
    for seed in (1, 2):
        screen.flip(seed)
        ENDS[end](screen)
        BACK[end](screen)
    screen.flip(7)
    whole = screen.canvas().paste(screen.chart(7))
    whole.check(capture_root(screen.presenter))
    whole.check(capture(screen.window))


@pytest.mark.parametrize(
    "harmless", ["input_only", "unmapped_child", "attributes", "raised", "shaped_whole"]
)
def test_changes_that_hide_nothing_do_not_end_the_flips(screen, harmless):
    """What takes no pixel from the window leaves it the screen: no Idle, and the picture stays
    (PRE-088, PRE-141)."""
    last = screen.flip()
    presenter, window = screen.presenter, screen.window
    if harmless == "input_only":
        presenter.window(*(20, 20), parent=window, events=0, window_class=WindowClass.INPUT_ONLY)
    elif harmless == "unmapped_child":
        presenter.window(20, 20, parent=window, events=0, mapped=False)
    elif harmless == "attributes":
        window.select_core(0x8000)
    elif harmless == "shaped_whole":
        window.shape([(0, 0, screen.width, screen.height)])
    else:
        window.configure(stack_mode=0)
    screen.pass_frames()
    assert not last.idles()
    screen.picture.check(capture_root(presenter))
    screen.flip(5)
    last.wait_idle()


@pytest.mark.parametrize("frames", [0, 20], ids=["under_way", "queued"])
def test_changes_that_hide_nothing_do_not_end_flips_that_are_to_come(screen, frames):
    """The window is looked at again, and still is all of the screen: it flips, and goes on to
    (PRE-210)."""
    screen.flip(3)
    pixmap = screen.pixmap_of(0)
    target = screen.window.msc() + frames if frames else 0
    shown = screen.window.present(pixmap, target_msc=target)
    screen.window.shape([(0, 0, screen.width, screen.height)])
    assert shown.wait_complete().mode is CompleteMode.FLIP
    screen.pass_frames()
    assert not shown.idles()
    screen.picture.check(capture_root(screen.presenter))


@pytest.mark.xserver(fps=60)
@pytest.mark.parametrize("end", ["moved", "covered", "with_child"])
def test_a_queued_flip_copies_when_its_window_is_no_more_the_screen(screen, end, too_late):
    """What has been queued as a flip is looked at again: the target finds a window that shows the
    pixmap in its own place (PRE-222)."""
    screen.flip(3)
    target = screen.window.msc() + 40
    shown = screen.window.present(screen.pixmap_of(0), target_msc=target)
    ENDS[end](screen)
    if screen.window.msc() >= target - 2:
        too_late("the target had passed before the window was changed")
    complete = shown.wait_complete()
    assert complete.mode is CompleteMode.COPY
    assert complete.msc >= target
    screen.pass_frames()
    assert len(shown.idles()) == 1
    screen.picture.check(capture_root(screen.presenter))


@pytest.mark.parametrize("frames", [0, 4], ids=["at_once", "later"])
def test_destroyed_window_gives_its_pixmap_back(screen, frames):
    """A window that flips is destroyed: the idle fence is triggered, the screen shows what was
    below, and another window flips (PRE-089, PRE-116)."""
    fence = screen.presenter.fence()
    screen.flip(seed=3)
    screen.flip(idle_fence=fence)
    screen.pass_frames(frames)
    screen.window.destroy()
    screen.pass_frames()
    assert fence.triggered
    screen.picture.fill("yellow").check(capture_root(screen.presenter))
    screen.pixmap.fill("green")
    screen.picture.check(capture_root(screen.presenter))
    screen.window = screen.presenter.screen_window()
    screen.flip(seed=4)
    screen.picture.paste(screen.chart(4)).check(capture_root(screen.presenter))


@pytest.mark.parametrize("queued", [False, True], ids=["shown", "more_queued"])
def test_client_that_leaves_while_it_flips_leaves_a_sound_screen(screen, connect, queued):
    """Windows and pixmaps go with their client; the screen shows what was below, and others
    flip as before (PRE-089, PRE-131)."""
    leaving = connect("leaving")
    window = leaving.screen_window()
    assert window.present(window.pixmap()).wait_complete().mode is CompleteMode.FLIP
    if queued:
        wait = leaving.fence()
        for _ in range(2):
            window.present(window.pixmap("red"))
        window.present(window.pixmap("green"), target_msc=2**20)
        window.present(window.pixmap("white"), wait_fence=wait)
        leaving.sync()
    leaving.close()
    presenter = screen.presenter
    view = screen.window
    screen.pass_frames()
    screen.picture.fill("blue").check(capture_root(presenter))
    shown = screen.flip(seed=6)
    screen.pass_frames()
    assert not shown.idles()
    screen.picture.paste(screen.chart(6)).check(capture(view))
    screen.picture.check(capture_root(presenter))


def test_frame_of_a_client_that_left_stays_until_it_is_replaced(screen, connect):
    """The presenting client leaves, the window is another's: its last frame stays on the
    screen, and its Idle reaches the window's owner when the next flip comes (PRE-132, PRE-133,
    PRE-088)."""
    leaving = connect("leaving")
    borrowed = leaving.borrow_window(screen.window)
    last = borrowed.present(borrowed.pixmap())
    assert last.wait_complete().mode is CompleteMode.FLIP
    leaving.close()
    screen.pass_frames()
    context = screen.window.context
    assert not [one for one in context.events() if getattr(one, "pixmap", 0)]
    screen.picture.check(capture_root(screen.presenter))
    screen.flip(seed=5)
    idle = last.wait_idle(context=context)
    assert (idle.pixmap, idle.serial) == (last.request.pixmap, last.serial)
    screen.picture.paste(screen.chart(5)).check(capture_root(screen.presenter))


def test_flips_begin_and_end_many_times(screen):
    """Twenty rounds of flips and unflips: every pixmap comes back exactly once, every picture
    is right (PRE-089, PRE-142)."""
    shown = []
    for seed in range(20):
        shown.append(screen.flip(seed))
        child = screen.presenter.window(
            20, 15, x=seed, y=2 * seed, events=0, parent=screen.window, background="red"
        )
        expected = screen.canvas().paste(screen.chart(seed))
        expected.area(seed, 2 * seed, 20, 15).fill("red")
        expected.check(capture_root(screen.presenter))
        child.destroy()
        screen.presenter.sync()
    screen.pass_frames()
    assert [len(one.idles()) for one in shown] == [1] * 20
