# SPDX-License-Identifier: MIT
"""A scripted client of the Present extension."""

import struct
from collections.abc import Sequence
from operator import methodcaller
from typing import Any

from harness.clients.connection.client import EVENT_SECONDS, Client
from harness.clients.connection.endpoint import Endpoint
from harness.clients.connection.errors import ProtocolError
from harness.clients.present.presentation import EventContext, MscNotification, Presentation
from harness.clients.resources.fence import Fence
from harness.clients.resources.pixmap import Pixmap
from harness.clients.resources.region import Region
from harness.clients.resources.window import Window
from harness.errors import HarnessError
from harness.timeline.record import Timeline
from harness.x11 import present
from harness.x11.drafts import present_redirect
from harness.x11.present import Capability, CompleteNotify

__tracebackhide__ = methodcaller("errisinstance", HarnessError)

SOON_FRAMES = 60
"""Frames from now within which ``Presenter.settle`` waits for a presentation."""
SETTLE_FRAMES = 12
SETTLE_SECONDS = 20.0


class PresentWindow(Window):
    """A window and, unless it selects none, its Present event context."""

    client: "Presenter"
    context: EventContext | None = None

    def select(self, mask: int = present.ALL_EVENTS, id: int | None = None) -> EventContext:
        """A further event context of this window's client on this window."""
        return EventContext(self, self.client.new_id() if id is None else id, mask)

    def pixmap(
        self,
        colour: str | int | None = None,
        width: int | None = None,
        height: int | None = None,
    ) -> Pixmap:
        """A pixmap of this window's depth and, by default, size; a test chart if no colour."""
        return self.client.pixmap(
            self.width if width is None else width,
            self.height if height is None else height,
            self.depth,
            colour,
        )

    def present(
        self,
        pixmap: Pixmap | int,
        *,
        serial: int | None = None,
        valid: Region | int | None = None,
        update: Region | int | None = None,
        x_off: int = 0,
        y_off: int = 0,
        target_crtc: int = 0,
        wait_fence: Fence | int | None = None,
        idle_fence: Fence | int | None = None,
        options: int = 0,
        target_msc: int = 0,
        divisor: int = 0,
        remainder: int = 0,
        notifies: Sequence[tuple[Window, int]] = (),
    ) -> Presentation:
        """PresentPixmap; ``serial`` counts up by default, ``notifies`` are (window, serial).

        ``x_off``, ``y_off`` in pixels; ``target_msc``, ``divisor`` and ``remainder`` in frames
        MSC, 0 for the next frame.  Regions, fences and pixmaps may be given by their ids.
        """
        presentation = Presentation(
            self,
            present.PresentPixmap(
                window=self.id,
                pixmap=_id(pixmap),
                serial=next(self.client.timeline.serials) if serial is None else serial,
                valid=_id(valid),
                update=_id(update),
                x_off=x_off,
                y_off=y_off,
                target_crtc=target_crtc,
                wait_fence=_id(wait_fence),
                idle_fence=_id(idle_fence),
                options=int(options),
                target_msc=target_msc,
                divisor=divisor,
                remainder=remainder,
                notifies=tuple(present.Notify(w.id, s) for w, s in notifies),
            ),
        )
        self.client.presentations.append(presentation)
        return presentation

    def show(self, colour: str | int) -> CompleteNotify:
        """Present a pixmap of one colour at the next frame and wait until it is complete."""
        pixmap = self.pixmap(colour)
        complete = self.present(pixmap).wait_complete()
        pixmap.free()
        return complete

    def notify_msc(
        self,
        target_msc: int = 0,
        divisor: int = 0,
        remainder: int = 0,
        serial: int | None = None,
    ) -> MscNotification:
        """PresentNotifyMSC; its CompleteNotify goes to the window's context.

        All in frames MSC; ``target_msc`` 0 is answered at once.
        """
        serial = next(self.client.timeline.serials) if serial is None else serial
        msc = {"target_msc": target_msc, "divisor": divisor, "remainder": remainder}
        return MscNotification(self, present.NotifyMsc(window=self.id, serial=serial, **msc))

    def capabilities(self) -> Capability:
        """QueryCapabilities: what the window's CRTC can do."""
        reply = self.client.ask(present.QueryCapabilities(self.id))
        return Capability(struct.unpack_from("=8xI", reply)[0])

    def msc(self) -> int:
        """The window's current MSC (frames), by NotifyMSC.  Raises WaitTimeout."""
        return self.notify_msc().wait_complete().msc

    def wait_msc(self, target_msc: int, seconds: float = EVENT_SECONDS) -> int:
        """Wait until the window's MSC (frames) is ``target_msc`` or later; returns it.

        Raises WaitTimeout after ``seconds``.
        """
        return self.notify_msc(target_msc).wait_complete(seconds).msc


class Presenter(Client):
    """A client with windows, pixmaps, regions and fences to present with."""

    def __init__(
        self,
        server: Endpoint,
        timeline: Timeline | None = None,
        name: str = "presenter",
        patience: float = 0.0,
    ) -> None:
        super().__init__(server, timeline, name, patience)
        self.presentations: list[Presentation] = []

    def window(
        self,
        width: int,
        height: int,
        *,
        events: int = present.ALL_EVENTS,
        mapped: bool = True,
        parent: Window | int | None = None,
        **attributes: Any,
    ) -> PresentWindow:
        """A mapped window with an event context for ``events`` (0 for none).

        ``attributes`` are those of ``Window.create``: x, y, depth, background, ...
        """
        window = PresentWindow.create(self, width, height, parent=_id(parent) or None, **attributes)
        if events:
            window.context = window.select(events)
        if mapped:
            window.map()
        return window

    def screen_window(self, **attributes: Any) -> PresentWindow:
        """A mapped window that fills the screen; ``attributes`` as for ``window``."""
        screen = self.screen
        return self.window(screen.width_in_pixels, screen.height_in_pixels, **attributes)

    def borrow_window(self, window: Window, events: int = present.ALL_EVENTS) -> PresentWindow:
        """Another client's window as this client uses it, with a context of its own."""
        window.client.sync()
        borrowed = self._use(window.id, window.width, window.height, window.depth, events)
        if events:
            self.sync()
        return borrowed

    def root_window(self, events: int = present.ALL_EVENTS) -> PresentWindow:
        """The root window of the first screen."""
        screen = self.screen
        size = screen.width_in_pixels, screen.height_in_pixels
        return self._use(self.root, *size, screen.root_depth, events)

    def pixmap(
        self, width: int, height: int, depth: int | None = None, colour: str | int | None = None
    ) -> Pixmap:
        """A pixmap filled with ``colour``, or with a test chart if None."""
        depth = self.depth if depth is None else depth
        pixmap = Pixmap.create(self, width, height, depth)
        if colour is None:
            return pixmap.chart()
        pixmap.fill(colour)
        return pixmap

    def borrow_pixmap(self, pixmap: Pixmap) -> Pixmap:
        """Another client's pixmap as this client uses it."""
        pixmap.client.sync()
        return Pixmap(self, pixmap.id, pixmap.width, pixmap.height, pixmap.depth)

    def idle(self, pixmap: Pixmap | int) -> None:
        """PresentIdle: ``pixmap`` is not needed any more for one RedirectNotify that named it."""
        self.send(present_redirect.PresentIdle(_id(pixmap)))
        self.flush()

    def region(self, *rectangles: tuple[int, int, int, int]) -> Region:
        """An XFIXES region: the union of (x, y, width, height) rectangles."""
        return Region.create(self, list(rectangles))

    def fence(self, triggered: bool = False) -> Fence:
        """A SYNC fence."""
        return Fence.create(self, triggered)

    def settle(self) -> None:
        """Wait for the presentations that are due within ``SOON_FRAMES``.

        Afterwards the MSC of their windows has passed them by ``SETTLE_FRAMES``, so that
        whatever is still missing never comes.  Those that wait for a fence or are due later
        stay pending.  Raises WaitTimeout when a window's MSC does not advance.
        """
        self.sync()
        pending: dict[int, list[Presentation]] = {}
        for presentation in self.presentations:
            if not presentation.request.wait_fence and not presentation.answered():
                pending.setdefault(presentation.window.id, []).append(presentation)
        for window, presentations in pending.items():
            if not self._exists(window):
                continue
            probe = PresentWindow(self, window, 0, 0, 0)
            probe.context = context = probe.select(present.EventMask.COMPLETE)
            now = probe.msc()
            due = [msc for p in presentations if (msc := p.due(now)) - now <= SOON_FRAMES]
            if due:
                probe.wait_msc(max(due) + SETTLE_FRAMES, SETTLE_SECONDS)
            context.delete()
            # The rules take two round trips as proof that nothing was still on its way.
            self.sync()
        self.sync()

    def _use(self, id: int, width: int, height: int, depth: int, events: int) -> PresentWindow:
        window = PresentWindow(self, id, width, height, depth)
        if events:
            window.context = window.select(events)
        return window

    def _exists(self, window: int) -> bool:
        try:
            self.core.GetWindowAttributes(window).reply()
        except ProtocolError:
            return False
        return True


def _id(resource: Pixmap | Region | Fence | Window | int | None) -> int:
    if resource is None:
        return 0
    return resource if isinstance(resource, int) else resource.id
