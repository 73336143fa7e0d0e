# SPDX-License-Identifier: MIT
"""A plain xcffib connection to an Xvfb, as little as captures need."""

import select
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import xcffib
import xcffib.shm
import xcffib.xproto


@dataclass(frozen=True)
class WireImage:
    depth: int
    data: bytes


@dataclass(frozen=True)
class Drawable:
    client: Any
    id: int


class PlainClient:
    """What ``SharedMemoryClient`` asks for, straight from xcffib."""

    def __init__(self, display: str) -> None:
        self.connection = xcffib.connect(display=display)
        self.setup = self.connection.get_setup()
        self.screen = self.setup.roots[0]
        self.formats = {
            f.depth: (f.bits_per_pixel, f.scanline_pad) for f in self.setup.pixmap_formats
        }
        self.byte_order = "<" if self.setup.image_byte_order == 0 else ">"
        self.attached: set[int] = set()
        self._shm = self.connection(xcffib.shm.key)

    def geometry(self, drawable: int) -> Any:
        return self.connection.core.GetGeometry(drawable).reply()

    def get_image(self, drawable: int, x: int, y: int, width: int, height: int) -> WireImage:
        kind = xcffib.xproto.ImageFormat.ZPixmap
        reply = self.connection.core.GetImage(
            kind, drawable, x, y, width, height, 0xFFFFFFFF
        ).reply()
        return WireImage(reply.depth, bytes(reply.data.buf()))

    def shm_attach(self, shmid: int) -> int:
        segment = self.connection.generate_id()
        self._shm.Attach(segment, shmid, False, is_checked=True).check()
        self.attached.add(segment)
        return segment

    def shm_detach(self, segment: int) -> None:
        self._shm.Detach(segment, is_checked=True).check()
        self.attached.remove(segment)

    def shm_get_image(
        self, drawable: int, x: int, y: int, width: int, height: int, segment: int
    ) -> int:
        kind = xcffib.xproto.ImageFormat.ZPixmap
        cookie = self._shm.GetImage(drawable, x, y, width, height, 0xFFFFFFFF, kind, segment, 0)
        return int(cookie.reply().depth)

    def pixmap(self, depth: int, width: int, height: int) -> Drawable:
        """A pixmap with a pattern in which every pixel and channel differs."""
        core, pixmap, gc = self.connection.core, *map(lambda _: self.connection.generate_id(), "pg")
        core.CreatePixmap(depth, pixmap, self.screen.root, width, height)
        core.CreateGC(gc, pixmap, 0, [])
        for index in range(64):
            value = index * 0x01F3C5A7 % (1 << depth)
            core.ChangeGC(gc, xcffib.xproto.GC.Foreground, [value])
            area = xcffib.xproto.RECTANGLE.synthetic(
                index * width // 64, index % 7, width // 64 + 1, height
            )
            core.PolyFillRectangle(pixmap, gc, 1, [area])
        return Drawable(self, pixmap)


@contextmanager
def xvfb(depth: int) -> Iterator[str]:
    """The display of an Xvfb with a screen of 640x480."""
    argv = ["Xvfb", "-displayfd", "1", "-screen", "0", f"640x480x{depth}", "-nolisten", "tcp"]
    with subprocess.Popen(
        [*argv, "-noreset", "-extension", "GLX"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        try:
            if not select.select([process.stdout], [], [], 30)[0]:
                pytest.fail("Xvfb gave no display number")
            yield ":" + process.stdout.readline().decode().strip()
        finally:
            process.terminate()


@pytest.fixture
def connect() -> Iterator[Callable[[int], PlainClient]]:
    """Connect to a fresh Xvfb whose root has the given depth."""
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb not found (Debian: xvfb, Fedora: xorg-x11-server-Xvfb)")
    with ExitStack() as stack:

        def connect(depth: int) -> PlainClient:
            client = PlainClient(stack.enter_context(xvfb(depth)))
            stack.callback(client.connection.disconnect)
            return client

        yield connect
