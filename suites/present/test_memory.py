# SPDX-License-Identifier: MIT
"""What a presentation took is given back, however it ends: pixmaps, areas, fences, its place in
lists."""

from itertools import pairwise

import pytest

from harness.x11.present import CompleteMode, NotifyMsc, PresentPixmap
from suites.address_space import address_space, open_descriptors

pytestmark = [
    pytest.mark.needs(memory=True),
    # One that has served others has room for what is lost.
    pytest.mark.xserver(fps=600, any_depth=True, fresh=True),
]

FAR = 1 << 28
"""Frames (MSC) that no test lives to see."""
SIDE = 400
"""A pixmap of so many pixels either way has 600 kilobytes."""
SPOTS = [(x, y, 1, 1) for y in range(0, 160, 2) for x in range(0, 200, 2)]
"""A region of 8000 rectangles has 64 kilobytes."""


class Stage:
    """A window and pixmaps, a life long."""

    def __init__(self, presenter, areas):
        self.presenter, self.areas = presenter, areas
        self.window = presenter.window(SIDE, SIDE)
        self._pixmaps = []

    def present(self, **arguments):
        """With a pixmap of its own."""
        self._pixmaps.append(pixmap := self.presenter.new_id())
        self.presenter.core.CreatePixmap(self.window.depth, pixmap, self.window.id, *(SIDE, SIDE))
        return self.window.present(pixmap, **arguments)

    def end(self):
        self.window.destroy()
        for pixmap in self._pixmaps:
            self.presenter.core.FreePixmap(pixmap)


def shown(stage):
    """At the next frame."""
    stage.present(**stage.areas).wait_complete()


def superseded(stage):
    """By one for the same frame, which ends with the window."""
    stage.present(target_msc=FAR, **stage.areas)
    stage.present(target_msc=FAR)


def released(stage):
    """By its fence."""
    fence = stage.presenter.fence()
    presentation = stage.present(wait_fence=fence, **stage.areas)
    fence.trigger()
    presentation.wait_complete()
    fence.destroy()


def held(stage):
    """By a fence that is never triggered, until the window ends."""
    fence = stage.presenter.fence()
    stage.present(wait_fence=fence, **stage.areas)
    fence.destroy()


def refused(stage):
    """For its remainder."""
    with stage.presenter.catch_errors() as errors:
        stage.present(remainder=1, **stage.areas)
    assert len(errors) == 1


@pytest.mark.parametrize("ends", [shown, superseded, released, held, refused])
def test_what_a_presentation_held_is_freed(presenter, server, ends):
    """Its pixmap and its areas (PRE-188)."""
    spots = presenter.region(*SPOTS)
    areas = {"valid": spots, "update": spots}

    def live(times):
        for _ in range(times):
            stage = Stage(presenter, areas)
            ends(stage)
            stage.end()
        presenter.sync()
        return address_space(server.pid)

    sizes = [live(8) for _ in range(4)]
    # A server grows now and then; one that loses memory does so each time.
    assert min(after - before for before, after in pairwise(sizes)) < 256 << 10


def test_what_a_presentation_noted_is_freed(presenter, server):
    """Rounds of presentations with fences, and of questions for a frame, leave nothing when their
    window has ended (PRE-188)."""
    pixmap, wait, idle = presenter.pixmap(3, 3), presenter.fence(True), presenter.fence()
    area = presenter.region((0, 0, 3, 3))

    def ask(times):
        window = presenter.window(3, 3, events=0)
        fences = {"wait_fence": wait.id, "idle_fence": idle.id}
        own = {"window": window.id, "serial": 1}
        # Each is copied, as there is an area; of those that are far off the last one is left.
        copied = PresentPixmap(pixmap=pixmap.id, update=area.id, **own, **fences)
        superseded = PresentPixmap(pixmap=pixmap.id, target_msc=FAR, **own, **fences)
        asked = [copied, superseded, NotifyMsc(target_msc=FAR, **own)]
        encoded = [(one.OPCODE, one.encode()) for one in asked]
        for _ in range(times):
            for opcode, data in encoded:
                presenter.send_raw("Present", opcode, data)
        window.destroy()
        presenter.sync()
        return address_space(server.pid)

    sizes = [ask(2000) for _ in range(4)]
    assert min(after - before for before, after in pairwise(sizes)) < 100 << 10


@pytest.mark.needs(flip=True)
def test_what_flips_held_is_freed(presenter, server):
    """Pixmaps that were the screen leave no memory and no descriptors behind (PRE-188)."""

    def flip(times):
        window = presenter.screen_window()
        for _ in range(times):
            pixmap = window.pixmap("red")
            assert window.present(pixmap).wait_complete().mode is CompleteMode.FLIP
            pixmap.free()
        window.destroy()
        presenter.sync()
        return address_space(server.pid), open_descriptors(server.pid)

    rounds = [flip(8) for _ in range(4)]
    for sizes, most in zip(zip(*rounds, strict=True), (256 << 10, 4), strict=True):
        assert min(after - before for before, after in pairwise(sizes)) < most
