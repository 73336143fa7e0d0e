# SPDX-License-Identifier: MIT
"""Fields of a message as text: ``window=0x200001 value_mask=X|Y x=10 y=-4``."""

from collections.abc import Iterable

from harness.x11.definitions.fields import EnumNames, Item, Meaning

MOST_BYTES, MOST_ELEMENTS = 32, 16
"""What of a list is shown; how long it is follows."""
_INVISIBLE = {"alignment_pad"}


def items_text(items: Iterable[Item], atoms: EnumNames) -> str:
    """``NAME=VALUE`` for each item; ``atoms`` are the names of the predefined ones."""
    shown = (one for one in items if one.name not in _INVISIBLE)
    return " ".join(f"{one.name}={_value(one, atoms)}" for one in shown)


def _value(item: Item, atoms: EnumNames) -> str:
    value = item.value
    if isinstance(value, bytes):
        return _string(value) if item.meaning is Meaning.CHAR else _bytes(value)
    if isinstance(value, tuple):
        return _elements(value, atoms)
    if isinstance(value, float):
        return f"{value:g}"
    names = atoms if item.meaning is Meaning.ATOM else item.enum
    text = names.text(value) if names else None
    if text is not None:
        return text
    if item.meaning is Meaning.BOOL and value in (0, 1):
        return "true" if value else "false"
    if item.meaning is Meaning.XID or (item.enum and item.enum.mask):
        return hex(value) if value else "0"
    return str(value)


def _elements(elements: tuple[Item, ...], atoms: EnumNames) -> str:
    if elements and elements[0].name:
        return f"{{{items_text(elements, atoms)}}}"
    shown = [_value(one, atoms) for one in elements[:MOST_ELEMENTS]]
    more = len(elements) - len(shown)
    return f"[{', '.join(shown)}{f', {more} more' if more else ''}]"


def _string(value: bytes) -> str:
    # Latin-1 is the protocol's STRING8; what is printable nowhere is escaped.
    return ascii(value.decode("latin-1"))


def _bytes(value: bytes) -> str:
    more = f"... ({len(value)} bytes)" if len(value) > MOST_BYTES else ""
    return (value[:MOST_BYTES].hex() or "none") + more
