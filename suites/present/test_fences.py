# SPDX-License-Identifier: MIT
"""Wait fences: what holds a presentation back, and what releases it."""

import pytest

from harness.x11.present import Option
from suites.marks import SHOWN

pytestmark = pytest.mark.xserver(fps=600, any_depth=True)


@pytest.mark.parametrize("options", [Option.NONE, Option.ASYNC], ids=["synced", "async"])
@pytest.mark.needs(small_windows_copy=True)
def test_untriggered_wait_fence_holds_the_presentation_back(presenter, options):
    """Nothing is drawn and no event is sent until the fence is triggered (PRE-108)."""
    window = presenter.window(20, 20, background="blue")
    wait, idle = presenter.fence(), presenter.fence()
    shown = window.present(window.pixmap("red"), wait_fence=wait, idle_fence=idle, options=options)
    window.wait_msc(window.msc() + 20)
    assert window.pixel() == window.value("blue")
    assert not shown.idles()
    assert not shown.completes()
    assert not idle.triggered
    wait.trigger()
    assert shown.wait_idle().idle_fence == idle.id
    assert idle.triggered
    assert shown.wait_complete().mode in SHOWN
    assert window.pixel() == window.value("red")
    window.wait_msc(window.msc() + 5)
    assert len(shown.idles()) == len(shown.completes()) == 1
    assert wait.triggered


@pytest.mark.needs(screen_clock=True)
def test_triggering_releases_at_once(presenter):
    """The target has passed: TriggerFence itself executes the presentation (PRE-108)."""
    window = presenter.window(20, 20)
    wait = presenter.fence()
    shown = window.present(window.pixmap("red"), wait_fence=wait)
    window.wait_msc(window.msc() + 5)
    wait.trigger()
    assert len(shown.completes()) == 1
    assert window.pixel() == window.value("red")


@pytest.mark.parametrize(
    "x",
    [
        pytest.param(
            0,
            marks=pytest.mark.needs(
                servers=("xvfb", "xephyr"), reason="their screens have no CRTC to ask"
            ),
            id="on the screen",
        ),
        pytest.param(
            -500,
            marks=pytest.mark.needs(
                servers=("xvfb", "xephyr", "xorg", "xorg-flip"), reason="clocks of CRTCs alone"
            ),
            id="beside the screen",
        ),
    ],
)
def test_release_by_a_fence_reports_no_time(presenter, x):
    """Without a CRTC, Complete after the release has UST 0 and MSC 0 (PRE-107).

    The next presentation has a clock again.
    """
    window = presenter.window(20, 20, x=x)
    for _ in range(3):
        wait = presenter.fence()
        shown = window.present(window.pixmap("red"), wait_fence=wait)
        window.wait_msc(window.msc() + 5)
        assert not shown.completes()
        wait.trigger()
        complete = shown.wait_complete()
        assert (complete.ust, complete.msc) == (0, 0)
        assert window.show("green").msc > 0


@pytest.mark.parametrize("how", ["created", "triggered"])
def test_triggered_wait_fence_holds_nothing_back(presenter, how):
    """A fence that is triggered already does not hold the presentation back (PRE-109).

    Nor does it take its clock away: Complete is at the target (PRE-105).
    """
    window = presenter.window(20, 20)
    wait = presenter.fence(triggered=how == "created")
    if how == "triggered":
        wait.trigger()
    now = window.msc()
    shown = window.present(window.pixmap("red"), wait_fence=wait)
    later = window.present(window.pixmap("green"), wait_fence=wait, target_msc=now + 20)
    assert shown.wait_complete().msc > now
    assert later.wait_complete().msc >= now + 20
    assert window.pixel() == window.value("green")


@pytest.mark.needs(small_windows_copy=True)
def test_destroying_the_wait_fence_releases_the_presentation(presenter, too_late):
    """A queued presentation whose wait fence is destroyed waits for its target only (PRE-110)."""
    window = presenter.window(20, 20)
    wait, idle = presenter.fence(), presenter.fence()
    target = window.msc() + 90
    shown = window.present(
        window.pixmap("red"), wait_fence=wait, idle_fence=idle, target_msc=target
    )
    wait.destroy()
    early = shown.idles()
    if window.msc() >= target:
        too_late("the target had passed before the fence was destroyed")
    assert not early
    complete = shown.wait_complete()
    assert complete.mode in SHOWN
    assert complete.msc >= target
    assert idle.triggered
    assert window.pixel() == window.value("red")


@pytest.mark.known_bug(
    reference="nothing resets xwl_present_window.blocking_event",
    since={"Xwayland": "24.1"},
    evidence="failed: WaitTimeout CompleteNotify for serial",
    strict=True,
)
def test_server_survives_a_wait_fence_destroyed_while_it_blocks(presenter):
    """Past its target a presentation may or may not notice that its fence is gone (PRE-110).

    Either way the server lives on, and the window can be used and destroyed.
    """
    windows = [presenter.window(20, 20, x=24 * index) for index in range(3)]
    wait = presenter.fence()
    for window in windows:
        window.present(window.pixmap("red"), wait_fence=wait)
    windows[0].wait_msc(windows[0].msc() + 10)
    wait.destroy()
    assert windows[0].show("green").mode in SHOWN
    windows[1].destroy()
    assert windows[2].show("green").mode in SHOWN


def test_fence_first_then_target(presenter):
    """A fence that is triggered early does not hurry the presentation (PRE-111)."""
    window, other = (presenter.window(20, 20, x=x, background="blue") for x in (0, 30))
    wait = presenter.fence()
    now = window.msc()
    near = window.present(window.pixmap("red"), wait_fence=wait, target_msc=now + 60)
    far = other.present(other.pixmap("red"), wait_fence=wait, target_msc=now + 2**20)
    wait.trigger()
    assert near.wait_complete().msc >= now + 60
    assert window.pixel() == window.value("red")
    assert not far.idles()
    assert not far.completes()
    assert other.pixel() == other.value("blue")


def test_target_first_then_fence(presenter):
    """A target that is reached does not release a presentation without its fence (PRE-111)."""
    window = presenter.window(20, 20, background="blue")
    wait = presenter.fence()
    target = window.msc() + 10
    shown = window.present(window.pixmap("red"), wait_fence=wait, target_msc=target)
    window.wait_msc(target + 15)
    assert not shown.idles()
    assert not shown.completes()
    assert window.pixel() == window.value("blue")
    wait.trigger()
    assert shown.wait_complete().mode in SHOWN
    assert window.pixel() == window.value("red")


@pytest.mark.needs(screen_clock=True)
def test_fence_that_is_reset_before_the_target_holds_again(presenter, too_late):
    """What counts is the wait fence at the target, not when the presentation was asked for
    (PRE-111)."""
    window = presenter.window(20, 20)
    wait = presenter.fence(triggered=True)
    target = window.msc() + 60
    shown = window.present(window.pixmap("red"), wait_fence=wait, target_msc=target)
    wait.reset()
    if window.msc() >= target:
        too_late("the target had passed before the fence was reset")
    window.wait_msc(target + 10)
    assert not shown.completes() + shown.idles()
    assert window.pixel() != window.value("red")
    wait.trigger()
    shown.wait_complete()
    assert window.pixel() == window.value("red")


def test_window_unmapped_while_its_presentation_waits_is_told(presenter):
    """The presentation is idle and complete when its fence is triggered, and draws nothing
    (PRE-108, PRE-059)."""
    window, clock = presenter.window(20, 20, background="blue"), presenter.window(10, 10, x=40)
    wait, idle = presenter.fence(), presenter.fence()
    shown = window.present(window.pixmap("red"), wait_fence=wait, idle_fence=idle)
    window.unmap()
    clock.wait_msc(clock.msc() + 5)
    assert not shown.completes() + shown.idles()
    wait.trigger()
    shown.wait_complete()
    shown.wait_idle()
    assert idle.triggered
    window.map()
    assert window.pixel() == window.value("blue")


@pytest.mark.needs(screen_clock=True)
def test_blocked_presentation_holds_back_no_other(presenter):
    """Later ones of the window with other targets go ahead (PRE-115).

    When the blocked one is released it draws over them, late as it is.
    """
    window, other = presenter.window(20, 20), presenter.window(20, 20, x=30)
    wait = presenter.fence()
    blocked = window.present(window.pixmap("red"), wait_fence=wait)
    window.wait_msc(window.msc() + 5)
    for _ in range(3):
        assert window.show("green").mode in SHOWN
        assert other.show("green").mode in SHOWN
    assert window.pixel() == window.value("green")
    assert not blocked.idles()
    wait.trigger()
    assert blocked.wait_complete().mode in SHOWN
    assert window.pixel() == window.value("red")
    assert other.pixel() == other.value("green")
    assert window.show("white").mode in SHOWN
    assert window.pixel() == window.value("white")


@pytest.mark.known_bug(
    reference="a copy that its wait fence releases after the target reports the frame before "
    "(seen on 24.1.14, not on 24.1.6)",
    since={"Xwayland": "24.1.7"},
    effect="RuleViolated",
    strict=False,
)
def test_one_fence_releases_all_that_wait_for_it(presenter):
    """Presentations of several windows and targets wait for one fence (PRE-108)."""
    windows = [presenter.window(20, 20, x=24 * index, background="blue") for index in range(4)]
    wait = presenter.fence()
    now = windows[0].msc()
    shown = [
        window.present(window.pixmap("red"), wait_fence=wait, target_msc=now + index)
        for index, window in enumerate(windows)
    ]
    windows[0].wait_msc(now + 20)
    assert not any(one.completes() for one in shown)
    assert {window.pixel() for window in windows} == {windows[0].value("blue")}
    wait.trigger()
    assert [one.wait_complete().mode in SHOWN for one in shown] == [True] * 4
    assert {window.pixel() for window in windows} == {windows[0].value("red")}


def test_fences_release_only_their_own_presentations(presenter):
    """Of several blocked presentations only the one whose fence is triggered goes (PRE-108)."""
    windows = [presenter.window(20, 20, x=24 * index, background="blue") for index in range(4)]
    fences = [presenter.fence() for _ in windows]
    shown = [
        window.present(window.pixmap("red"), wait_fence=fence)
        for window, fence in zip(windows, fences, strict=True)
    ]
    windows[0].wait_msc(windows[0].msc() + 10)
    done = []
    for number in (2, 0, 3, 1):
        fences[number].trigger()
        done.append(number)
        shown[number].wait_complete()
        assert [index for index in range(4) if shown[index].completes()] == sorted(done)
        assert [
            index for index in range(4) if windows[index].pixel() == windows[index].value("red")
        ] == sorted(done)


def test_wait_fence_can_be_reset_and_used_again(presenter):
    """A fence blocks again once it is reset; released presentations are not undone (PRE-108)."""
    window = presenter.window(20, 20)
    wait = presenter.fence()
    for colour in ("red", "green", "blue"):
        shown = window.present(window.pixmap(colour), wait_fence=wait)
        window.wait_msc(window.msc() + 5)
        assert not shown.completes()
        wait.trigger()
        assert shown.wait_complete().mode in SHOWN
        assert window.pixel() == window.value(colour)
        wait.reset()


@pytest.mark.needs(small_windows_copy=True)
def test_another_clients_fence_holds_back_and_releases(presenter, connect):
    """Wait and idle fences may belong to other clients; these trigger them (PRE-108, PRE-112)."""
    other = connect("other")
    wait, idle = other.fence(), other.fence()
    other.sync()
    window = presenter.window(20, 20)
    shown = window.present(window.pixmap("red"), wait_fence=wait.id, idle_fence=idle.id)
    window.wait_msc(window.msc() + 10)
    assert not shown.completes()
    wait.trigger()
    other.sync()
    assert shown.wait_complete().mode in SHOWN
    assert idle.triggered
    assert window.pixel() == window.value("red")


@pytest.mark.needs(small_windows_copy=True)
def test_fences_of_a_client_that_left_release_and_are_left_out(presenter, connect, too_late):
    """A client's end destroys its fences (PRE-110, PRE-114).

    What was to wait for one does not, and Idle names 0 for the other.
    """
    other = connect("other")
    wait, idle = other.fence(), other.fence()
    other.sync()
    window = presenter.window(20, 20)
    target = window.msc() + 90
    shown = window.present(
        window.pixmap("red"), wait_fence=wait.id, idle_fence=idle.id, target_msc=target
    )
    presenter.core.KillClient(wait.id)
    presenter.sync()
    other.close()
    if window.msc() >= target:
        too_late("the target had passed before the client of the fences was killed")
    assert shown.wait_idle().idle_fence == 0
    assert shown.wait_complete().mode in SHOWN
    assert window.pixel() == window.value("red")


def test_contents_of_a_blocked_presentation_are_taken_on_release(presenter):
    """That is what wait fences are for: drawing finishes, then the pixmap is shown (PRE-108)."""
    window = presenter.window(20, 20)
    pixmap, wait = window.pixmap("red"), presenter.fence()
    shown = window.present(pixmap, wait_fence=wait)
    window.wait_msc(window.msc() + 5)
    pixmap.fill("green")
    wait.trigger()
    shown.wait_complete()
    assert window.pixel() == window.value("green")


@pytest.mark.needs(small_windows_copy=True)
def test_one_presentation_may_wait_for_the_idle_fence_of_another(presenter, too_late):
    """The idle fence of one presentation is the wait fence of the next (PRE-112, PRE-109).

    Each has its target after that of the one before.
    """
    windows = [presenter.window(20, 20, x=24 * index) for index in range(4)]
    fences = [presenter.fence(index == 0) for index in range(5)]
    base = windows[0].msc() + 60
    shown = [
        window.present(
            window.pixmap("red"),
            wait_fence=fences[at],
            idle_fence=fences[at + 1],
            target_msc=base + 10 * at,
        )
        for at, window in enumerate(windows)
    ]
    if windows[0].msc() >= base:
        too_late("the first target had passed before the last presentation was queued")
    for one in shown:
        assert one.wait_complete().msc >= one.request.target_msc
    assert {window.pixel() for window in windows} == {windows[0].value("red")}
    assert fences[4].triggered


@pytest.mark.needs(small_windows_copy=True)
def test_idle_fence_is_not_triggered_when_the_window_dies(presenter, too_late):
    """Queued presentations of a destroyed window leave their idle fences alone (PRE-116).

    The fences are still good for other presentations.
    """
    window, other = presenter.window(20, 20), presenter.window(20, 20, x=30)
    wait, queued, blocked = (presenter.fence() for _ in range(3))
    now = window.msc()
    window.present(window.pixmap("red"), idle_fence=queued, target_msc=now + 60)
    window.present(window.pixmap("red"), idle_fence=blocked, wait_fence=wait)
    window.destroy()
    if other.msc() >= now + 60:
        too_late("the target had passed before the window was destroyed")
    other.wait_msc(now + 80)
    assert not queued.triggered
    assert not blocked.triggered
    wait.trigger()
    assert not blocked.triggered
    shown = other.present(other.pixmap("red"), wait_fence=wait, idle_fence=blocked)
    assert shown.wait_idle().idle_fence == blocked.id
    assert blocked.triggered
