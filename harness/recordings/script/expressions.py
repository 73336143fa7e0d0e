# SPDX-License-Identifier: MIT
"""The arguments of calls as Python expressions: constants by name, ids by variable."""

import base64
import re
import struct
import zlib
from collections.abc import Callable, Mapping
from importlib import import_module

from harness.recordings.references.reference import Reference
from harness.recordings.script.calls import Argument, struct_class
from harness.x11.definitions.fields import Item, Meaning

MOST_BYTES = 48
"""Of bytes that are written out; more of them are compressed."""

_WORD = 4


class Expressions:
    """Writes arguments; ``imports`` are the names of xcffib's modules that they need.

    ``name`` gives the expression for a reference.
    """

    def __init__(self, name: Callable[[Reference], str]) -> None:
        self._name = name
        self.core_names: set[str] = set()
        self.modules: set[str] = set()

    def argument(
        self, one: Argument, references: Mapping[int, Reference], module: str, word_data: bool
    ) -> str:
        """The expression of an argument of a call in ``module``; see ``Call``.

        ``references`` are those of the request by their offsets; ``word_data`` says that opaque
        data are numbers of 32 bits.
        """
        if isinstance(one.value, int):
            return str(one.value)
        if isinstance(one.value, tuple):
            return _list([self._item(item, references, module) for item in one.value])
        item = one.value
        if word_data and isinstance(item.value, bytes) and len(item.value) % _WORD == 0:
            return self._words(item, references)
        return self._item(item, references, module)

    def value(self, item: Item, references: Mapping[int, Reference], module: str) -> str:
        """The expression of one field."""
        return self._item(item, references, module)

    def _item(self, item: Item, references: Mapping[int, Reference], module: str) -> str:
        value = item.value
        if isinstance(value, bytes):
            end = item.offset + len(value)
            inside = {
                at - item.offset: one
                for at, one in references.items()
                if item.offset <= at < end and one.value
            }
            if inside:
                return packed(value, inside, self._name)
            return bytes_text(value, text=item.meaning is Meaning.CHAR)
        if isinstance(value, tuple):
            return self._elements(item, value, references, module)
        if (reference := references.get(item.offset)) is not None:
            return self._name(reference)
        if isinstance(value, float):
            return repr(value)
        if item.meaning is Meaning.BOOL and value in (0, 1):
            return str(bool(value))
        return self._constant(item, value, module) or _number(value)

    def _elements(
        self, item: Item, inner: tuple[Item, ...], references: Mapping[int, Reference], module: str
    ) -> str:
        values = [self._item(one, references, module) for one in inner]
        if not inner or not inner[0].name:
            return _list(values)
        if item.name:
            return f"({', '.join(values)})"
        name = struct_class(module, tuple(one.name for one in inner)) or ""
        where, _, kind = name.partition(".")
        return f"{self._qualified(where, kind)}.synthetic({', '.join(values)})"

    def _constant(self, item: Item, value: int, module: str) -> str:
        """``CW.BackPixel | CW.EventMask``; "" where xcffib has no name for the value."""
        enum = item.enum
        if enum is None or not enum.enum or (not value and enum.mask):
            return ""
        for where in dict.fromkeys((module, "xproto", "render", "xfixes")):
            cls = getattr(import_module(f"xcffib.{where}"), enum.enum, None)
            if cls is None:
                continue
            names = {number: name for name, number in vars(cls).items() if name[0] != "_"}
            numbers = [value]
            if enum.mask and value not in names:
                numbers = [1 << bit for bit in range(value.bit_length()) if value >> bit & 1]
            if numbers and all(one in names for one in numbers):
                prefix = self._qualified(where, enum.enum)
                return " | ".join(f"{prefix}.{names[one]}" for one in numbers)
        return ""

    def _qualified(self, module: str, name: str) -> str:
        if module == "xproto":
            self.core_names.add(name)
            return name
        self.modules.add(module)
        return f"xcffib.{module}.{name}"

    def _words(self, item: Item, references: Mapping[int, Reference]) -> str:
        assert isinstance(item.value, bytes)
        numbers = struct.unpack(f"={len(item.value) // _WORD}I", item.value)
        offsets = range(item.offset, item.offset + len(item.value), _WORD)
        return _list(
            [
                self._name(references[at]) if at in references else _number(number)
                for at, number in zip(offsets, numbers, strict=True)
            ]
        )


def bytes_text(value: bytes, *, text: bool = False) -> str:
    """An expression for bytes, short where they repeat."""
    if text and value.isascii() and value.decode("ascii").isprintable():
        return _quoted(value.decode("ascii"))
    for size in (1, _WORD):
        part, count = value[:size], len(value) // size
        if count > 2 and value == part * count:
            return f"bytes({count})" if part == bytes(1) else f"{_literal(part)} * {count}"
    if len(value) <= MOST_BYTES:
        return _literal(value)
    packed = base64.b85encode(zlib.compress(value, 9)).decode("ascii")
    return f"zlib.decompress(base64.b85decode({_quoted(packed)}))"


def packed(
    data: bytes, references: Mapping[int, Reference], name: Callable[[Reference], str]
) -> str:
    """``struct.pack`` of these bytes, the ids in them by name; ``references`` by their offsets."""
    layout, values = "", list[str]()
    at = 0
    while at < len(data):
        reference = references.get(at)
        size = reference.size if reference else min(_WORD, len(data) - at)
        value = data[at : at + size]
        if reference is not None and reference.value:
            layout += {1: "B", 2: "H", 4: "I", 8: "Q"}[size]
            values.append(name(reference))
        elif not any(value):
            layout += f"{size}x"
        elif size == _WORD:
            layout += "I"
            values.append(str(struct.unpack("=I", value)[0]))
        else:
            layout += "B" * size
            values += map(str, value)
        at += size
    arguments = ", ".join([f'"={_shortened(layout)}"', *values])
    return f"struct.pack({arguments})"


def _shortened(layout: str) -> str:
    """``4x4xIII`` as ``8x3I``."""
    layout = re.sub(r"(?:\d+x)+", lambda run: f"{sum(map(int, run[0][:-1].split('x')))}x", layout)
    return re.sub(r"([BHIQ])\1{2,}", lambda run: f"{len(run[0])}{run[1]}", layout)


def _list(values: list[str]) -> str:
    return f"[{', '.join(values)}]"


def _number(value: int) -> str:
    return f"0x{value:X}" if value > 0xFFFF else str(value)


def _quoted(text: str) -> str:
    """A string in double quotes where it can be, as formatters write it."""
    if '"' in text:
        return repr(text)
    return '"' + repr("'" + text)[2:-1] + '"'


def _literal(value: bytes) -> str:
    shown = repr(value)
    return shown if '"' in shown else f'b"{shown[2:-1]}"'
