# SPDX-License-Identifier: MIT
"""A scene played on a server: each step is done there and in the model, then they are compared."""

from __future__ import annotations

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
from harness.models.composite_model import (
    ROOT,
    UNKNOWN,
    CompositeModel,
    CompositeModelError,
    Pixels,
    RedirectMode,
)
from harness.models.model_run import ModelRun, step
from harness.pixels.chart import chart_pixels
from harness.pixels.colour import pixel_value
from harness.pixels.frame import Frame, FrameSource
from harness.pixels.rectangle import Rectangle
from harness.x11.present import EventMask

__tracebackhide__ = methodcaller("errisinstance", HarnessError)

DEPTH = 24
DEATH_SECONDS = 10.0
PAINT_TRIPS = 10
"""Round trips within which the server has been idle, and painted what it does then."""

_MODES = {RedirectMode.AUTOMATIC: Redirect.Automatic, RedirectMode.MANUAL: Redirect.Manual}


class CompositeDiffers(HarnessError):
    """The server shows other pixels than the model says it must."""


class CompositeRun(ModelRun):
    """A scene on the first screen of ``server``, on which nobody else may show anything.

    Windows, pixmaps and clients go by names; a client connects when it first acts.  A step
    is over when the server has done it.  Raises CompositeDiffers from ``look``, CompositeModelError for
    steps that the scene does not allow, and what clients raise.
    """

    def __init__(self, server: Endpoint) -> None:
        super().__init__(Presenter(server, name="observer"))
        self._server = server
        screen = self.observer.screen
        self.width, self.height = screen.width_in_pixels, screen.height_in_pixels
        background = pixel_value("grey", DEPTH)
        self.scene = CompositeModel(self.width, self.height, background)
        self.clients: dict[str, Presenter] = {}
        self._marks: dict[str, Window] = {}
        self._windows: dict[str, Window] = {}
        self._pixmaps: dict[str, Pixmap] = {}
        self._connections = 0
        root = Window(self.observer, self.observer.root, self.width, self.height, DEPTH)
        self.observer.core.ChangeWindowAttributes(root.id, CW.BackPixel, [background])
        root.clear()
        self.observer.sync()

    def settle(self) -> None:
        for client in self.clients.values():
            client.settle()

    def clear(self) -> None:
        """Everybody leaves; what they own goes with them, and the screen is bare again."""
        for client in list(self.clients):
            self.kill(client)
        self.look()

    def close(self) -> None:
        for client in (*self.clients.values(), self.observer):
            client.close()

    # Steps

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
        edge = "white"
        self.scene.create(
            window,
            client,
            parent,
            x,
            y,
            width,
            height,
            border=border,
            background=pixel_value(colour, DEPTH),
            edge=pixel_value(edge, DEPTH),
            keeps=keeps,
        )
        owner = self._client(client)
        self._windows[window] = owner.window(
            width,
            height,
            events=EventMask.COMPLETE,
            mapped=False,
            parent=self._id(parent),
            x=x,
            y=y,
            background=colour,
            border_width=border,
            border=edge,
            attributes={CW.BitGravity: Gravity.NorthWest if keeps else Gravity.BitForget},
        )
        owner.sync()

    @step
    def map(self, window: str) -> None:
        self.scene.map(window)
        self._window(window).map()
        self._window(window).client.sync()

    @step
    def unmap(self, window: str) -> None:
        self.scene.unmap(window)
        self._window(window).unmap()
        self._window(window).client.sync()

    @step
    def move(self, window: str, x: int, y: int) -> None:
        self.scene.configure(window, x=x, y=y)
        self._window(window).move(x, y)
        self._window(window).client.sync()

    @step
    def resize(self, window: str, width: int, height: int) -> None:
        self.scene.configure(window, width=width, height=height)
        self._window(window).resize(width, height)
        self._window(window).client.sync()

    @step
    def set_border(self, window: str, width: int) -> None:
        """Another border width; the outer corner stays where it is."""
        self.scene.configure(window, border=width)
        self._window(window).configure(border_width=width)
        self._window(window).client.sync()

    @step
    def restack(self, window: str, top: bool) -> None:
        """Above or below all siblings."""
        self.scene.restack(window, top=top)
        self._window(window).configure(stack_mode=StackMode.Above if top else StackMode.Below)
        self._window(window).client.sync()

    @step
    def reparent(self, window: str, parent: str, x: int, y: int) -> None:
        self.scene.reparent(window, parent, x, y)
        self._window(window).reparent(self._id(parent), x, y)
        self._window(window).client.sync()

    @step
    def destroy(self, window: str) -> None:
        self.scene.destroy(window)
        self._window(window).destroy()
        self._window(window).client.sync()

    @step
    def redirect(self, window: str, client: str, mode: str) -> None:
        self.scene.redirect(window, client, RedirectMode(mode))
        self._lent(self._client(client), self._window(window)).redirect(_MODES[RedirectMode(mode)])
        self._client(client).sync()

    @step
    def unredirect(self, window: str, client: str, mode: str) -> None:
        self.scene.unredirect(window, client, RedirectMode(mode))
        self._lent(self._client(client), self._window(window)).unredirect(
            _MODES[RedirectMode(mode)]
        )
        self._client(client).sync()

    @step
    def redirect_children(self, window: str, client: str, mode: str) -> None:
        self.scene.redirect_children(window, client, RedirectMode(mode))
        self._lent(self._client(client), self._window(window)).redirect_subwindows(
            _MODES[RedirectMode(mode)]
        )
        self._client(client).sync()

    @step
    def unredirect_children(self, window: str, client: str, mode: str) -> None:
        self.scene.unredirect_children(window, client, RedirectMode(mode))
        self._lent(self._client(client), self._window(window)).unredirect_subwindows(
            _MODES[RedirectMode(mode)]
        )
        self._client(client).sync()

    @step
    def name(self, window: str, pixmap: str, client: str) -> None:
        """Give the window's backing pixmap a further name."""
        self.scene.name_pixmap(window, pixmap, client)
        self._pixmaps[pixmap] = self._lent(self._client(client), self._window(window)).name_pixmap()

    @step
    def free(self, pixmap: str) -> None:
        self.scene.free(pixmap)
        self._pixmaps[pixmap].free()
        self._pixmaps[pixmap].client.sync()

    @step
    def fill(self, window: str, colour: str, x: int, y: int, width: int, height: int) -> None:
        """Draw a rectangle into a window."""
        self.scene.fill(window, pixel_value(colour, DEPTH), Rectangle(x, y, width, height))
        drawn = self._window(window)
        drawn.fill(colour, x, y, width, height)
        drawn.client.sync()

    @step
    def draw(self, window: str, seed: int) -> None:
        """Draw a chart as large as the window into it."""
        place = self.scene.window(window)
        chart = chart_pixels(place.width, place.height, DEPTH, seed)
        self.scene.paint(window, chart, 0, 0, None)
        drawn = self._window(window)
        drawn.put(chart)
        drawn.client.sync()

    @step
    def fill_pixmap(
        self, pixmap: str, colour: str, x: int, y: int, width: int, height: int
    ) -> None:
        """Draw a rectangle into a named pixmap."""
        self.scene.paint_pixmap(pixmap, pixel_value(colour, DEPTH), Rectangle(x, y, width, height))
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
        parts: tuple[tuple[int, int, int, int], ...] | None = None,
    ) -> None:
        """Present a chart of this size at (x, y), or these parts of it, and see it completed."""
        self._paint(window, chart_pixels(width, height, DEPTH, seed), x, y, parts)
        client = self._window(window).client
        assert isinstance(client, Presenter)
        pixmap = client.pixmap(width, height, DEPTH, 0).chart(seed)
        self._present(window, pixmap, x, y, parts)
        pixmap.free()
        client.sync()

    @step
    def present_pixmap(self, window: str, pixmap: str, x: int = 0, y: int = 0) -> None:
        """Present a named pixmap, as a compositor may."""
        self.scene.copy(window, pixmap, x, y)
        self._present(window, self._pixmaps[pixmap], x, y, None)

    @step
    def kill(self, client: str) -> None:
        """A client dies, and everything of its own with it."""
        if client not in self.clients:
            raise CompositeModelError(f"there is no client {client}")
        self.scene.kill(client)
        self.clients.pop(client).close()
        mark = self._marks.pop(client)
        deadline = Deadline.after(DEATH_SECONDS)
        while self._exists(mark.id):
            if deadline.passed:
                raise WaitTimeout(
                    f"{client} closed its connection, but after {deadline.seconds:g} s its "
                    f"window {mark.id:#x} is still there"
                )

    # Comparison

    def look(self) -> None:
        """Raise CompositeDiffers unless the screen, all backing pixmaps and all named pixmaps are
        as the model says."""
        backed = [name for name, window in self.scene.windows.items() if window.sheet is not None]
        for subject in (*backed, *self.scene.pixmaps):
            for trip in range(PAINT_TRIPS):
                told = self._difference(subject)
                if told is None:
                    break
                if trip == PAINT_TRIPS - 1:
                    raise CompositeDiffers(told)
                self.observer.sync()

    def _difference(self, subject: str) -> str | None:
        """In words, what is wrong in the picture of ``subject``."""
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
        kind = "the pixmap" if subject in self.scene.pixmaps else "the backing pixmap of"
        whose = "the screen" if subject == ROOT else f"{kind} {subject}"
        return (
            f"{whose} differs from the model in {len(rows)} of {wrong.size} pixels, within {area}\n"
            f"  at ({x}, {y}) expected {expected[y, x]:#08x}, got {frame.pixel(x, y):#08x}"
        )

    def _expected(self, subject: str) -> Pixels:
        if subject in self.scene.pixmaps:
            return self.scene.pixmap(subject).pixels
        sheet = self.scene.window(subject).sheet
        assert sheet is not None
        return sheet.pixels

    def _shown(self, subject: str) -> Frame:
        """A window with its border, or a pixmap, as the server has it now."""
        if subject in self.scene.pixmaps:
            pixmap = self._pixmaps[subject]
            seen = Pixmap(self.observer, pixmap.id, pixmap.width, pixmap.height, DEPTH)
            return capture(seen, source=FrameSource.PIXMAP)
        window = self.scene.window(subject)
        area = Rectangle(-window.border, -window.border, *window.outer)
        return capture(self._lent(self.observer, self._window(subject)), area)

    # Those who act

    def _client(self, name: str) -> Presenter:
        if name not in self.clients:
            self._connections += 1
            told = f"{name}-{self._connections}"
            client = Presenter(self._server, self.observer.timeline, told)
            self.clients[name] = client
            self._marks[name] = Window.create(client, 1, 1, window_class=WindowClass.INPUT_ONLY)
            client.sync()
        return self.clients[name]

    def _window(self, name: str) -> Window:
        if name == ROOT:
            return Window(self.observer, self.observer.root, self.width, self.height, DEPTH)
        return self._windows[name]

    def _id(self, name: str) -> int:
        return self._window(name).id

    @staticmethod
    def _lent(client: Presenter, window: Window) -> Window:
        """A window as this client uses it."""
        return Window(client, window.id, window.width, window.height, DEPTH)

    def _paint(
        self,
        window: str,
        picture: Pixels,
        x: int,
        y: int,
        parts: tuple[tuple[int, int, int, int], ...] | None,
    ) -> None:
        areas = None if parts is None else [Rectangle(*part) for part in parts]
        self.scene.paint(window, picture, x, y, areas)

    def _present(
        self,
        name: str,
        pixmap: Pixmap,
        x: int,
        y: int,
        parts: tuple[tuple[int, int, int, int], ...] | None,
    ) -> None:
        window = self._windows[name]
        assert isinstance(window, PresentWindow)
        update = None if parts is None else window.client.region(*parts)
        window.present(pixmap, x_off=x, y_off=y, update=update).wait_complete()

    def _exists(self, id: int) -> bool:
        with self.observer.catch_errors() as errors:
            self.observer.geometry(id)
        return not errors
