# SPDX-License-Identifier: MIT
"""Every way in which a window ends, or does not, for a client that presents to it and watches."""

import pytest
import xcffib.xfixes
from xcffib.xproto import CloseDown, EventMask, SetMode

from harness.clients.connection.endpoint import REPLY_SECONDS
from harness.clients.connection.errors import ProtocolError
from harness.deadlines import Deadline
from harness.x11.present import CompleteNotify, IdleNotify
from suites.present.test_lifetime import DESTROYED_LATE, assert_healthy

pytestmark = pytest.mark.xserver(fps=600, any_depth=True)

NEAR = 90
RESOURCE_OF_NO_CLIENT = 0
"""What KillClient takes for all that was retained temporarily."""


def exists(client, window):
    with client.catch_errors() as errors:
        client.core.GetWindowAttributes(window).reply()
    assert [error.name for error in errors] in ([], ["Window"])
    return not errors


def await_end(client, window):
    """The server notices some time later that a client closed its connection."""
    deadline = Deadline.after(REPLY_SECONDS)
    while exists(client, window):
        assert not deadline.passed, f"window {window:#x} still exists"


def close(client):
    client.sync()
    client.close()


class Scene:
    """An owner's window inside of a frame that another client made, both watched by a third.

    ``parent`` is the frame.  ``view`` is the window as the third client uses it, which has
    selected everything on it and presents to it.
    """

    def __init__(self, presenter, connect):
        self.presenter = presenter
        self.framer, self.owner = connect("framer"), connect("owner")
        self.parent = self.framer.window(60, 60, x=200, events=0)
        self.framer.sync()
        self.window = self.owner.window(40, 40, parent=self.parent)
        self.view = presenter.borrow_window(self.window)
        self.view.select_core(EventMask.StructureNotify)
        self.clock = presenter.window(10, 10, x=100)
        presenter.sync()

    def insert(self):
        self.framer.core.ChangeSaveSet(SetMode.Insert, self.window.id)

    def present(self, target):
        return self.view.present(self.view.pixmap("green"), target_msc=target)


@pytest.fixture
def scene(presenter, connect):
    scene = Scene(presenter, connect)
    yield scene
    # What is retained for ever would be in the way of others.
    for client, window in ((scene.owner, scene.window), (scene.framer, scene.parent)):
        if client.closed and exists(presenter, window.id):
            presenter.core.KillClient(window.id)
    presenter.sync()


def destroy(scene):
    scene.window.destroy()
    scene.owner.sync()


def destroy_by_another(scene):
    scene.presenter.core.DestroyWindow(scene.window.id)


def destroy_parent(scene):
    scene.parent.destroy()
    scene.framer.sync()


def destroy_siblings(scene):
    scene.presenter.core.DestroySubwindows(scene.parent.id)


def owner_closes(scene):
    close(scene.owner)


def framer_closes(scene):
    close(scene.framer)


def owner_is_killed(scene):
    scene.presenter.core.KillClient(scene.window.id)
    scene.presenter.sync()
    scene.owner.close()


def framer_is_killed(scene):
    scene.presenter.core.KillClient(scene.parent.id)
    scene.presenter.sync()
    scene.framer.close()


def owner_was_saved(scene):
    """A save set is for the end of its own client."""
    scene.insert()
    scene.framer.sync()
    close(scene.owner)


def deleted_from_the_save_set(scene):
    scene.insert()
    scene.framer.core.ChangeSaveSet(SetMode.Delete, scene.window.id)
    close(scene.framer)


def retained_then_killed(scene):
    scene.owner.core.SetCloseDownMode(CloseDown.RetainPermanent)
    close(scene.owner)
    killed_until_absent(scene, scene.window.id)


def retained_temporarily(scene):
    scene.owner.core.SetCloseDownMode(CloseDown.RetainTemporary)
    close(scene.owner)
    killed_until_absent(scene, RESOURCE_OF_NO_CLIENT)


def killed_until_absent(scene, resource):
    """A client that the server does not know to have ended is only retained by a kill."""
    deadline = Deadline.after(REPLY_SECONDS)
    while exists(scene.presenter, scene.window.id):
        assert not deadline.passed, "the window was not killed"
        with scene.presenter.catch_errors():
            scene.presenter.core.KillClient(resource)


ENDS = {
    one.__name__.replace("_", "-"): one
    for one in (
        *(destroy, destroy_by_another, destroy_parent, destroy_siblings),
        *(owner_closes, framer_closes, owner_is_killed, framer_is_killed),
        *(owner_was_saved, deleted_from_the_save_set),
        *(retained_then_killed, retained_temporarily),
    )
}


@pytest.mark.parametrize("way", ENDS)
def test_a_window_that_ends_takes_selection_and_queue_along(presenter, scene, way, too_late):
    """However it ends, nothing queued is told or drawn, DestroyNotify comes once, and its id
    names nothing any more (PRE-030, PRE-130, PRE-131)."""
    now = scene.clock.msc()
    queued = [scene.present(now + NEAR), scene.view.notify_msc(now + NEAR)]
    presenter.sync()
    ENDS[way](scene)
    await_end(presenter, scene.window.id)
    if scene.clock.msc() >= now + NEAR:
        too_late(DESTROYED_LATE)
    scene.clock.wait_msc(now + NEAR + 40)
    presenter.sync()
    told = [event.content for event in presenter.events if event.content is not None]
    serials = {one.serial for one in queued}
    assert not [
        one
        for one in told
        if isinstance(one, CompleteNotify | IdleNotify) and one.serial in serials
    ]
    ends = [event for event in presenter.events if event.name == "DestroyNotify"]
    assert [event.core.window for event in ends] == [scene.window.id]
    with presenter.expect_error("Window", scene.window.id):
        scene.view.select()
    assert_healthy(presenter)


def framer_closes_after_it_left(scene):
    scene.window.reparent(scene.presenter.root, 200, 0)
    scene.owner.sync()
    close(scene.framer)


def framer_closes_with_a_save_set(scene):
    scene.insert()
    close(scene.framer)


def framer_is_killed_with_a_save_set(scene):
    scene.insert()
    scene.framer.sync()
    framer_is_killed(scene)


def framer_closes_with_a_save_set_of_xfixes(scene):
    fixes = scene.framer.extension(xcffib.xfixes)
    fixes.ChangeSaveSet(
        xcffib.xfixes.SaveSetMode.Insert,
        xcffib.xfixes.SaveSetTarget.Root,
        xcffib.xfixes.SaveSetMapping.Map,
        scene.window.id,
    )
    close(scene.framer)


def owner_is_retained(scene):
    scene.owner.core.SetCloseDownMode(CloseDown.RetainPermanent)
    close(scene.owner)


def owner_is_retained_temporarily(scene):
    scene.owner.core.SetCloseDownMode(CloseDown.RetainTemporary)
    close(scene.owner)


def owner_is_retained_when_killed(scene):
    scene.owner.core.SetCloseDownMode(CloseDown.RetainPermanent)
    scene.owner.sync()
    owner_is_killed(scene)


def framer_is_retained(scene):
    scene.framer.core.SetCloseDownMode(CloseDown.RetainPermanent)
    close(scene.framer)


def all_retained_temporarily_are_killed(scene):
    """It was retained permanently."""
    owner_is_retained(scene)
    scene.presenter.core.KillClient(RESOURCE_OF_NO_CLIENT)


LIVES_ON = {
    one.__name__.replace("_", "-"): one
    for one in (
        *(framer_closes_after_it_left, framer_closes_with_a_save_set),
        *(framer_is_killed_with_a_save_set, framer_closes_with_a_save_set_of_xfixes),
        *(owner_is_retained, owner_is_retained_temporarily, owner_is_retained_when_killed),
        *(framer_is_retained, all_retained_temporarily_are_killed),
    )
}


@pytest.mark.parametrize("way", LIVES_ON)
@pytest.mark.needs(small_windows_copy=True)
def test_a_window_that_lives_on_keeps_selection_and_queue(presenter, scene, way):
    """What was queued before is shown and told after another client's end, on every selection,
    and so is what comes later (PRE-154)."""
    second = scene.view.select()
    queued = scene.present(scene.clock.msc() + NEAR)
    presenter.sync()
    LIVES_ON[way](scene)
    later = scene.present(scene.clock.msc() + NEAR + 30)
    for one in (queued, later):
        for context in (scene.view.context, second):
            assert one.wait_complete(context=context).msc >= one.request.target_msc
            assert len(one.completes(context)) == len(one.idles(context)) == 1
    assert exists(presenter, scene.window.id)
    assert scene.view.pixel() == scene.view.value("green")


def test_a_window_two_steps_inside_ends_with_the_frame(presenter, scene):
    """Servers put a saved window back only if its own parent was of the client that ended, where
    the text says any ancestor: this one ends with its parent (PRE-155)."""
    inner = presenter.window(20, 20, parent=scene.window)
    presenter.sync()
    scene.framer.core.ChangeSaveSet(SetMode.Insert, inner.id)
    close(scene.framer)
    await_end(presenter, inner.id)
    with presenter.catch_errors() as errors, pytest.raises(ProtocolError):
        presenter.geometry(inner.id)
    assert [error.name for error in errors] == ["Drawable"]
