# SPDX-License-Identifier: MIT
"""A DAMAGE object: which parts of a drawable the server says were drawn."""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

import xcffib.damage

from harness.clients.client import Client
from harness.clients.drawable import Drawable


class DamageLevel(IntEnum):
    """How much a Damage object reports."""

    RAW_RECTANGLES = 0
    DELTA_RECTANGLES = 1
    BOUNDING_BOX = 2
    NON_EMPTY = 3


@dataclass(frozen=True, slots=True)
class DamageNotify:
    """A DamageNotify event; ``area`` is (x, y, width, height), relative to the drawable."""

    drawable: int
    area: tuple[int, int, int, int]


class Damage:
    """A Damage object, by its id."""

    def __init__(self, client: Client, id: int) -> None:
        self.client = client
        self.id = id
        self._since = len(client.events)

    @classmethod
    def create(cls, drawable: Drawable, level: DamageLevel = DamageLevel.RAW_RECTANGLES) -> Self:
        """A new object of the drawable's client that watches ``drawable``.

        A window that can be seen counts as damaged at once; ``forget`` that to begin with.
        """
        damage = cls(drawable.client, drawable.client.new_id())
        damage._requests.Create(damage.id, drawable.id, level)
        return damage

    def notices(self) -> list[DamageNotify]:
        """Every DamageNotify of this object that is not forgotten, after a round trip."""
        self.client.sync()
        found = []
        for event in self.client.events[self._since :]:
            if event.name == "DAMAGE:Notify":
                drawable, damage, _, *area = struct.unpack_from("=3I2h2H", event.data, 4)
                if damage == self.id:
                    found.append(DamageNotify(drawable, tuple(area)))
        return found

    def forget(self) -> None:
        """Subtract all damage so far, and leave its reports out of ``notices``."""
        self._requests.Subtract(self.id, 0, 0)
        self.client.sync()
        self._since = len(self.client.events)

    def destroy(self) -> None:
        self._requests.Destroy(self.id)

    @property
    def _requests(self) -> xcffib.damage.damageExtension:
        return self.client.extension(xcffib.damage)
