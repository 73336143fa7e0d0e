# SPDX-License-Identifier: MIT
"""Captures of the picture of a CRTC that scans out a pixmap of its own."""

import numpy as np

from harness.capture.crtc import read_cursor, turned
from harness.capture.get_image import capture, capture_root
from harness.capture.scanned_out import capture_scanned_out
from harness.capture.zpixmap import CaptureError
from harness.clients.randr.monitors import Crtc, Monitors
from harness.clients.randr.scanout import Scanout
from harness.clients.resources.pixmap import Pixmap
from harness.pixels.canvas import Canvas
from harness.pixels.frame import Frame, FrameSource
from harness.pixels.image_encoding import Pixels
from harness.pixels.rectangle import Rectangle
from harness.x11.drafts.randr_percrtc import ONE, Matrix


def capture_scanout(scanout: Scanout, crtc: int, *, pointer: bool = False) -> Frame:
    """The picture on the monitor of ``crtc``, as large as its mode.

    Of the kind ``xorg-flip`` it is what the driver scans out, once it shows what was set last
    (without a clock that runs: in the present frame).  Elsewhere it is computed: the CRTC's
    rectangle of the scanout pixmap, or of the screen, reflected and rotated.  ``pointer``, which
    always computes, adds the sprite: its place on the CRTC, mapped by the position transform,
    its pixels by the image transform around the hotspot.

    Raises CaptureError for a CRTC that is off, or that reaches beyond its pixmap.
    """
    monitors = Monitors(scanout.client)
    state, shown = monitors.crtc(crtc), scanout.of(crtc)
    if not state.mode:
        raise CaptureError(f"expected a CRTC with a picture; CRTC {crtc:#x} is off: give it a mode")
    scanned_out = None if pointer else capture_scanned_out(monitors, crtc)
    if scanned_out is not None:
        return scanned_out
    if shown.pixmap:
        area = Rectangle(shown.x, shown.y, state.width, state.height)
        frame = _of_pixmap(scanout, shown.pixmap, area)
    else:
        frame = capture_root(scanout.client, Rectangle(state.x, state.y, state.width, state.height))
    if pointer:
        frame = _with_sprite(scanout, frame, state)
    return Frame(turned(frame.pixels, shown.rotation), frame.depth, FrameSource.CRTC)


def _of_pixmap(scanout: Scanout, id: int, area: Rectangle) -> Frame:
    geometry = scanout.client.geometry(id)
    if not Rectangle(0, 0, geometry.width, geometry.height).contains(area):
        raise CaptureError(
            f"expected a CRTC inside of its pixmap of {geometry.width}x{geometry.height}, got "
            f"{area}: the server let it reach beyond"
        )
    pixmap = Pixmap(scanout.client, id, geometry.width, geometry.height, geometry.depth)
    return capture(pixmap, area)


def _with_sprite(scanout: Scanout, frame: Frame, state: Crtc) -> Frame:
    transforms = scanout.sprite(state.id)
    cursor, sprite = read_cursor(scanout.client)
    x, y = mapped(transforms.position, cursor.x - state.x, cursor.y - state.y)
    image, left, top = mapped_image(transforms.image, sprite, cursor.xhot, cursor.yhot)
    canvas = Canvas(frame.width, frame.height, frame.depth).paste(frame.pixels)
    canvas.blend(image, round(x) + left, round(y) + top)
    return Frame(canvas.frame.raw, frame.depth, frame.source)


def mapped(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    """Where ``matrix`` (16.16, by rows) takes the point (x, y)."""
    across, down, scale = (
        matrix[row] * x + matrix[row + 1] * y + matrix[row + 2] for row in (0, 3, 6)
    )
    return across / scale, down / scale


def mapped_image(matrix: Matrix, image: Pixels, xhot: int, yhot: int) -> tuple[Pixels, int, int]:
    """``image`` (height, width) mapped by ``matrix`` around its hotspot, each pixel the nearest.

    Also where its upper left corner lies from the hotspot.  Raises CaptureError for a matrix
    that cannot be inverted: such a sprite has no pixels.
    """
    height, width = image.shape
    forward = np.array(matrix, float).reshape(3, 3) / ONE
    if not np.linalg.det(forward):
        raise CaptureError(f"expected an image transform with an inverse, got {matrix}")
    corners = [mapped(matrix, x - xhot, y - yhot) for x in (0, width) for y in (0, height)]
    left, top = (int(np.floor(min(values))) for values in zip(*corners, strict=True))
    right, bottom = (int(np.ceil(max(values))) for values in zip(*corners, strict=True))
    down, across = np.mgrid[top:bottom, left:right] + 0.5
    points = np.linalg.inv(forward) @ np.stack([across.ravel(), down.ravel(), np.ones(across.size)])
    x, y = (np.floor(points[n] / points[2] + hot).astype(int) for n, hot in ((0, xhot), (1, yhot)))
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    out = np.zeros(across.size, np.uint32)
    out[inside] = image[y[inside], x[inside]]
    return out.reshape(across.shape), left, top
