# SPDX-License-Identifier: MIT
"""A cursor with all that a sprite can have, and the pointer that it is seen at."""

import numpy as np
import xcffib.render
from xcffib.xproto import CW

from harness.clients.resources.pixmap import Pixmap


def sprite(width=24, height=20):
    """Premultiplied pixels of a cursor: opaque and half transparent parts, and a hole."""
    pixels = np.full((height, width), 0xFFFF0000, np.uint32)
    pixels[:, width // 2 :] = 0x80008000
    pixels[height // 2 :, : width // 3] = 0
    pixels[0, 0] = 0xFFFFFFFF
    return pixels


def set_cursor(client, pixels, xhot, yhot):
    """The cursor of the root, and so of all windows without one of their own."""
    height, width = pixels.shape
    pixmap = Pixmap.create(client, width, height, 32)
    pixmap.put(pixels)
    render = client.extension(xcffib.render)
    picture, cursor = client.new_id(), client.new_id()
    render.CreatePicture(picture, pixmap.id, client.picture_formats[32], 0, [])
    render.CreateCursor(cursor, picture, xhot, yhot)
    client.core.ChangeWindowAttributes(client.root, CW.Cursor, [cursor])
    client.sync()


def warp(client, x, y):
    """Warp the pointer to a place of the screen; where it is then."""
    client.core.WarpPointer(0, client.root, 0, 0, 0, 0, x, y)
    reply = client.core.QueryPointer(client.root).reply()
    return reply.root_x, reply.root_y
