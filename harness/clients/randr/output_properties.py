# SPDX-License-Identifier: MIT
"""The properties of one output: their values, and the values that they may have."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

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


class OutputProperties:
    """The properties of ``output``; every call is one request of ``client``."""

    def __init__(self, client: Client, output: int) -> None:
        self.client = client
        self.output = output

    def names(self) -> list[int]:
        """The atoms of all properties, in the server's order."""
        return list(self._requests.ListOutputProperties(self.output).reply().atoms)

    def query(self, name: int) -> PropertyConfiguration:
        reply = self._requests.QueryOutputProperty(self.output, name).reply()
        return PropertyConfiguration(
            bool(reply.pending), bool(reply.range), bool(reply.immutable), tuple(reply.validValues)
        )

    def configure(
        self, name: int, values: Sequence[int] = (), *, pending: bool = False, range: bool = False
    ) -> None:
        self._requests.ConfigureOutputProperty(
            self.output, name, pending, range, len(values), list(values)
        )

    def change(
        self, name: int, type: int, format: int, data: bytes, mode: int = PropertyMode.REPLACE
    ) -> None:
        """ChangeOutputProperty; ``data`` are whole items of ``format`` bits."""
        self._requests.ChangeOutputProperty(
            self.output, name, type, format, mode, len(data) * 8 // format, data
        )

    def delete(self, name: int) -> None:
        self._requests.DeleteOutputProperty(self.output, name)

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
        reply = self._requests.GetOutputProperty(
            self.output, name, type, offset, length, delete, pending
        ).reply()
        return Value(
            reply.type, reply.format, reply.bytes_after, reply.num_items, bytes(reply.data)
        )

    @property
    def _requests(self) -> Any:
        return self.client.extension(xcffib.randr)
