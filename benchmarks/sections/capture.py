# SPDX-License-Identifier: MIT
"""How long it takes to read 3840x2160 pixels of a server."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import xcffib
import xcffib.xproto
from PIL import Image, ImageGrab

from benchmarks.measure import Run, Section, Variant, timed
from benchmarks.yardsticks.bare_socket import BareSocket
from benchmarks.yardsticks.memory_copy import HEIGHT, HUGE, ORDINARY, WIDTH, MemoryCopy
from benchmarks.yardsticks.peers import Peers
from harness.capture.get_image import capture_root
from harness.clients.connection.client import Client
from harness.clients.resources.window import Window
from harness.pixels.chart import chart_pixels
from harness.pixels.frame import Frame
from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.process.reaper import REAPER
from harness.servers.server import Server
from harness.servers.spec import ServerSpec
from harness.timeline.record import Timeline

AIM_PLAIN = 3.0
AIM_SHARED = 1.3

_ALL_PLANES = 0xFFFFFFFF


@contextmanager
def section(_quick: bool) -> Iterator[Section]:
    """Ways to read a root window that shows a chart, each checked to give the same pixels."""
    peers = Peers()
    spec = ServerSpec(build=find_on_path(ServerKind.XVFB), width=WIDTH, height=HEIGHT)
    with ExitStack() as stack:
        stack.callback(REAPER.end_if_idle)
        server = stack.enter_context(launch(spec))
        client = stack.enter_context(Client(server, Timeline(), "benchmark"))
        _draw_chart(client)
        stack.enter_context(_environment_of(server))
        stock = xcffib.connect(display=server.display)
        stack.callback(stock.disconnect)
        root = client.root
        bare = stack.enter_context(BareSocket(server, root))
        ways: list[tuple[str, Callable[[], Any], float | None]] = [
            (
                "GetImage, xharness client",
                lambda: client.get_image(root, 0, 0, WIDTH, HEIGHT).data,
                AIM_PLAIN,
            ),
            ("shared memory, xharness frame", lambda: capture_root(client), AIM_SHARED),
            ("GetImage, bare socket: its limit", bare.get_image, None),
            ("GetImage, xcffib as shipped", lambda: _stock(stock, root), None),
            ("Pillow ImageGrab", lambda: ImageGrab.grab(xdisplay=server.display), None),
        ]
        if mss := peers.module("mss"):
            grabber = stack.enter_context(mss.MSS(display=server.display))
            screen = grabber.monitors[0]
            ways.append(("mss", lambda: grabber.grab(screen), None))
        expected = _colours(capture_root(client))
        for name, way, _ in ways:
            if not np.array_equal(_colours(way()), expected):
                raise AssertionError(f"{name} gives other pixels than capture_root")
        yield Section(
            f"{WIDTH}x{HEIGHT} pixels of depth 24 from Xvfb",
            [
                Variant(ORDINARY, _second_of_two(MemoryCopy.of())),
                Variant(HUGE, _second_of_two(MemoryCopy.of(huge=True))),
                *(Variant(name, _second_of_two(way), aim) for name, way, aim in ways),
                Variant(
                    "shared memory, xharness frame, again",
                    _second_of_two(lambda: capture_root(client)),
                    against=HUGE,
                ),
            ],
            rounds=15,
            missing=peers.missing,
            notes=[
                "each way goes twice in a row and the second is timed, so none pays for another;",
                "memcpy copies as many bytes between private pages that were touched before;",
                "the yardstick has pages of 4 KiB, as System V segments and libxcb's replies have",
            ],
        )


def _second_of_two(way: Callable[[], object]) -> Run:
    """Time ``way`` with warm caches, as in a session of captures."""
    run = timed(way)

    def second() -> float:
        run()
        return run()

    return second


def _draw_chart(client: Client) -> None:
    window = Window.create(client, WIDTH, HEIGHT)
    window.map()
    window.put(chart_pixels(WIDTH, HEIGHT, 24))
    client.sync()


@contextmanager
def _environment_of(server: Server) -> Iterator[None]:
    """Set the variables by which peers find the server."""
    before = dict(os.environ)
    os.environ |= {"DISPLAY": server.display, "XAUTHORITY": str(server.authority)}
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _stock(connection: Any, root: int) -> Any:
    kind = xcffib.xproto.ImageFormat.ZPixmap
    reply = connection.core.GetImage(kind, root, 0, 0, WIDTH, HEIGHT, _ALL_PLANES).reply()
    return reply.data.buf()


def _colours(shown: Any) -> Any:
    """The colours in the result of any way, as (height, width) of 0xRRGGBB."""
    if isinstance(shown, Frame):
        return shown.pixels
    if isinstance(shown, Image.Image):
        planes = np.asarray(shown.convert("RGB"), np.uint32)
        return planes[..., 0] << 16 | planes[..., 1] << 8 | planes[..., 2]
    data = getattr(shown, "raw", shown)
    return np.frombuffer(data, np.uint32).reshape(HEIGHT, WIDTH) & 0xFFFFFF
