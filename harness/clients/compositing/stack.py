# SPDX-License-Identifier: MIT
"""The children of a window, as the events of SubstructureNotify tell."""

from dataclasses import dataclass

from xcffib.xproto import MapState, Place

from harness.clients.connection.client import Client
from harness.x11.core_events import (
    CirculateNotify,
    ConfigureNotify,
    CoreEvent,
    CreateNotify,
    DestroyNotify,
    GravityNotify,
    MapNotify,
    ReparentNotify,
    UnmapNotify,
)

_Substructure = (
    CreateNotify
    | DestroyNotify
    | UnmapNotify
    | MapNotify
    | ReparentNotify
    | ConfigureNotify
    | GravityNotify
    | CirculateNotify
)


@dataclass(slots=True, eq=False)
class Child:
    """A child of the window.

    ``x`` and ``y`` are those of its border's outer corner.  ``width`` is 0 while no event
    has reported the size.  ``backings`` counts the pixmaps that a redirected window in its place
    has had: one for each time it was mapped or changed its size.
    """

    id: int
    x: int
    y: int
    width: int = 0
    height: int = 0
    border_width: int = 0
    mapped: bool = False
    backings: int = 0

    @property
    def outside(self) -> tuple[int, int, int, int]:
        """(x, y, width, height) with the border."""
        border = 2 * self.border_width
        return self.x, self.y, self.width + border, self.height + border


class Stack:
    """The children of ``parent``, bottommost first, without the one called ``besides``.

    ``exposed`` collects the places where what can be seen has changed.
    """

    def __init__(self, parent: int) -> None:
        self.parent = parent
        self.besides: int | None = None
        self.children: list[Child] = []
        self.exposed: list[tuple[int, int, int, int]] = []

    def find(self, window: int) -> Child | None:
        """The child with this id."""
        return next((child for child in self.children if child.id == window), None)

    def adopt(self, client: Client) -> None:
        """Add the children that are there already; no other client may change them meanwhile."""
        for window in client.core.QueryTree(self.parent).reply().children:
            child = Child(window, 0, 0)
            self.measure(client, child)
            state = client.core.GetWindowAttributes(window).reply().map_state
            self.children.append(child)
            if state != MapState.Unmapped:
                self._map(child, True)

    def take(self, event: CoreEvent | None) -> None:
        """An event; those that tell nothing about a child change nothing."""
        if not isinstance(event, _Substructure) or event.window == self.besides:
            return
        child = self.find(event.window)
        match event:
            case CreateNotify(parent=self.parent):
                size = event.width, event.height, event.border_width
                self.children.append(Child(event.window, event.x, event.y, *size))
            case ReparentNotify():
                if child is not None:
                    self._drop(child)
                if event.parent == self.parent:
                    self.children.append(Child(event.window, event.x, event.y))
            case _ if child is not None:
                self._change(child, event)

    def measure(self, client: Client, child: Child) -> None:
        """Ask for the size that no event has reported: that of a child from elsewhere."""
        if not child.width:
            geometry = client.geometry(child.id)
            child.x, child.y = geometry.x, geometry.y
            child.width, child.height = geometry.width, geometry.height
            child.border_width = geometry.border_width
            self._expose(child)

    def _change(self, child: Child, event: CoreEvent) -> None:
        match event:
            case DestroyNotify():
                self._drop(child)
            case MapNotify():
                self._map(child, True)
            case UnmapNotify():
                self._map(child, False)
            case ConfigureNotify():
                self._configure(child, event)
            case GravityNotify():
                self._expose(child)
                child.x, child.y = event.x, event.y
                self._expose(child)
            case CirculateNotify():
                self.children.remove(child)
                top = event.place == Place.OnTop
                self.children.insert(len(self.children) if top else 0, child)
                self._expose(child)

    def _map(self, child: Child, mapped: bool) -> None:
        self._expose(child)
        child.backings += mapped and not child.mapped
        child.mapped = mapped
        self._expose(child)

    def _configure(self, child: Child, event: ConfigureNotify) -> None:
        before = child.width, child.height, child.border_width
        self._expose(child)
        child.x, child.y = event.x, event.y
        child.width, child.height = event.width, event.height
        child.border_width = event.border_width
        child.backings += before != (child.width, child.height, child.border_width)
        self.children.remove(child)
        below = self.find(event.above_sibling)
        self.children.insert(0 if below is None else self.children.index(below) + 1, child)
        self._expose(child)

    def _drop(self, child: Child) -> None:
        self._expose(child)
        self.children.remove(child)

    def _expose(self, child: Child) -> None:
        if child.mapped:
            self.exposed.append(child.outside)
