# SPDX-License-Identifier: MIT
"""Damage objects: the server's reports of what was drawn in a drawable."""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

import xcffib.damage

from harness.clients.connection.client import Client
from harness.clients.resources.drawable import Drawable
from harness.clients.resources.region import Rectangles, Region


class DamageLevel(IntEnum):
    """The report level of a Damage object."""

    RAW_RECTANGLES = 0
    DELTA_RECTANGLES = 1
    BOUNDING_BOX = 2
    NON_EMPTY = 3


MORE = 0x80
"""Bit of a notify's level: another notify of the same change follows."""


@dataclass(frozen=True, slots=True)
class DamageNotify:
    """A DamageNotify event; rectangles are (x, y, width, height).

    ``area`` is relative to the drawable, ``geometry`` is that of the drawable on the screen.
    ``time`` is the server's, in ms.
    """

    level: DamageLevel
    more: bool
    drawable: int
    damage: int
    time: int
    area: tuple[int, int, int, int]
    geometry: tuple[int, int, int, int]

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """From the 32 bytes of the event."""
        drawable, damage, time = struct.unpack_from("=3I", data, 4)
        area, geometry = (struct.unpack_from("=2h2H", data, at) for at in (16, 24))
        level, more = DamageLevel(data[1] & ~MORE), bool(data[1] & MORE)
        return cls(level, more, drawable, damage, time, area, geometry)


class Damage:
    """A Damage object, by its id."""

    def __init__(self, client: Client, id: int, drawable: int) -> None:
        self.client = client
        self.id = id
        self.drawable = drawable
        self._since = len(client.events)

    @classmethod
    def create(cls, drawable: Drawable, level: DamageLevel = DamageLevel.RAW_RECTANGLES) -> Self:
        """A new object of the drawable's client that monitors ``drawable``.

        A viewable window is damaged from the start; ``watch`` leaves that out.
        """
        damage = cls(drawable.client, drawable.client.new_id(), drawable.id)
        damage._requests.Create(damage.id, drawable.id, level)
        return damage

    @classmethod
    def watch(cls, drawable: Drawable, level: DamageLevel = DamageLevel.RAW_RECTANGLES) -> Self:
        """As ``create``, without damage."""
        damage = cls.create(drawable, level)
        damage.forget()
        return damage

    def notices(self) -> list[DamageNotify]:
        """The DamageNotify events since the last ``take`` or ``forget``, after a round trip."""
        self.client.sync()
        found = []
        for event in self.client.events[self._since :]:
            if event.name == "DAMAGE:Notify":
                notice = DamageNotify.decode(event.data)
                if notice.damage == self.id:
                    found.append(notice)
        return found

    def take(self) -> list[DamageNotify]:
        """As ``notices``, and leave them out from now on; the damage is not subtracted."""
        found = self.notices()
        self._since = len(self.client.events)
        return found

    def areas(self) -> Rectangles:
        """The areas of ``take`` without empty ones.

        Servers at times report the bounding box of nothing.
        """
        return [notice.area for notice in self.take() if notice.area[2] and notice.area[3]]

    def subtract(self, repair: Region | None = None, parts: Region | None = None) -> None:
        """Subtract ``repair`` (everything if None); ``parts`` becomes what was removed.

        The server reports the remaining damage again.
        """
        self._requests.Subtract(
            self.id, 0 if repair is None else repair.id, 0 if parts is None else parts.id
        )

    def add(self, region: Region) -> None:
        """Damage ``region`` of the drawable, for all Damage objects of it."""
        self._requests.Add(self.drawable, region.id)

    def forget(self) -> None:
        """Subtract all damage so far, and leave its events out of ``notices``."""
        self.subtract()
        self.client.sync()
        self._since = len(self.client.events)

    def destroy(self) -> None:
        self._requests.Destroy(self.id)

    @property
    def _requests(self) -> xcffib.damage.damageExtension:
        return self.client.extension(xcffib.damage)
