# SPDX-License-Identifier: MIT
"""Readers of fields: what stands where in a message, whatever its kind."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from harness.x11.definitions.expressions import Expression, Numbers, Scope
from harness.x11.encoding import ByteOrder


class Meaning(Enum):
    """What a number stands for."""

    NUMBER = auto()
    BOOL = auto()
    BYTE = auto()
    CHAR = auto()
    XID = auto()
    ATOM = auto()


@dataclass(frozen=True, slots=True)
class EnumNames:
    """Names of values: of one each, or, for a ``mask``, of bits that add up.

    ``enum`` is that of the descriptions: ``CW``, ``EventMask``.
    """

    names: dict[int, str]
    mask: bool = False
    enum: str = ""

    def text(self, value: int) -> str | None:
        """``InputOutput``, ``Exposure|StructureNotify|0x8000000``; None for no name at all."""
        if value in self.names:
            return self.names[value]
        if not self.mask or value < 0:
            return None
        bits = [1 << bit for bit in range(value.bit_length()) if value >> bit & 1]
        unknown = sum(bit for bit in bits if bit not in self.names)
        named = [self.names[bit] for bit in bits if bit in self.names]
        return "|".join([*named, hex(unknown)] if unknown else named) if named else None


Value = int | float | bytes | tuple["Item", ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A field of a message: ``offset`` bytes from its start, with value or, inside, items.

    An element of a list has the name "".  ``type`` is that of the descriptions where they name
    one: ``WINDOW``, ``TIMESTAMP``, ``randr:CRTC``.  ``size`` is that of a number (bytes), 0 where
    the value is none.
    """

    name: str
    offset: int
    value: Value
    meaning: Meaning = Meaning.NUMBER
    enum: EnumNames | None = None
    type: str = ""
    size: int = 0


@dataclass(slots=True)
class Cursor:
    """A place in a message, up to which it has been read.

    ``compact`` is whether lists of plain numbers are read as their bytes.
    """

    data: bytes
    order: ByteOrder
    at: int
    compact: bool = False

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes.  Raises EOFError when the message has fewer."""
        if size < 0 or self.at + size > len(self.data):
            raise EOFError(f"{size} bytes at {self.at} of {len(self.data)}")
        self.at += size
        return self.data[self.at - size : self.at]


Reader = Callable[[Cursor, Scope, list[Item]], None]
"""Reads one field, or a few, and adds them to the list and to the scope."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A number of a fixed size; ``format`` is that of ``struct``, ``name`` that of its type."""

    format: str
    meaning: Meaning = Meaning.NUMBER
    name: str = ""

    @property
    def size(self) -> int:
        """In bytes."""
        return struct.calcsize(f"={self.format}")

    def read(self, cursor: Cursor, scope: Scope, name: str, enum: EnumNames | None) -> Item:
        offset = cursor.at
        packed = cursor.take(self.size)
        (value,) = struct.unpack(cursor.order + self.format, packed)
        if isinstance(value, int):
            scope.values[name] = value
        return Item(name, offset, value, self.meaning, enum, self.name, len(packed))


@dataclass(slots=True)
class Struct:
    """Fields one behind the other; ``readers`` are added when all types are known."""

    readers: list[Reader] = field(default_factory=list)

    def read(self, cursor: Cursor, scope: Scope, name: str, enum: EnumNames | None) -> Item:
        offset, inner, items = cursor.at, Scope(scope), list[Item]()
        for reader in self.readers:
            reader(cursor, inner, items)
        scope.values[name] = [inner]
        return Item(name, offset, tuple(items))


@dataclass(frozen=True, slots=True)
class Opaque:
    """Bytes that only their reader knows to read: a union, an event in a request."""

    size: int

    def read(self, cursor: Cursor, scope: Scope, name: str, enum: EnumNames | None) -> Item:
        return Item(name, cursor.at, cursor.take(self.size), Meaning.BYTE)


Type = Scalar | Struct | Opaque


def one(type_: Type, name: str, enum: EnumNames | None) -> Reader:
    """A field of this type."""

    def read(cursor: Cursor, scope: Scope, items: list[Item]) -> None:
        items.append(type_.read(cursor, scope, name, enum))

    return read


def several(type_: Type, name: str, length: Expression | None, enum: EnumNames | None) -> Reader:
    """A list; without a length it goes to the end of the message."""
    bytewise = isinstance(type_, Scalar) and type_.meaning in (Meaning.BYTE, Meaning.CHAR)
    plain = isinstance(type_, Scalar) and type_.meaning is Meaning.NUMBER

    def read(cursor: Cursor, scope: Scope, items: list[Item]) -> None:
        offset = cursor.at
        count = length(scope) if length else None
        if bytewise:
            assert isinstance(type_, Scalar)
            data = cursor.take(len(cursor.data) - cursor.at if count is None else count)
            scope.values[name] = data
            items.append(Item(name, offset, data, type_.meaning))
            return
        if plain and cursor.compact:
            assert isinstance(type_, Scalar)
            rest = (len(cursor.data) - cursor.at) // type_.size
            data = cursor.take(type_.size * (rest if count is None else count))
            form = f"{cursor.order}{len(data) // type_.size}{type_.format}"
            scope.values[name] = struct.unpack(form, data)
            items.append(Item(name, offset, data, Meaning.BYTE))
            return
        elements: list[Item] = []
        values: list[Numbers | Scope] = []
        while len(elements) < count if count is not None else cursor.at < len(cursor.data):
            inner = Scope(scope)
            elements.append(type_.read(cursor, inner, "", enum))
            value = inner.values.get("", 0)
            values.append(value if isinstance(value, int) else value[0])
        scope.values[name] = values
        items.append(Item(name, offset, tuple(elements)))

    return read


def pad(size: int) -> Reader:
    """Bytes without meaning; the last ones of a message may be left out."""

    def read(cursor: Cursor, scope: Scope, items: list[Item]) -> None:
        cursor.at = min(cursor.at + size, len(cursor.data))

    return read


def align(size: int) -> Reader:
    """Bytes without meaning up to a multiple of ``size``."""

    def read(cursor: Cursor, scope: Scope, items: list[Item]) -> None:
        cursor.at = min(cursor.at + -cursor.at % size, len(cursor.data))

    return read


@dataclass(frozen=True, slots=True)
class Case:
    """Fields that are there when the value of the switch has one of ``values``.

    Of a bitcase these are bits, of a case the whole value.
    """

    values: Sequence[Expression]
    bits: bool
    readers: Sequence[Reader]

    def holds(self, value: int, scope: Scope) -> bool:
        wanted = [one(scope) for one in self.values]
        return any(value & one for one in wanted) if self.bits else value in wanted


def switch(on: Expression, cases: Sequence[Case]) -> Reader:
    """The fields of all cases that hold, in their order."""

    def read(cursor: Cursor, scope: Scope, items: list[Item]) -> None:
        value = on(scope)
        for case in cases:
            if case.holds(value, scope):
                for reader in case.readers:
                    reader(cursor, scope, items)

    return read
