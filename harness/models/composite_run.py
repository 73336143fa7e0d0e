# SPDX-License-Identifier: MIT
"""Random windows, redirections and pixmaps on a server and in a model, held against each other."""

from collections.abc import Callable
from operator import methodcaller

import numpy as np
from xcffib.composite import Redirect
from xcffib.xproto import CW, Gravity, StackMode

from harness.capture.get_image import capture
from harness.clients.connection.endpoint import Endpoint
from harness.clients.connection.errors import WaitTimeout
from harness.clients.present.presenter import Presenter, PresentWindow
from harness.clients.resources.pixmap import Pixmap
from harness.clients.resources.window import Window, WindowClass
from harness.deadlines import Deadline
from harness.errors import HarnessError
from harness.models.composite_model import CompositeModel, CompositeModelError
from harness.models.composite_windows import ROOT, UNKNOWN, Pixels, RedirectMode
from harness.models.model_run import ModelRun, step
from harness.pixels.chart import chart_pixels
from harness.pixels.colour import pixel_value
from harness.pixels.frame import Frame, FrameSource
from harness.pixels.rectangle import Rectangle
from harness.x11.present import EventMask

__tracebackhide__ = methodcaller("errisinstance", HarnessError)

BORDER = "white"
DEATH_SECONDS = 10.0
PAINT_TRIPS = 10
"""Round trips within which the server has been idle, and painted what it paints then."""

_Area = tuple[int, int, int, int]
_MODES: dict[str, Redirect] = {
    RedirectMode.AUTOMATIC: Redirect.Automatic,
    RedirectMode.MANUAL: Redirect.Manual,
}


class CompositeDiffers(HarnessError):
    """The server shows other pixels than the model says it must."""


class CompositeRun(ModelRun):
    """Steps on the first screen of ``server``, which no other client may use.

    Windows, pixmaps and clients go by names; a client connects for its first step.  Raises
    CompositeDiffers from ``look``, CompositeModelError for steps that the state of the model
    does not allow, and what clients raise.
    """

    def __init__(self, server: Endpoint) -> None:
        super().__init__(Presenter(server, name="observer"))
        self._server = server
        self._depth = self.observer.depth
        screen = self.observer.screen
        self.width, self.height = screen.width_in_pixels, screen.height_in_pixels
        background = pixel_value("grey", self._depth)
        self.model = CompositeModel(self.width, self.height, background)
        self.clients: dict[str, Presenter] = {}
        self._sentinels: dict[str, Window] = {}
        self._windows: dict[str, Window] = {}
        self._pixmaps: dict[str, Pixmap] = {}
        self._connections = 0
        self.observer.core.ChangeWindowAttributes(self.observer.root, CW.BackPixel, [background])
        self._change(ROOT, Window.clear)

    def settle(self) -> None:
        for client in self.clients.values():
            client.settle()

    def clear(self) -> None:
        """Close all clients, and see that nothing of theirs remains.  Raises CompositeDiffers."""
        for client in list(self.clients):
            self.kill(client)
        self.look()

    def close(self) -> None:
        for client in (*self.clients.values(), self.observer):
            client.close()

    @step
    def create(
        self,
        window: str,
        client: str,
        parent: str,
        x: int,
        y: int,
        width: int,
        height: int,
        border: int = 0,
        colour: str = "blue",
        keeps: bool = True,
    ) -> None:
        """A window, unmapped; ``keeps`` its pixels when resized, or forgets them all."""
        self.model.create(
            *(window, client, parent, x, y, width, height),
            border=border,
            background=pixel_value(colour, self._depth),
            border_pixel=pixel_value(BORDER, self._depth),
            keeps=keeps,
        )
        owner = self._client(client)
        self._windows[window] = owner.window(
            width,
            height,
            events=EventMask.COMPLETE,
            mapped=False,
            parent=self._window(parent),
            x=x,
            y=y,
            background=colour,
            border_width=border,
            border=BORDER,
            attributes={CW.BitGravity: Gravity.NorthWest if keeps else Gravity.BitForget},
        )
        owner.sync()

    @step
    def map(self, window: str) -> None:
        self.model.map(window)
        self._change(window, Window.map)

    @step
    def unmap(self, window: str) -> None:
        self.model.unmap(window)
        self._change(window, Window.unmap)

    @step
    def move(self, window: str, x: int, y: int) -> None:
        self.model.configure(window, x=x, y=y)
        self._change(window, lambda one: one.move(x, y))

    @step
    def resize(self, window: str, width: int, height: int) -> None:
        self.model.configure(window, width=width, height=height)
        self._change(window, lambda one: one.resize(width, height))

    @step
    def set_border(self, window: str, width: int) -> None:
        """Set the border width; the outer corner stays in its place."""
        self.model.configure(window, border=width)
        self._change(window, lambda one: one.configure(border_width=width))

    @step
    def restack(self, window: str, top: bool) -> None:
        """Above or below all siblings."""
        self.model.restack(window, top=top)
        mode = StackMode.Above if top else StackMode.Below
        self._change(window, lambda one: one.configure(stack_mode=mode))

    @step
    def reparent(self, window: str, parent: str, x: int, y: int) -> None:
        self.model.reparent(window, parent, x, y)
        self._change(window, lambda one: one.reparent(self._window(parent), x, y))

    @step
    def destroy(self, window: str) -> None:
        self.model.destroy(window)
        self._change(window, Window.destroy)

    @step
    def redirect(self, window: str, client: str, mode: str) -> None:
        self.model.redirect(window, client, RedirectMode(mode))
        self._change(window, lambda one: one.redirect(_MODES[mode]), client)

    @step
    def unredirect(self, window: str, client: str, mode: str) -> None:
        self.model.unredirect(window, client, RedirectMode(mode))
        self._change(window, lambda one: one.unredirect(_MODES[mode]), client)

    @step
    def redirect_children(self, window: str, client: str, mode: str) -> None:
        self.model.redirect_children(window, client, RedirectMode(mode))
        self._change(window, lambda one: one.redirect_subwindows(_MODES[mode]), client)

    @step
    def unredirect_children(self, window: str, client: str, mode: str) -> None:
        self.model.unredirect_children(window, client, RedirectMode(mode))
        self._change(window, lambda one: one.unredirect_subwindows(_MODES[mode]), client)

    @step
    def name(self, window: str, pixmap: str, client: str) -> None:
        """Give the window's backing pixmap a further name."""
        self.model.name_pixmap(window, pixmap, client)
        self._pixmaps[pixmap] = self._as_used_by(self._client(client), window).name_pixmap()

    @step
    def free(self, pixmap: str) -> None:
        self.model.free(pixmap)
        self._pixmaps[pixmap].free()
        self._pixmaps[pixmap].client.sync()

    @step
    def fill(self, window: str, colour: str, x: int, y: int, width: int, height: int) -> None:
        """Fill a rectangle of a window."""
        self.model.fill(window, pixel_value(colour, self._depth), Rectangle(x, y, width, height))
        self._change(window, lambda one: one.fill(colour, x, y, width, height))

    @step
    def draw(self, window: str, seed: int) -> None:
        """Draw a chart of the window's size into it."""
        size = self.model.window(window)
        chart = chart_pixels(size.width, size.height, self._depth, seed)
        self.model.paint(window, chart, 0, 0, None)
        self._change(window, lambda one: one.put(chart))

    @step
    def fill_pixmap(
        self, pixmap: str, colour: str, x: int, y: int, width: int, height: int
    ) -> None:
        """Fill a rectangle of a named pixmap."""
        self.model.paint_pixmap(
            pixmap, pixel_value(colour, self._depth), Rectangle(x, y, width, height)
        )
        self._pixmaps[pixmap].fill(colour, x, y, width, height)
        self._pixmaps[pixmap].client.sync()

    @step
    def present(
        self,
        window: str,
        width: int,
        height: int,
        seed: int,
        x: int = 0,
        y: int = 0,
        parts: tuple[_Area, ...] | None = None,
    ) -> None:
        """Present a chart of this size at (x, y), or these parts of it, and wait for it."""
        areas = None if parts is None else [Rectangle(*part) for part in parts]
        self.model.paint(window, chart_pixels(width, height, self._depth, seed), x, y, areas)
        client = self._window(window).client
        assert isinstance(client, Presenter)
        pixmap = client.pixmap(width, height, self._depth, 0).chart(seed)
        self._present(window, pixmap, x, y, parts)
        pixmap.free()
        client.sync()

    @step
    def present_pixmap(self, window: str, pixmap: str, x: int = 0, y: int = 0) -> None:
        """Present a named pixmap, as a compositor may."""
        self.model.copy(window, pixmap, x, y)
        self._present(window, self._pixmaps[pixmap], x, y, None)

    @step
    def kill(self, client: str) -> None:
        """Close a client; the server frees all that it owns.

        Raises CompositeModelError for an unknown client, WaitTimeout when its windows stay.
        """
        if client not in self.clients:
            raise CompositeModelError(f"there is no client {client}")
        self.model.kill(client)
        self.clients.pop(client).close()
        sentinel = self._sentinels.pop(client)
        deadline = Deadline.after(DEATH_SECONDS)
        while self._exists(sentinel.id):
            if deadline.passed:
                raise WaitTimeout(
                    f"{client} closed its connection, but after {deadline.seconds:g} s its "
                    f"window {sentinel.id:#x} is still there"
                )

    def look(self) -> None:
        """Compare the screen, all backing pixmaps and all named pixmaps with the model.

        Raises CompositeDiffers.
        """
        backed = [name for name, window in self.model.windows.items() if window.surface is not None]
        for name in (*backed, *self.model.pixmaps):
            for trip in range(PAINT_TRIPS):
                difference = self._difference(name)
                if difference is None:
                    break
                if trip == PAINT_TRIPS - 1:
                    raise CompositeDiffers(difference)
                self.observer.sync()

    def _difference(self, subject: str) -> str | None:
        """In words, how the picture of a window or pixmap differs from the model."""
        expected, frame = self._expected(subject), self._shown(subject)
        if expected.shape != frame.raw.shape:
            height, width = expected.shape
            return f"{subject} must be {width}x{height}, its picture is {frame.size}"
        wrong = (expected != UNKNOWN) & (expected != frame.pixels)
        if not wrong.any():
            return None
        rows, columns = np.nonzero(wrong)
        x, y = int(columns[0]), int(rows[0])
        left, top, right, bottom = map(int, (columns.min(), y, columns.max(), rows.max()))
        area = Rectangle(left, top, right - left + 1, bottom - top + 1)
        kind = "the pixmap" if subject in self.model.pixmaps else "the backing pixmap of"
        whose = "the screen" if subject == ROOT else f"{kind} {subject}"
        return (
            f"{whose} differs from the model in {len(rows)} of {wrong.size} pixels, within {area}\n"
            f"  at ({x}, {y}) expected {expected[y, x]:#08x}, got {frame.pixel(x, y):#08x}"
        )

    def _expected(self, subject: str) -> Pixels:
        if subject in self.model.pixmaps:
            return self.model.pixmap(subject).pixels
        surface = self.model.window(subject).surface
        assert surface is not None
        return surface.pixels

    def _shown(self, subject: str) -> Frame:
        """A window with its border, or a pixmap, as the server shows it now."""
        if subject in self.model.pixmaps:
            pixmap = self._pixmaps[subject]
            seen = Pixmap(self.observer, pixmap.id, pixmap.width, pixmap.height, self._depth)
            return capture(seen, source=FrameSource.PIXMAP)
        window = self.model.window(subject)
        area = Rectangle(-window.border, -window.border, *window.outer)
        return capture(self._as_used_by(self.observer, subject), area)

    def _client(self, name: str) -> Presenter:
        if name not in self.clients:
            self._connections += 1
            unique = f"{name}-{self._connections}"
            client = Presenter(self._server, self.observer.timeline, unique)
            self.clients[name] = client
            self._sentinels[name] = Window.create(client, 1, 1, window_class=WindowClass.INPUT_ONLY)
            client.sync()
        return self.clients[name]

    def _window(self, name: str) -> Window:
        if name == ROOT:
            return Window(self.observer, self.observer.root, self.width, self.height, self._depth)
        return self._windows[name]

    def _as_used_by(self, client: Presenter, name: str) -> Window:
        window = self._window(name)
        return Window(client, window.id, window.width, window.height, self._depth)

    def _change(
        self, name: str, change: Callable[[Window], None], client: str | None = None
    ) -> None:
        """Let the window's owner, or ``client``, change it, and wait for the server."""
        window = self._window(name)
        if client is not None:
            window = self._as_used_by(self._client(client), name)
        change(window)
        window.client.sync()

    def _present(
        self,
        name: str,
        pixmap: Pixmap,
        x: int,
        y: int,
        parts: tuple[_Area, ...] | None,
    ) -> None:
        window = self._windows[name]
        assert isinstance(window, PresentWindow)
        update = None if parts is None else window.client.region(*parts)
        window.present(pixmap, x_off=x, y_off=y, update=update).wait_complete()

    def _exists(self, id: int) -> bool:
        with self.observer.catch_errors() as errors:
            self.observer.geometry(id)
        return not errors
