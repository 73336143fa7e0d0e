# SPDX-License-Identifier: MIT
"""Captures of the picture on the monitor of one CRTC."""

from typing import Any

import numpy as np
import xcffib.xfixes
from xcffib.randr import Rotation

from harness.capture.get_image import capture_root
from harness.capture.host_window import capture_host
from harness.capture.scanned_out import capture_scanned_out
from harness.capture.zpixmap import CaptureError
from harness.clients.connection.client import Client
from harness.clients.randr.monitors import Crtc, Monitors
from harness.clients.randr.transform import Transform
from harness.pixels.canvas import Canvas
from harness.pixels.frame import Frame, FrameSource
from harness.pixels.image_encoding import Pixels
from harness.pixels.rectangle import Rectangle

_QUARTERS = {
    Rotation.Rotate_0: 0,
    Rotation.Rotate_90: 1,
    Rotation.Rotate_180: 2,
    Rotation.Rotate_270: 3,
}
_SPRITE_DEPTHS = (24, 32)


def capture_crtc(monitors: Monitors, crtc: int, *, pointer: bool = False) -> Frame:
    """The picture on the monitor of ``crtc``, as large as its mode.

    It is the CRTC's rectangle of the screen, reflected and rotated.  For a rotated or reflected
    CRTC of a nested server it is the real picture: the window on its host.  Of the kinds
    ``xorg-flip`` and ``xorg-kms`` it always is: what is scanned out, with transforms.  Elsewhere
    it is computed from the screen, as no request reads a scanout buffer.

    ``pointer`` adds the sprite of the client's pointer, which the server keeps out of images,
    hidden or not; of those two the cursor that is shown.  It is rotated with the screen; over a
    nested server's own picture it stays upright, for there the host draws it.

    Raises CaptureError for a CRTC that is off, that reaches beyond the screen (which no server
    may allow), or that has a transform; with ``pointer``, for depths other than 24 and 32.
    """
    state = monitors.crtc(crtc)
    if not state.mode:
        raise CaptureError(f"expected a CRTC with a picture; CRTC {crtc:#x} is off: give it a mode")
    scanned_out = capture_scanned_out(monitors, crtc, pointer=pointer)
    if scanned_out is not None:
        return scanned_out
    area = Rectangle(state.x, state.y, state.width, state.height)
    screen = monitors.client.geometry(monitors.client.root)
    if not Rectangle(0, 0, screen.width, screen.height).contains(area):
        raise CaptureError(
            f"expected CRTC {crtc:#x} inside of the screen of {screen.width}x{screen.height}, "
            f"got {area}: the server let it reach beyond"
        )
    _refuse_transform(monitors, crtc)
    real = capture_host(monitors.client) if state.rotation != Rotation.Rotate_0 else None
    if real is None:
        shown = capture_root(monitors.client, area)
        if pointer:
            shown = _with_sprite(monitors, shown, state, upright=False)
        return Frame(turned(shown.pixels, state.rotation), shown.depth, FrameSource.CRTC)
    return _with_sprite(monitors, real, state, upright=True) if pointer else real


def turned(pixels: Pixels, rotation: int) -> Pixels:
    """``pixels`` (height, width) of a screen as a CRTC with this rotation shows them.

    Reflected first, then rotated counter-clockwise.
    """
    if rotation & Rotation.Reflect_X:
        pixels = pixels[:, ::-1]
    if rotation & Rotation.Reflect_Y:
        pixels = pixels[::-1]
    return np.rot90(pixels, _QUARTERS[rotation & 0xF])


def read_cursor(client: Client) -> tuple[Any, Pixels]:
    """The GetCursorImage reply, and its pixels (height, width), premultiplied ARGB."""
    cursor = client.extension(xcffib.xfixes).GetCursorImage().reply()
    return cursor, np.array(cursor.cursor_image, np.uint32).reshape(cursor.height, cursor.width)


def _refuse_transform(monitors: Monitors, crtc: int) -> None:
    matrix = monitors.transforms(crtc).current.matrix
    if matrix != Transform().matrix:
        raise CaptureError(
            f"expected CRTC {crtc:#x} without a transform, got the matrix {matrix} (16.16): "
            f"what a filter makes of the screen cannot be captured from it"
        )


def _with_sprite(monitors: Monitors, shown: Frame, state: Crtc, *, upright: bool) -> Frame:
    """``shown`` with the pointer's sprite; ``upright`` when ``shown`` is already turned."""
    if shown.depth not in _SPRITE_DEPTHS:
        raise CaptureError(f"expected depth 24 or 32 for a sprite, got {shown.depth}")
    cursor, sprite = read_cursor(monitors.client)
    x, y = cursor.x - state.x, cursor.y - state.y
    if upright:
        x, y = _turned_point(x, y, state)
    canvas = Canvas(shown.width, shown.height, shown.depth).paste(shown.pixels)
    canvas.blend(sprite, x - cursor.xhot, y - cursor.yhot)
    return Frame(canvas.frame.raw, shown.depth, FrameSource.CRTC)


def _turned_point(x: int, y: int, state: Crtc) -> tuple[int, int]:
    """Where ``turned`` puts the pixel (x, y)."""
    width, height = state.width, state.height
    if state.rotation & Rotation.Reflect_X:
        x = width - 1 - x
    if state.rotation & Rotation.Reflect_Y:
        y = height - 1 - y
    for _ in range(_QUARTERS[state.rotation & 0xF]):
        x, y, width, height = y, width - 1 - x, height, width
    return x, y
