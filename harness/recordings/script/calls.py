# SPDX-License-Identifier: MIT
"""Recorded requests as calls of xcffib, where these send the same fields."""

import inspect
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from io import BytesIO
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import xcffib

from harness.x11 import encoding
from harness.x11.definitions.fields import Item
from harness.x11.definitions.messages import MessageForm

_UNTOUCHED = 4
"""The bytes of the header, which libxcb writes but for the second one."""
_NO_EXTENSIONS = {"ffi", "wrappers", "testing", "xproto", "keysymdef", "xf86keysym"}


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a call: one field, several for a list of values, or a plain number."""

    name: str
    value: Item | tuple[Item, ...] | int


@dataclass(frozen=True, slots=True)
class Call:
    """A method of xcffib that sends a request; ``module`` is xcffib's, such as ``present``."""

    module: str
    method: str
    arguments: tuple[Argument, ...]
    has_reply: bool


def call_of(extension: str, form: MessageForm, data: bytes) -> Call | None:
    """The call that sends the request ``data`` of this machine's byte order, without a long length.

    None when xcffib has no such method, or would send other fields.
    """
    module = module_of(extension)
    method = getattr(_extension_class(module), form.name, None) if module else None
    if module is None or method is None:
        return None
    items = form.items(data, encoding.NATIVE)
    arguments = tuple(_arguments(method, items))
    try:
        sent, has_reply = _sent(module, form.name, arguments)
    except (AttributeError, TypeError, IndexError, struct.error):
        return None
    head = bytes(1) + (sent[1:2] if not extension else bytes(1)) + bytes(2)
    sent = head + sent[_UNTOUCHED:] + bytes(-len(sent) % 4)
    if len(sent) != len(data) or form.items(sent, encoding.NATIVE) != items:
        return None
    return Call(module.__name__.rpartition(".")[2], form.name, arguments, has_reply)


def struct_class(module: str, fields: tuple[str, ...]) -> str | None:
    """The class in xcffib's ``module`` or ``xproto`` of a structure with these fields.

    As ``xproto.RECTANGLE``; None when there is none.
    """
    for name in dict.fromkeys((module, "xproto", "render")):
        for kind, cls in vars(import_module(f"xcffib.{name}")).items():
            if (
                isinstance(cls, type)
                and issubclass(cls, xcffib.Struct)
                and hasattr(cls, "synthetic")
                and tuple(inspect.signature(cls.synthetic).parameters) == fields
            ):
                return f"{name}.{kind}"
    return None


@cache
def module_of(extension: str) -> ModuleType | None:
    """The module of xcffib with the requests of ``extension``, by the name that servers use.

    That of the core protocol for "".
    """
    if not extension:
        return import_module("xcffib.xproto")
    for one in iter_modules(xcffib.__path__):
        if one.name not in _NO_EXTENSIONS:
            module = import_module(f"xcffib.{one.name}")
            if getattr(module, "key", None) == xcffib.ExtensionKey(extension):
                return module
    return None


def _extension_class(module: ModuleType) -> Any:
    return next(
        (
            one
            for one in vars(module).values()
            if isinstance(one, type)
            and issubclass(one, xcffib.Extension)
            and one is not xcffib.Extension
        ),
        None,
    )


def _arguments(method: Any, items: tuple[Item, ...]) -> Iterator[Argument]:
    """What to give to each parameter, by the names of the fields."""
    parameters = [one for one in inspect.signature(method).parameters if one != "is_checked"][1:]
    named = {one.name: one for one in items}
    direct = {one.lstrip("_") for one in parameters} & named.keys()
    rest = tuple(one for one in items if one.name not in direct)
    for name in parameters:
        field = name.lstrip("_")
        if field in named:
            yield Argument(name, named[field])
        elif name.endswith("_len") and name[:-4] in named:
            elements = named[name[:-4]].value
            yield Argument(name, len(elements) if isinstance(elements, tuple | bytes) else 0)
        else:
            yield Argument(name, rest)


def _sent(module: ModuleType, method: str, arguments: tuple[Argument, ...]) -> tuple[bytes, bool]:
    """The bytes that xcffib would send, and whether it expects a reply."""
    sent: list[tuple[bytes, bool]] = []

    def send(opcode: int, buf: BytesIO, cookie: Any = None, **others: Any) -> None:
        sent.append((buf.getvalue(), cookie is not None))

    extension = object.__new__(_extension_class(module))
    extension.send_request = send
    values = [_plain(one.value, module.__name__.rpartition(".")[2]) for one in arguments]
    getattr(extension, method)(*values)
    ((data, has_reply),) = sent
    return data, has_reply


def _plain(value: Item | tuple[Item, ...] | int, module: str) -> Any:
    if isinstance(value, int):
        return value
    if isinstance(value, tuple):
        return [_plain(one, module) for one in value]
    inner = value.value
    if not isinstance(inner, tuple):
        return inner
    values = [_plain(one, module) for one in inner]
    if value.name or not inner:
        # A list, or the only structure of a field, which xcffib takes as its values.
        return values
    name = struct_class(module, tuple(one.name for one in inner))
    if name is None:
        raise TypeError("xcffib has no such structure")
    where, _, kind = name.partition(".")
    return getattr(import_module(f"xcffib.{where}"), kind).synthetic(*values)
