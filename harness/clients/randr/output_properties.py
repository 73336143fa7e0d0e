# SPDX-License-Identifier: MIT
"""The properties of one output or provider: their values, and the values that they may have."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, ClassVar

import xcffib.randr
from xcffib.xproto import GetPropertyType

from harness.clients.connection.client import Client


class PropertyMode(IntEnum):
    """What ChangeOutputProperty does with the value that is there."""

    REPLACE = 0
    PREPEND = 1
    APPEND = 2


@dataclass(frozen=True, slots=True)
class Value:
    """A GetOutputProperty reply; ``type`` is an atom, 0 for no property."""

    type: int
    format: int
    bytes_after: int
    items: int
    data: bytes


@dataclass(frozen=True, slots=True)
class PropertyConfiguration:
    """A QueryOutputProperty reply: ``values`` are valid ones, or limits of ranges."""

    pending: bool
    range: bool
    immutable: bool
    values: tuple[int, ...]


def _valid(reply: Any) -> tuple[int, ...]:
    # xcffib has a name of its own in each of the two replies.
    return tuple(reply.validValues if hasattr(reply, "validValues") else reply.valid_values)


class OutputProperties:
    """The properties of the output ``owner``; every call is one request of ``client``."""

    OWNER: ClassVar[str] = "Output"

    def __init__(self, client: Client, owner: int) -> None:
        self.client = client
        self.owner = owner

    def names(self) -> list[int]:
        """The atoms of all properties, in the server's order."""
        return list(self._request("List{}Properties")(self.owner).reply().atoms)

    def query(self, name: int) -> PropertyConfiguration:
        reply = self._request("Query{}Property")(self.owner, name).reply()
        return PropertyConfiguration(
            bool(reply.pending), bool(reply.range), bool(reply.immutable), _valid(reply)
        )

    def configure(
        self, name: int, values: Sequence[int] = (), *, pending: bool = False, range: bool = False
    ) -> None:
        self._request("Configure{}Property")(
            self.owner, name, pending, range, len(values), list(values)
        )

    def change(
        self, name: int, type: int, format: int, data: bytes, mode: int = PropertyMode.REPLACE
    ) -> None:
        """ChangeOutputProperty; ``data`` are whole items of ``format`` bits."""
        self._request("Change{}Property")(
            self.owner, name, type, format, mode, len(data) * 8 // format, data
        )

    def delete(self, name: int) -> None:
        self._request("Delete{}Property")(self.owner, name)

    def get(
        self,
        name: int,
        *,
        type: int = GetPropertyType.Any,
        offset: int = 0,
        length: int = 1 << 20,
        delete: bool = False,
        pending: bool = False,
    ) -> Value:
        """GetOutputProperty; ``offset`` and ``length`` in units of 4 bytes."""
        cookie = self._request("Get{}Property")(
            self.owner, name, type, offset, length, delete, pending
        )
        reply = self.client.reply(cookie)
        kind, bytes_after, items = struct.unpack_from("=3I", reply, 8)
        format = reply[1]
        return Value(kind, format, bytes_after, items, bytes(reply[32:][: items * format // 8]))

    def _request(self, name: str) -> Any:
        return getattr(self.client.extension(xcffib.randr), name.format(self.OWNER))


class ProviderProperties(OutputProperties):
    """The properties of the provider ``owner``."""

    OWNER = "Provider"
