# SPDX-License-Identifier: MIT
"""A small compositing manager: it paints the screen from the windows' backing pixmaps."""

import struct
from operator import methodcaller
from typing import Self

import xcffib.shape
import xcffib.xfixes
from xcffib.composite import Redirect
from xcffib.shape import SK
from xcffib.xproto import EventMask

from harness.clients.compositing.composited_window import OPACITY, CompositedWindow
from harness.clients.compositing.stack import Stack
from harness.clients.connection.errors import ProtocolError
from harness.clients.present.presentation import Presentation
from harness.clients.present.presenter import Presenter
from harness.clients.resources.damage import DamageNotify
from harness.clients.resources.picture import Picture
from harness.clients.resources.pixmap import Pixmap
from harness.clients.resources.region import Rectangles, Region
from harness.clients.resources.window import Overlay, Window
from harness.errors import HarnessError
from harness.x11.core_events import ConfigureNotify, DestroyNotify, PropertyNotify
from harness.x11.present import ALL_EVENTS, Option

__tracebackhide__ = methodcaller("errisinstance", HarnessError)

SELECTION = "_NET_WM_CM_S0"


class AlreadyComposited(HarnessError):
    """The screen has a compositing manager already."""


class Buffer:
    """A pixmap of the size of the screen; ``stale`` is the region that has to be repainted.

    ``shown`` is its last presentation.
    """

    shown: Presentation | None = None

    def __init__(self, target: Window) -> None:
        geometry = target.geometry
        self.pixmap = Pixmap.create(target.client, geometry.width, geometry.height, geometry.depth)
        self.picture = Picture.of(self.pixmap)
        self.stale = Region.create(target.client, [(0, 0, geometry.width, geometry.height)])

    @property
    def idle(self) -> bool:
        return self.shown is None or bool(self.shown.idles())

    def free(self) -> None:
        self.picture.free()
        self.pixmap.free()
        self.stale.destroy()


class Compositor:
    """Composites the screen, or the children of one window, whenever ``update`` is called.

    It owns the selection _NET_WM_CM_S0, redirects the children manually and follows their
    events.  It trusts the server: what no event and no Damage reports is not painted again.
    The picture goes to the overlay window (for the children of a window: into that window),
    copied with RENDER, or with PresentPixmap from one of ``buffers`` pixmaps, none of which is
    drawn into before it is idle.

    ``layers`` are the windows by id.  Raises AlreadyComposited when there is a compositor.
    """

    def __init__(
        self,
        client: Presenter,
        parent: Window | None = None,
        *,
        buffers: int = 0,
        background: str = "grey",
    ) -> None:
        self.client = client
        self.background = background
        self.frames: list[Presentation] = []
        self.layers: dict[int, CompositedWindow] = {}
        self._presents = buffers > 0
        self._count = max(1, buffers)
        self._overlay: Overlay | None = None
        self._owner: Window | None = None
        self._stopped = False
        self.parent = (
            client.root_window(events=0) if parent is None else client.borrow_window(parent, 0)
        )
        with client.grab():
            if parent is None:
                self._refuse_to_be_second()
            self._seen = len(client.events)
            self._stack = Stack(self.parent.id)
            self.parent.select_core(EventMask.SubstructureNotify | EventMask.StructureNotify)
            self.parent.redirect_subwindows(Redirect.Manual)
            self._stack.adopt(client)
            if parent is None:
                # After the redirection: windows lose what the overlay covers before.
                self._overlay = self._open_overlay()
            self._target = client.borrow_window(
                self._overlay or self.parent, ALL_EVENTS if self._presents else 0
            )
            self._onto = Picture.of(self._target)
            self._buffers = [Buffer(self._target) for _ in range(self._count)]
            self._repaint = True
            self._reconcile()
        self.update()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if not self.client.closed:
            self.stop()

    @property
    def order(self) -> list[int]:
        """The ids of the windows, bottommost first."""
        return [child.id for child in self._stack.children]

    def update(self) -> Presentation | None:
        """Process the events so far and paint what has changed, under one server grab.

        Returns the presentation of the new frame, if it presents and anything changed.
        Raises ProtocolError for an error that the death of a window does not explain.
        """
        with self.client.grab():
            while True:
                shown = None
                with self.client.catch_errors() as refused:
                    shown = self._compose()
                if not refused:
                    return shown
                # Also during a grab, a client that dies takes its windows along.
                events = self.client.events[self._seen :]
                if not any(isinstance(event.core, DestroyNotify) for event in events):
                    raise ProtocolError(refused[0], "a compositor's requests")
                self._repaint = True

    def _compose(self) -> Presentation | None:
        damaged = self._follow()
        if self._repaint:
            damaged = [layer for layer in self.layers.values() if layer.damage_id]
        elif not self._stack.exposed and not damaged:
            return None
        fresh = Region.create(self.client, self._exposed())
        for layer in damaged:
            layer.take_damage(fresh)
        for buffer in self._buffers:
            buffer.stale.unite(buffer.stale, fresh)
        buffer = self._idle_buffer()
        self._paint(buffer)
        shown = self._show(buffer, fresh)
        fresh.destroy()
        return shown

    def stop(self) -> None:
        """End the redirection: the server shows every window as it was composited.

        Does nothing the second time.
        """
        if self._stopped:
            return
        self._stopped = True
        with self.client.grab():
            self._onto.free()
            if self._target.context is not None:
                self._target.context.delete()
            if self._owner is not None:
                self._owner.destroy()
            # Windows lose what the overlay covers once they are drawn on the screen again.
            if self._overlay is not None:
                self._overlay.release()
            self.parent.unredirect_subwindows(Redirect.Manual)
            self.parent.select_core(0)
            for layer in self.layers.values():
                layer.free()
            self.layers.clear()
            for buffer in self._buffers:
                buffer.free()

    def _refuse_to_be_second(self) -> None:
        owner = self.client.core.GetSelectionOwner(self.client.atom(SELECTION)).reply().owner
        if owner:
            raise AlreadyComposited(
                f"{self.client.name} cannot composite {self.client.server.display}: window "
                f"{owner:#x} owns {SELECTION}; stop the compositor that it belongs to"
            )

    def _open_overlay(self) -> Overlay:
        """The overlay window, which lets the pointer through, with the selection's owner in it."""
        overlay = Overlay.get(self.client)
        nowhere = Region.create(self.client, [])
        fixes = self.client.extension(xcffib.xfixes)
        fixes.SetWindowShapeRegion(overlay.id, SK.Input, 0, 0, nowhere.id)
        nowhere.destroy()
        # To events it is a child of the root, though not to QueryTree.
        self._stack.besides = overlay.id
        self._owner = Window.create(self.client, 1, 1, parent=overlay.id)
        self.client.core.SetSelectionOwner(self._owner.id, self.client.atom(SELECTION), 0)
        return overlay

    def _follow(self) -> list[CompositedWindow]:
        """Process the events so far; returns the layers that were drawn into."""
        drawn: set[int] = set()
        reshaped: set[int] = set()
        restyled: set[int] = set()
        events = self.client.events
        while self._seen < len(events):
            event = events[self._seen]
            self._seen += 1
            match event.name, event.core:
                case "DAMAGE:Notify", _:
                    drawn.add(DamageNotify.decode(event.data).damage)
                case "SHAPE:Notify", _ if event.data[1] == SK.Bounding:
                    (window,) = struct.unpack_from("=I", event.data, 4)
                    reshaped.add(window)
                case _, PropertyNotify(window, atom) if atom == self.client.atom(OPACITY):
                    restyled.add(window)
                # The overlay follows the root some time later.
                case _, ConfigureNotify(window=window) if window in (
                    self.parent.id,
                    self._target.id,
                ):
                    self._resize()
                case _, core:
                    self._stack.take(core)
        self._reconcile()
        for window, layer in self.layers.items():
            if window in reshaped:
                layer.reshape()
            if window in restyled:
                layer.read_opacity()
            if window in reshaped | restyled and layer.child.mapped:
                self._stack.exposed.append(layer.child.outside)
        return [layer for layer in self.layers.values() if layer.damage_id in drawn]

    def _resize(self) -> None:
        """Replace the buffers after a change of size of the parent or the overlay."""
        for buffer in self._buffers:
            buffer.free()
        self._buffers = [Buffer(self._target) for _ in range(self._count)]
        self._repaint = True

    def _reconcile(self) -> None:
        """Have one layer per child, each with its current pixmap."""
        there = set(self._stack.children)
        for window, layer in list(self.layers.items()):
            if layer.child not in there:
                layer.free()
                del self.layers[window]
        for child in self._stack.children:
            if child.id not in self.layers:
                self._stack.measure(self.client, child)
                self.layers[child.id] = CompositedWindow(self.client, child)
            self.layers[child.id].renew()

    def _exposed(self) -> Rectangles:
        """The rectangles that windows have exposed; everything for the first frame."""
        exposed = list(self._stack.exposed)
        self._stack.exposed.clear()
        if self._repaint:
            pixmap = self._buffers[0].pixmap
            exposed = [(0, 0, pixmap.width, pixmap.height)]
            self._repaint = False
        return exposed

    def _idle_buffer(self) -> Buffer:
        """A buffer that the server does not read from; waits for the oldest if necessary."""
        for buffer in self._buffers:
            if buffer.idle:
                return buffer
        oldest = min(self._buffers, key=lambda b: self.frames.index(b.shown) if b.shown else -1)
        assert oldest.shown is not None
        oldest.shown.wait_idle()
        return oldest

    def _paint(self, buffer: Buffer) -> None:
        picture, pixmap = buffer.picture, buffer.pixmap
        picture.clip(buffer.stale)
        picture.fill(self.background, 0, 0, pixmap.width, pixmap.height)
        for child in self._stack.children:
            layer = self.layers[child.id]
            if layer.visible:
                self._draw(layer, picture, buffer.stale)
        picture.clip(None)
        buffer.stale.set([])

    def _draw(self, layer: CompositedWindow, picture: Picture, limits: Region) -> None:
        """Draw one window into the next frame, where ``limits`` allow."""
        layer.draw(picture, limits)

    def _show(self, buffer: Buffer, fresh: Region) -> Presentation | None:
        if self._presents:
            buffer.shown = self._present(buffer.pixmap, fresh)
            return buffer.shown
        self._onto.clip(fresh)
        self._onto.composite(buffer.picture, 0, 0, buffer.pixmap.width, buffer.pixmap.height)
        return None

    def _present(self, pixmap: Pixmap, update: Region | None) -> Presentation:
        """Present the next frame, of which ``update`` has changed (None: everything)."""
        if self.frames:
            # Frames that are queued at the same time may overtake each other.
            self.frames[-1].wait_complete()
        # A pixmap that is flipped to is not idle before the next frame, which needs another.
        options = Option.COPY if self._count == 1 else Option.NONE
        shown = self._target.present(
            pixmap, update=update, options=options, notifies=self._notifies()
        )
        self.frames.append(shown)
        return shown

    def _notifies(self) -> list[tuple[Window, int]]:
        """The ``notifies`` of the next frame: windows, each with a serial."""
        return []
