# SPDX-License-Identifier: MIT
"""Dataclasses as JSON and back, and the JSON Schema that says so.

The annotations of a dataclass decide.  What has its default value is left out.
"""

from __future__ import annotations

import dataclasses
import json
import math
import types
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from harness.errors import HarnessError

_WORDS = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    dict: "an object",
    list: "a list",
    type(None): "null",
}

_PLAIN = (str, int, float, bool, type(None))
"""What JSON has as it is."""


class ShapeError(HarnessError):
    """A JSON value has another shape; ``where`` is its path (``tests[3].outcome``)."""

    def __init__(self, where: str, expected: str, got: object) -> None:
        shown = repr(got)
        shown = f"{shown[:57]}..." if len(shown) > 60 else shown
        super().__init__(f"{where or 'the whole'}: expected {expected}, got {shown}")
        self.where = where


def encode(value: object) -> Any:
    """The JSON value of ``value``: a dataclass without what has its default, or a part of one."""
    if type(value) in _PLAIN:
        return value
    if dataclasses.is_dataclass(value):
        return {
            name: encode(member)
            for name, default in _defaults(cast(type, type(value))).items()
            if (member := getattr(value, name)) != default
        }
    if isinstance(value, tuple):
        return [encode(one) for one in value]
    if isinstance(value, Mapping):
        return {str(key): encode(member) for key, member in value.items()}
    return str(value) if isinstance(value, StrEnum) else value


def line_of(value: object) -> bytes:
    """``value``, as ``encode`` makes it, as JSON on one line, without its end."""
    separators = (",", ":")
    try:
        return json.dumps(value, ensure_ascii=False, separators=separators).encode()
    except UnicodeEncodeError:
        # A path that is not UTF-8.
        return json.dumps(value, separators=separators).encode()


def decode(kind: Any, value: object, where: str = "") -> Any:
    """The value of type ``kind`` that ``value``, parsed JSON, says.

    Members that ``kind`` does not have are skipped: a later release may write more.
    Raises ShapeError, which names the place below ``where``.
    """
    if dataclasses.is_dataclass(kind):
        return _decode_dataclass(cast(type, kind), value, where)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (types.UnionType, Union):
        return None if value is None else decode(arguments[0], value, where)
    if origin is tuple:
        return _decode_tuple(arguments, value, where)
    if origin is Mapping:
        _require(dict, value, where)
        return {
            key: decode(arguments[1], member, f"{where}.{key}")
            for key, member in cast("dict[str, object]", value).items()
        }
    if issubclass(kind, StrEnum):
        if not isinstance(value, str) or value not in set(kind):
            raise ShapeError(where, f"one of {', '.join(kind)}", value)
        return kind(value)
    if kind is float:
        return _decode_number(value, where)
    _require(kind, value, where)
    return value


def _decode_number(value: object, where: str) -> float:
    """Python's JSON has also NaN and infinities, and whole numbers of any size."""
    if type(value) is not int:
        _require(float, value, where)
    try:
        number = float(cast(float, value))
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ShapeError(where, "a finite number", value)
    return number


def _decode_dataclass(kind: type, value: object, where: str) -> Any:
    _require(dict, value, where)
    members = cast("dict[str, object]", value)
    hints = _hints(kind)
    if lacking := [name for name in _required(kind) if name not in members]:
        raise ShapeError(where, f"the member {lacking[0]!r}", members)
    dot = "." if where else ""
    return kind(
        **{
            name: decode(hints[name], member, f"{where}{dot}{name}")
            for name, member in members.items()
            if name in hints
        }
    )


def _decode_tuple(arguments: tuple[Any, ...], value: object, where: str) -> tuple[Any, ...]:
    _require(list, value, where)
    items = cast("list[object]", value)
    if arguments[-1] is not Ellipsis and len(items) != len(arguments):
        raise ShapeError(where, f"{len(arguments)} values", value)
    return tuple(
        decode(arguments[0], one, f"{where}[{number}]") for number, one in enumerate(items)
    )


def _require(kind: type, value: object, where: str) -> None:
    # True is an int to Python.
    if type(value) is not kind:
        raise ShapeError(where, _WORDS[kind], value)


@cache
def _hints(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


@cache
def _defaults(kind: type) -> dict[str, object]:
    """The default of each field; of one that has none something that equals nothing."""
    return {
        field.name: field.default_factory()
        if field.default_factory is not dataclasses.MISSING
        else field.default
        for field in dataclasses.fields(kind)
    }


@cache
def _required(kind: type) -> list[str]:
    return [name for name, value in _defaults(kind).items() if value is dataclasses.MISSING]


def schema(kind: Any) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of what ``encode`` makes of a ``kind``."""
    definitions: dict[str, Any] = {}
    whole = _schema(kind, definitions)
    return {**definitions.pop(whole["$ref"].rpartition("/")[2]), "$defs": definitions}


def _schema(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if dataclasses.is_dataclass(kind):
        return _schema_of_dataclass(cast(type, kind), definitions)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (types.UnionType, Union):
        return _schema(arguments[0], definitions)
    if origin is tuple:
        sized = (
            {}
            if arguments[-1] is Ellipsis
            else dict.fromkeys(("minItems", "maxItems"), len(arguments))
        )
        return {"type": "array", "items": _schema(arguments[0], definitions), **sized}
    if origin is Mapping:
        return {"type": "object", "additionalProperties": _schema(arguments[1], definitions)}
    if issubclass(kind, StrEnum):
        return {"enum": [str(member) for member in kind]}
    names = {str: "string", int: "integer", float: "number", bool: "boolean"}
    return {"type": names[kind]}


def _schema_of_dataclass(kind: type, definitions: dict[str, Any]) -> dict[str, Any]:
    name = kind.__name__
    if name not in definitions:
        definitions[name] = {}
        properties = {}
        for member, hint in _hints(kind).items():
            default = encode(_defaults(kind)[member])
            shown = {} if member in _required(kind) or default is None else {"default": default}
            properties[member] = {**_schema(hint, definitions), **shown}
        definitions[name] = {
            "description": " ".join((kind.__doc__ or "").split()),
            "type": "object",
            "properties": properties,
            "required": _required(kind),
            "additionalProperties": False,
        }
    return {"$ref": f"#/$defs/{name}"}
