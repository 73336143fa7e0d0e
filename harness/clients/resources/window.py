# SPDX-License-Identifier: MIT
"""Windows of a scripted client, the overlay window included."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Self

import xcffib.composite
import xcffib.shape
from xcffib.composite import Redirect
from xcffib.shape import SK, SO
from xcffib.xproto import CW, RECTANGLE, ClipOrdering, ConfigWindow

from harness.clients.connection.client import Client
from harness.clients.connection.errors import NoError, Unsupported
from harness.clients.resources.drawable import Drawable
from harness.clients.resources.pixmap import Pixmap
from harness.clients.resources.region import Rectangles, Region
from harness.pixels.colour import pixel_value


class WindowClass(IntEnum):
    """The class argument of CreateWindow."""

    COPY_FROM_PARENT = 0
    INPUT_OUTPUT = 1
    INPUT_ONLY = 2


_CONFIGURE = {
    "x": ConfigWindow.X,
    "y": ConfigWindow.Y,
    "width": ConfigWindow.Width,
    "height": ConfigWindow.Height,
    "border_width": ConfigWindow.BorderWidth,
    "sibling": ConfigWindow.Sibling,
    "stack_mode": ConfigWindow.StackMode,
}


class Window(Drawable):
    """A window created by (or known to) a client."""

    @classmethod
    def create(
        cls,
        client: Client,
        width: int,
        height: int,
        *,
        x: int = 0,
        y: int = 0,
        parent: int | None = None,
        depth: int | None = None,
        window_class: WindowClass = WindowClass.INPUT_OUTPUT,
        background: str | int | None = "black",
        border_width: int = 0,
        border: str | int = "white",
        attributes: Mapping[int, int] | None = None,
    ) -> Self:
        """A new, unmapped window; override-redirect, so that no window manager moves it.

        ``parent`` is the root by default, ``depth`` that of the root.  ``attributes`` are
        further CreateWindow values by their CW bit.  Raises Unsupported for a depth without
        a visual.
        """
        depth = client.depth if depth is None else depth
        window = cls(client, client.new_id(), width, height, depth)
        values: dict[int, int] = {CW.OverrideRedirect: 1}
        visual = 0
        if window_class is WindowClass.INPUT_ONLY:
            wire_depth = window.depth = 0
        else:
            wire_depth = depth
            if background is not None:
                values[CW.BackPixel] = pixel_value(background, depth)
            values[CW.BorderPixel] = pixel_value(border, depth)
            # Not copied from the parent, which may be of another depth.
            if depth == client.depth:
                visual = client.screen.root_visual
                values[CW.Colormap] = client.screen.default_colormap
            else:
                visual, values[CW.Colormap] = _visual(client, depth), client.new_id()
                client.core.CreateColormap(0, values[CW.Colormap], client.root, visual)
        values.update(attributes or {})
        ordered = sorted(values.items())
        client.core.CreateWindow(
            *(wire_depth, window.id, client.root if parent is None else parent),
            *(x, y, width, height, border_width, window_class, visual),
            *(sum(bit for bit, _ in ordered), [value for _, value in ordered]),
        )
        return window

    def map(self) -> None:
        self.client.core.MapWindow(self.id)

    def unmap(self) -> None:
        self.client.core.UnmapWindow(self.id)

    def configure(self, **values: int) -> None:
        """ConfigureWindow with any of x, y, width, height, border_width, sibling, stack_mode."""
        ordered = sorted((_CONFIGURE[name], value) for name, value in values.items())
        self.client.core.ConfigureWindow(
            self.id, sum(bit for bit, _ in ordered), [value for _, value in ordered]
        )
        self.width = values.get("width", self.width)
        self.height = values.get("height", self.height)

    def move(self, x: int, y: int) -> None:
        self.configure(x=x, y=y)

    def resize(self, width: int, height: int) -> None:
        self.configure(width=width, height=height)

    def reparent(self, parent: "Window | int", x: int = 0, y: int = 0) -> None:
        parent_id = parent if isinstance(parent, int) else parent.id
        self.client.core.ReparentWindow(self.id, parent_id, x, y)

    def clear(self) -> None:
        """ClearArea of the whole window: its background, nothing else."""
        self.client.core.ClearArea(0, self.id, 0, 0, 0, 0)

    def select_core(self, mask: int) -> None:
        """Select core events, such as StructureNotify."""
        self.client.core.ChangeWindowAttributes(self.id, CW.EventMask, [mask])

    def destroy(self) -> None:
        self.client.core.DestroyWindow(self.id)

    def shape(self, rectangles: Rectangles) -> None:
        """Make the window's bounding shape the union of ``rectangles``."""
        parts = [RECTANGLE.synthetic(*r) for r in rectangles]
        self.client.extension(xcffib.shape).Rectangles(
            SO.Set, SK.Bounding, ClipOrdering.Unsorted, self.id, 0, 0, len(parts), parts
        )

    def redirect(self, update: Redirect = Redirect.Manual) -> None:
        """Let the server keep the window's pixels in a backing pixmap (Composite)."""
        self.client.extension(xcffib.composite).RedirectWindow(self.id, update)

    def unredirect(self, update: Redirect = Redirect.Manual) -> None:
        """End a redirection; ``update`` is what it was begun with."""
        self.client.extension(xcffib.composite).UnredirectWindow(self.id, update)

    def redirect_subwindows(self, update: Redirect = Redirect.Manual) -> None:
        """Redirect all present and future children (Composite)."""
        self.client.extension(xcffib.composite).RedirectSubwindows(self.id, update)

    def unredirect_subwindows(self, update: Redirect = Redirect.Manual) -> None:
        """End a redirection of the children; ``update`` is what it was begun with."""
        self.client.extension(xcffib.composite).UnredirectSubwindows(self.id, update)

    def border_clip(self) -> Region:
        """A new region: where the window and its border are visible, from the window's origin.

        Empty for a manually redirected window, which clips no other.
        """
        region = Region(self.client, self.client.new_id())
        self.client.extension(xcffib.composite).CreateRegionFromBorderClip(region.id, self.id)
        return region

    def name_pixmap(self) -> Pixmap:
        """A new name of the backing pixmap of a redirected, viewable window: window and border.

        When the window is mapped or resized it gets another backing pixmap; the name keeps the
        old one.
        """
        pixmap = self.client.new_id()
        self.client.extension(xcffib.composite).NameWindowPixmap(self.id, pixmap)
        geometry = self.client.geometry(pixmap)
        return Pixmap(self.client, pixmap, geometry.width, geometry.height, geometry.depth)


class Overlay(Window):
    """The Composite overlay window, on which compositors show the screen, as one client uses it."""

    @classmethod
    def get(cls, client: Client, window: int | None = None) -> Self:
        """GetOverlayWindow for the screen of ``window`` (the root by default).

        Each get needs a ``release``; the server creates the window for the first.
        """
        window = client.root if window is None else window
        reply = client.extension(xcffib.composite).GetOverlayWindow(window).reply()
        geometry = client.geometry(reply.overlay_win)
        return cls(client, reply.overlay_win, geometry.width, geometry.height, geometry.depth)

    def release(self) -> None:
        """ReleaseOverlayWindow."""
        self.client.extension(xcffib.composite).ReleaseOverlayWindow(self.client.root)


def is_redirected(window: Window, client: Client | None = None) -> bool:
    """Whether NameWindowPixmap by ``client`` (the window's own by default) finds a backing pixmap.

    The window must be viewable.  Raises NoError for an error other than Match.
    """
    client = window.client if client is None else client
    pixmap = client.new_id()
    with client.catch_errors() as errors:
        client.extension(xcffib.composite).NameWindowPixmap(window.id, pixmap)
    if not errors:
        client.core.FreePixmap(pixmap)
        return True
    if [error.name for error in errors] != ["Match"]:
        raise NoError(f"NameWindowPixmap should be accepted or give Match, got {errors}")
    return False


def _visual(client: Client, depth: int) -> int:
    for allowed in client.screen.allowed_depths:
        if allowed.depth == depth and allowed.visuals_len:
            return int(allowed.visuals[0].visual_id)
    words = f"visual of depth {depth}"
    raise Unsupported(client.server.display, words, "visuals", (depth,))
