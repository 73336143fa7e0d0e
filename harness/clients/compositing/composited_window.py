# SPDX-License-Identifier: MIT
"""A redirected window as a compositor sees it: its backing pixmap, damage and shape."""

import struct

import xcffib.shape
from xcffib.render import PictOp
from xcffib.shape import SK
from xcffib.xproto import CW, Atom, EventMask, WindowClass

from harness.clients.compositing.stack import Child
from harness.clients.connection.client import Client
from harness.clients.resources.damage import Damage, DamageLevel
from harness.clients.resources.picture import OPAQUE, Picture
from harness.clients.resources.pixmap import Pixmap
from harness.clients.resources.region import Region
from harness.clients.resources.window import Window
from harness.x11.drafts.randr_percrtc import IDENTITY, Matrix

OPACITY = "_NET_WM_WINDOW_OPACITY"


class CompositedWindow:
    """One redirected child and the means to draw it; to be created and used under a grab.

    ``pixmap`` is the last backing pixmap that was named, None before the child was first
    mapped.  ``opacity`` is 0 to ``OPAQUE``.
    """

    pixmap: Pixmap | None = None
    _picture: Picture | None = None
    _mask: Picture | None = None
    _damage: Damage | None = None

    def __init__(self, client: Client, child: Child) -> None:
        self.client = client
        self.child = child
        self._backing = 0
        depth = client.geometry(child.id).depth
        attributes = client.core.GetWindowAttributes(child.id).reply()
        self.window = Window(client, child.id, child.width, child.height, depth)
        self.input_only = attributes._class == WindowClass.InputOnly
        self.opacity = OPAQUE
        if self.input_only:
            return
        self._damage = Damage.create(self.window, DamageLevel.NON_EMPTY)
        client.core.ChangeWindowAttributes(child.id, CW.EventMask, [EventMask.PropertyChange])
        client.extension(xcffib.shape).SelectInput(child.id, True)
        self._shape = Region.of_window(client, child.id)
        self.read_opacity()

    @property
    def damage_id(self) -> int:
        """The id of its Damage object; 0 for an InputOnly window, which shows nothing."""
        return 0 if self._damage is None else self._damage.id

    @property
    def visible(self) -> bool:
        return self.child.mapped and self._picture is not None and self.opacity > 0

    def renew(self) -> None:
        """Name the backing pixmap again if the child has a new one."""
        if self.input_only or not self.child.mapped or self._backing == self.child.backings:
            return
        self._release_pixmap()
        self.window.width, self.window.height = self.child.width, self.child.height
        self._backing = self.child.backings
        self.pixmap = self.window.name_pixmap()
        self._picture = Picture.of(self.pixmap)
        self.reshape()

    def reshape(self) -> None:
        """Read the bounding shape again."""
        self._shape.destroy()
        self._shape = Region.of_window(self.client, self.child.id, SK.Bounding)

    def read_opacity(self) -> None:
        """Read the property _NET_WM_WINDOW_OPACITY again."""
        atom = self.client.atom(OPACITY)
        reply = self.client.core.GetProperty(
            False, self.child.id, atom, Atom.CARDINAL, 0, 1
        ).reply()
        (value,) = struct.unpack("=I", reply.value.buf()) if reply.format == 32 else (0xFFFFFFFF,)
        self.opacity = value >> 16
        if self._mask is not None:
            self._mask.free()
            self._mask = None
        if self.opacity < OPAQUE:
            self._mask = Picture.solid(self.client, "white", self.opacity)

    def take_damage(self, into: Region) -> None:
        """Add the damage since the last call, in the parent's coordinates, to ``into``."""
        assert self._damage is not None
        parts = Region.create(self.client, [])
        self._damage.subtract(parts=parts)
        self._move_inside(parts)
        into.unite(into, parts)
        parts.destroy()

    def draw(self, onto: Picture, limits: Region) -> None:
        """Draw the window and its border where ``limits`` allow."""
        assert self._picture is not None
        clip = Region.create(self.client, [])
        clip.copy(self._shape)
        self._move_inside(clip)
        clip.intersect(clip, limits)
        onto.clip(clip)
        clip.destroy()
        blended = self.window.depth == 32 or self._mask is not None
        op = PictOp.Over if blended else PictOp.Src
        onto.composite(self._picture, *self.child.outside, mask=self._mask, op=op)

    def project(self, onto: Picture, source: Matrix, width: int, height: int) -> None:
        """Draw the window and its border, through ``source``, into a picture of this size.

        ``source`` maps its pixels to those of the parent; shapes are ignored.
        """
        assert self._picture is not None
        x, y, *_ = self.child.outside
        third = source[6:]
        moved = (
            *(value - x * unit for value, unit in zip(source[:3], third, strict=True)),
            *(value - y * unit for value, unit in zip(source[3:6], third, strict=True)),
            *third,
        )
        self._picture.transform(moved)
        # What lies outside of a transformed picture is transparent.
        onto.composite(self._picture, 0, 0, width, height, mask=self._mask, op=PictOp.Over)
        self._picture.transform(IDENTITY)

    def free(self) -> None:
        """Free all resources; the window may be destroyed already."""
        # The Damage of a destroyed window went with it.
        with self.client.catch_errors():
            self._release_pixmap()
            if self._mask is not None:
                self._mask.free()
            if self._damage is not None:
                self._shape.destroy()
                self._damage.destroy()

    def _release_pixmap(self) -> None:
        if self._picture is not None:
            self._picture.free()
        if self.pixmap is not None:
            self.pixmap.free()
        self._picture = self.pixmap = None

    def _move_inside(self, region: Region) -> None:
        """From the window's origin to that of its parent."""
        border = self.child.border_width
        region.translate(self.child.x + border, self.child.y + border)
