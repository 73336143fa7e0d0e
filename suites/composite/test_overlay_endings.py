# SPDX-License-Identifier: MIT
"""Every way in which the overlay ends, or does not, for a client that presents to it.

It ends with its last use; the next GetOverlayWindow makes it again, under the same id.
"""

import pytest
import xcffib.composite
from xcffib.xproto import CloseDown, EventMask

from harness.capture.get_image import capture
from harness.clients.present.presenter import PresentWindow
from harness.clients.resources.window import Overlay
from harness.pixels.canvas import Canvas
from harness.x11.present import CompleteMode, CompleteNotify, IdleNotify
from suites.composite.test_overlay import await_gone, exists, get, release

pytestmark = [
    pytest.mark.xserver(fps=600, any_depth=True),
    pytest.mark.needs("Composite", "Present", uncomposited=True),
]

NEAR = 90
ENDED_LATE = "a target had passed before the overlay ended"


class Scene:
    """The overlay, held by one client, and watched by another, which presents to it."""

    def __init__(self, presenter, connect):
        self.presenter = presenter
        self.holder = connect("holder")
        self.clock = presenter.window(10, 10, x=100)
        overlay = Overlay.get(self.holder)
        self.holder.sync()
        self.view = self.use(overlay.id)

    def use(self, overlay):
        """The overlay as the presenter uses it, with a new context."""
        geometry = self.presenter.geometry(overlay)
        view = PresentWindow(
            self.presenter, overlay, geometry.width, geometry.height, geometry.depth
        )
        view.context = view.select()
        view.select_core(EventMask.StructureNotify)
        return view

    def present(self, target, view=None):
        view = view or self.view
        return view.present(view.pixmap("green", 50, 50), target_msc=target)


@pytest.fixture
def scene(presenter, connect):
    return Scene(presenter, connect)


def holder_releases(scene):
    release(scene.holder, scene.holder.root)
    scene.holder.sync()


def holder_closes(scene):
    scene.holder.close()


def holder_is_killed(scene):
    window = scene.holder.window(5, 5, events=0)
    scene.holder.sync()
    scene.presenter.core.KillClient(window.id)
    scene.presenter.sync()
    scene.holder.close()


def watcher_releases_last(scene):
    get(scene.presenter, scene.presenter.root)
    holder_releases(scene)
    assert exists(scene.presenter, scene.view.id)
    release(scene.presenter, scene.presenter.root)


def held_twice_and_released_twice(scene):
    get(scene.holder, scene.holder.root)
    holder_releases(scene)
    assert exists(scene.presenter, scene.view.id)
    holder_releases(scene)


ENDS = {
    one.__name__.replace("_", "-"): one
    for one in (
        *(holder_releases, holder_closes, holder_is_killed),
        *(watcher_releases_last, held_twice_and_released_twice),
    )
}


@pytest.mark.parametrize("way", ENDS)
def test_selection_and_queue_end_with_the_last_use(presenter, scene, way, too_late):
    """Nothing queued is told or drawn; the overlay that is made again has the same id and no
    selection, and the old event id is free (CMP-123, PRE-030, PRE-130)."""
    old = scene.view
    now = scene.clock.msc()
    queued = [scene.present(now + NEAR), old.notify_msc(now + NEAR)]
    presenter.sync()
    ENDS[way](scene)
    await_gone(presenter, old.id)
    if scene.clock.msc() >= now + NEAR:
        too_late(ENDED_LATE)
    assert get(presenter, presenter.root) == old.id
    new = scene.use(old.id)
    new.fill("grey")
    scene.clock.wait_msc(now + NEAR + 40)
    shown = scene.present(0, new)
    shown.wait_complete()
    told = [event.content for event in presenter.events if event.content is not None]
    answers = [one for one in told if isinstance(one, CompleteNotify | IdleNotify)]
    assert not {one.serial for one in answers} & {one.serial for one in queued}
    assert not [one for one in answers if one.event == old.context.id]
    assert len(shown.idles()) == 1
    window = presenter.window(9, 9, x=300, events=0)
    window.context = window.select(id=old.context.id)
    window.present(window.pixmap("red")).wait_complete()
    release(presenter, presenter.root)
    presenter.sync()
    assert not exists(presenter, old.id)


def watcher_holds_it_too(scene):
    get(scene.presenter, scene.presenter.root)
    scene.holder.close()


def holder_got_it_twice(scene):
    get(scene.holder, scene.holder.root)
    holder_releases(scene)


def holder_is_retained(scene):
    scene.holder.core.SetCloseDownMode(CloseDown.RetainPermanent)
    scene.holder.sync()
    scene.holder.close()


LIVES_ON = {
    one.__name__.replace("_", "-"): one
    for one in (watcher_holds_it_too, holder_got_it_twice, holder_is_retained)
}


@pytest.mark.xserver(fps=600, fresh=True)
@pytest.mark.parametrize("way", LIVES_ON)
def test_selection_and_queue_stay_while_anybody_holds_it(presenter, scene, way):
    """What is queued is shown and told on every selection (CMP-123)."""
    second = scene.view.select()
    queued = scene.present(scene.clock.msc() + NEAR)
    presenter.sync()
    LIVES_ON[way](scene)
    later = scene.present(scene.clock.msc() + NEAR + 30)
    for one in (queued, later):
        for context in (scene.view.context, second):
            assert one.wait_complete(context=context).msc >= one.request.target_msc
            assert len(one.idles(context)) == 1
    assert get(presenter, presenter.root) == scene.view.id
    release(presenter, presenter.root)


def test_the_overlay_is_held_by_uses_not_by_selections(presenter, scene):
    """A client that selects events on it, and has a child in it, keeps it no longer (CMP-123)."""
    child = presenter.window(9, 9, parent=scene.view)
    presenter.sync()
    holder_releases(scene)
    await_gone(presenter, scene.view.id)
    assert not exists(presenter, child.id)
    with presenter.expect_error("Match"):
        presenter.extension(xcffib.composite).ReleaseOverlayWindow(presenter.root)


def test_frames_ahead_of_an_overlay_that_is_got_again_are_gone(presenter, connect):
    """A compositing window manager may present some frames ahead when it starts, release the
    overlay and get it again: only the new frames are shown and told (CMP-123)."""
    observer = connect("observer").window(10, 10, x=100)
    old = open_overlay(presenter)
    now = observer.msc()
    ahead = [old.present(old.pixmap("red"), target_msc=now + 6 * n) for n in (20, 21, 22)]
    release(presenter, presenter.root)
    new = open_overlay(presenter)
    assert new.id == old.id
    shown = new.present(new.pixmap("green"))
    mode = shown.wait_complete().mode
    observer.wait_msc(now + 6 * 22 + 30)
    presenter.sync()
    # A client that is slow to release may have shown what it meant for later.
    events = [one for one in presenter.events if one.sequence >= shown.sequence and one.content]
    serials = {one.serial for one in ahead}
    assert {one.content.event for one in events} == {new.context.id}
    assert not {getattr(one.content, "serial", 0) for one in events} & serials
    assert len(shown.completes()) == 1
    picture = Canvas(new.width, new.height, new.depth, "green")
    if mode is CompleteMode.COPY:
        picture.check(capture(new))
    release(presenter, presenter.root)
    presenter.sync()


def open_overlay(client):
    """The overlay, got once more, with a context for everything."""
    overlay = Overlay.get(client)
    window = PresentWindow(client, overlay.id, overlay.width, overlay.height, overlay.depth)
    window.context = window.select()
    return window
