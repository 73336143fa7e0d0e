# SPDX-License-Identifier: MIT
"""Clients that draw and present frame after frame, each with the habits of some real ones."""

from abc import ABC, abstractmethod
from typing import ClassVar

from harness.clients.present.presentation import Presentation
from harness.clients.present.presenter import Presenter, PresentWindow
from harness.clients.resources.pixmap import Pixmap
from harness.x11.present import ALL_EVENTS, CompleteMode, EventMask


class FrameLoop(ABC):
    """Presents frames of one colour to a window that it has made or borrowed.

    It selects ``EVENTS`` for itself.  ``frames`` are its presentations, ``pixmaps`` what it
    has drawn into.
    """

    EVENTS: ClassVar[EventMask]

    def __init__(self, window: PresentWindow) -> None:
        self.window = window
        self.client: Presenter = window.client
        self.frames: list[Presentation] = []
        self.pixmaps: list[Pixmap] = []
        if self.EVENTS:
            window.context = window.select(self.EVENTS)

    def frame(self, colour: str) -> Presentation:
        """Draw the next frame, after waiting as long as the client would, and present it."""
        pixmap = self.next_pixmap()
        pixmap.fill(colour)
        self.frames.append(self.window.present(pixmap, target_msc=self.next_target()))
        self.client.flush()
        return self.frames[-1]

    @abstractmethod
    def next_pixmap(self) -> Pixmap:
        """A pixmap that may be drawn into."""

    def next_target(self) -> int:
        """The target (MSC) of the next frame; 0 for as soon as possible."""
        return 0

    def new_pixmap(self) -> Pixmap:
        """One more pixmap of the window's size."""
        window = self.window
        pixmap = Pixmap.create(self.client, window.width, window.height, window.depth)
        self.pixmaps.append(pixmap)
        return pixmap


class CompleteOnlyLoop(FrameLoop):
    """Selects CompleteNotify alone, and draws when the last frame is complete.

    While frames are copied it uses one pixmap, else two in turn (compositing managers).
    """

    EVENTS = EventMask.COMPLETE

    def next_pixmap(self) -> Pixmap:
        if not self.frames:
            return self.new_pixmap()
        last = self.frames[-1]
        presented = next(one for one in self.pixmaps if one.id == last.request.pixmap)
        if last.wait_complete().mode is CompleteMode.COPY:
            return presented
        others = [one for one in self.pixmaps if one is not presented]
        return others[0] if others else self.new_pixmap()


class BlindLoop(FrameLoop):
    """Selects nothing: a new pixmap for each frame, freed as soon as it is presented.

    Small demonstration programs do so.
    """

    EVENTS = EventMask(0)

    def next_pixmap(self) -> Pixmap:
        return self.new_pixmap()

    def frame(self, colour: str) -> Presentation:
        shown = super().frame(colour)
        self.pixmaps[-1].free()
        return shown


class NextFrameLoop(FrameLoop):
    """Asks for the frame (MSC) after the last, and draws into whatever pixmap is idle.

    Wayland compositors that run as a client do so.
    """

    EVENTS = ALL_EVENTS

    def next_target(self) -> int:
        return self.frames[-1].wait_complete().msc + 1 if self.frames else 0

    def next_pixmap(self) -> Pixmap:
        if self.frames:
            self.frames[-1].wait_complete()
        busy = {one.request.pixmap for one in self.frames if not one.idles()}
        idle = [one for one in self.pixmaps if one.id not in busy]
        return idle[0] if idle else self.new_pixmap()
