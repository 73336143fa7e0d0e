# SPDX-License-Identifier: MIT
"""IdleNotify and the idle fence: which pixmap is free again, and since when."""

import pytest
import xcffib.sync

from harness.x11.present import Option
from suites.marks import SHOWN

pytestmark = [
    pytest.mark.xserver(fps=600, any_depth=True),
    pytest.mark.needs(small_windows_copy=True),
]


def test_idle_names_a_freed_pixmap(presenter):
    """Idle carries the pixmap's id even when that id was freed meanwhile (PRE-097)."""
    window = presenter.window(20, 20)
    pixmap = window.pixmap("red")
    shown = window.present(pixmap, target_msc=window.msc() + 10)
    pixmap.free()
    assert shown.wait_idle().pixmap == pixmap.id
    assert shown.wait_complete().mode in SHOWN
    assert window.pixel() == window.value("red")


def test_idle_names_the_old_pixmap_when_its_id_is_used_again(presenter):
    """A new pixmap under the freed id is not the one that was presented (PRE-097)."""
    window = presenter.window(20, 20)
    pixmap = window.pixmap("red")
    shown = window.present(pixmap, target_msc=window.msc() + 10)
    pixmap.free()
    presenter.core.CreatePixmap(presenter.depth, pixmap.id, presenter.root, 20, 20)
    pixmap.fill("blue")
    assert shown.wait_idle().pixmap == pixmap.id
    assert window.pixel() == window.value("red")
    assert pixmap.pixel() == pixmap.value("blue")
    again = window.present(pixmap)
    assert again.wait_idle().pixmap == pixmap.id
    assert window.pixel() == window.value("blue")


def test_idle_names_the_idle_fence(presenter):
    """Idle.idle-fence is the fence that was given, 0 if there was none (PRE-098)."""
    window = presenter.window(20, 20)
    pixmap = window.pixmap("red")
    for fence in (presenter.fence(), None, presenter.fence(), None):
        shown = window.present(pixmap, idle_fence=fence)
        assert shown.wait_idle().idle_fence == (fence.id if fence else 0)


def test_idle_never_names_the_wait_fence(presenter):
    """Wait and idle fence are two things (PRE-098, PRE-109)."""
    window = presenter.window(20, 20)
    wait, idle = presenter.fence(triggered=True), presenter.fence()
    shown = window.present(window.pixmap("red"), wait_fence=wait, idle_fence=idle)
    assert shown.wait_idle().idle_fence == idle.id
    assert idle.triggered
    assert window.present(window.pixmap("red"), wait_fence=wait).wait_idle().idle_fence == 0


def test_idle_fence_is_triggered_with_idle_and_not_before(presenter):
    """While the presentation is queued the idle fence stays as it was (PRE-112).

    By the time Idle arrives it is triggered.
    """
    window = presenter.window(20, 20)
    far, near = presenter.fence(), presenter.fence()
    now = window.msc()
    window.present(window.pixmap("blue"), idle_fence=far, target_msc=now + 2**20)
    shown = window.present(window.pixmap("red"), idle_fence=near, target_msc=now + 20)
    assert not far.triggered
    shown.wait_idle()
    assert near.triggered
    window.wait_msc(now + 30)
    assert not far.triggered


def test_idle_fence_can_be_reset_and_used_again(presenter):
    """A fence serves one presentation after the other (PRE-112, PRE-113).

    The server triggers it each time and never resets it.
    """
    window = presenter.window(20, 20)
    pixmap, fence = window.pixmap("red"), presenter.fence()
    for _ in range(7):
        shown = window.present(pixmap, idle_fence=fence)
        assert shown.wait_idle().idle_fence == fence.id
        assert fence.triggered
        shown.wait_complete()
        assert fence.triggered
        fence.reset()
        assert not fence.triggered
    window.wait_msc(window.msc() + 10)
    assert not fence.triggered


def test_triggered_idle_fence_stays_triggered(presenter):
    """The server does not reset an idle fence before it uses it (PRE-113)."""
    window = presenter.window(20, 20)
    fence = presenter.fence(triggered=True)
    shown = window.present(window.pixmap("red"), idle_fence=fence, target_msc=window.msc() + 30)
    assert fence.triggered
    shown.wait_complete()
    assert fence.triggered


def test_one_idle_fence_serves_several_presentations(presenter):
    """The first of them to become idle triggers the fence; all of them name it (PRE-112)."""
    windows = [presenter.window(20, 20, x=24 * index) for index in range(3)]
    fence = presenter.fence()
    now = windows[0].msc()
    shown = [
        window.present(window.pixmap("red"), idle_fence=fence, target_msc=now + 10 * (index + 1))
        for index, window in enumerate(windows)
    ]
    far = windows[0].present(windows[0].pixmap(), idle_fence=fence, target_msc=now + 2**20)
    shown[0].wait_idle()
    assert fence.triggered
    assert [one.wait_idle().idle_fence for one in shown] == [fence.id] * 3
    assert fence.triggered
    assert not far.idles()


@pytest.mark.needs(supersede=True, small_windows_copy=True)
def test_a_pixmap_is_idle_once_for_each_of_its_presentations(presenter):
    """Each has its Idle and its fence, whatever else the pixmap is queued for: replaced by itself,
    shown at a target, shown in another window (PRE-201)."""
    window, other = presenter.window(20, 20), presenter.window(20, 20, x=30)
    pixmap = window.pixmap("red")
    soon, far = window.msc() + 40, window.msc() + 2**20
    queued = [(other, far), (window, far), (window, far), (window, far)]
    fences = [presenter.fence() for _ in range(6)]
    shown = [
        where.present(pixmap, target_msc=target, idle_fence=fence)
        for (where, target), fence in zip(
            [*queued, (window, soon), (other, soon)], fences, strict=True
        )
    ]
    expected = [0, 1, 1, 0]
    assert [len(one.idles()) for one in shown[:4]] == expected
    assert [fence.triggered for fence in fences[:4]] == expected
    for one in shown[4:]:
        one.wait_complete()
    window.wait_msc(soon + 10)
    expected += [1, 1]
    assert [len(one.idles()) for one in shown] == expected
    assert [fence.triggered for fence in fences] == expected
    for one, fence in zip(shown, fences, strict=True):
        for idle in one.idles():
            assert (idle.pixmap, idle.idle_fence) == (pixmap.id, fence.id)


def test_each_of_many_queued_presentations_triggers_its_fence(presenter):
    """However many wait on a window (PRE-112)."""
    window = presenter.window(20, 20)
    part = presenter.region((0, 0, 10, 10))
    pixmap, hold = window.pixmap("red"), presenter.fence()
    fences = [presenter.fence() for _ in range(150)]
    shown = [
        window.present(pixmap, update=part, wait_fence=hold, idle_fence=fence) for fence in fences
    ]
    presenter.sync()
    assert not any(fence.triggered for fence in fences)
    hold.trigger()
    for one, fence in zip(shown, fences, strict=True):
        assert one.wait_idle().idle_fence == fence.id
        assert fence.triggered
        one.wait_complete()


@pytest.mark.parametrize("count", [9, 40])
def test_every_one_of_many_selections_hears_of_a_presentation(presenter, count):
    """Complete and Idle once each (PRE-026)."""
    window = presenter.window(20, 20)
    contexts = [window.select() for _ in range(count)]
    shown = window.present(window.pixmap("red"))
    shown.wait_complete()
    shown.wait_idle()
    for context in contexts:
        assert (len(shown.completes(context)), len(shown.idles(context))) == (1, 1)


def test_destroyed_idle_fence_is_left_out(presenter):
    """An idle fence destroyed before its time is not triggered, and Idle names 0 (PRE-114).

    The presentation is as any other (PRE-098).  A new fence under that id is another one.
    """
    # Two windows: a fence does not release what waits for it in the order of the requests.
    window, other = presenter.window(20, 20), presenter.window(20, 20, x=30)
    gone, renewed, wait = (presenter.fence() for _ in range(3))
    first = window.present(window.pixmap("green"), wait_fence=wait, idle_fence=gone)
    second = other.present(other.pixmap("green"), wait_fence=wait, idle_fence=renewed)
    gone.destroy()
    renewed.destroy()
    presenter.extension(xcffib.sync).CreateFence(presenter.root, renewed.id, False)
    assert not first.idles()
    wait.trigger()
    for shown in (first, second):
        assert shown.wait_idle().idle_fence == 0
        assert shown.wait_complete().mode in SHOWN
    assert not renewed.triggered
    assert window.pixel() == other.pixel() == other.value("green")


@pytest.mark.parametrize("options", [Option.NONE, Option.COPY], ids=["plain", "copy"])
def test_pixmap_is_free_when_idle(presenter, options):
    """After Idle the client may draw into the pixmap: the window keeps its picture (PRE-096).

    The contents were read before Idle was sent (PRE-086).
    """
    window = presenter.window(20, 20)
    pixmap = window.pixmap("red")
    shown = window.present(pixmap, options=options)
    shown.wait_idle()
    pixmap.fill("blue")
    presenter.sync()
    window.wait_msc(window.msc() + 5)
    assert window.pixel() == window.value("red")


def test_unmapped_and_covered_windows_release_their_pixmaps(presenter):
    """Windows that show nothing still get Idle and Complete (PRE-086, PRE-112)."""
    hidden = presenter.window(20, 20, mapped=False)
    covered = presenter.window(20, 20)
    presenter.window(40, 40, background="blue")
    for window in (hidden, covered):
        fence = presenter.fence()
        shown = window.present(window.pixmap("red"), idle_fence=fence)
        assert shown.wait_idle().idle_fence == fence.id
        assert fence.triggered
        assert shown.wait_complete().mode in SHOWN
    assert presenter.root_window().pixel() == window.value("blue")
