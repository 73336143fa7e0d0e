# SPDX-License-Identifier: MIT
"""Expressions of the protocol descriptions: lengths of lists, conditions of switches."""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

Numbers = int | Sequence["Numbers | Scope"]


@dataclass(slots=True)
class Scope:
    """The fields read so far of a message or struct, by name; ``outer`` is what it stands in."""

    outer: "Scope | None" = None
    values: dict[str, "Numbers"] = field(default_factory=dict)

    def find(self, name: str) -> "Numbers":
        """The value of the nearest field ``name``.  Raises KeyError when there is none."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return scope.values[name]
            scope = scope.outer
        raise KeyError(name)


Expression = Callable[[Scope], int]
EnumValue = Callable[[str, str], int]
"""The value of an item of an enum, by the names of both."""

_OPERATORS: Mapping[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.floordiv,
    "&": operator.and_,
    "<<": operator.lshift,
}
_ELEMENT = ""
"""The name in a scope of the element that a sum is at."""


def expression(element: Element, enum_value: EnumValue) -> Expression:
    """What ``element`` computes from the fields before it.

    Raises ValueError for an element that is no expression.
    """
    parts = [expression(part, enum_value) for part in element]
    text = (element.text or "").strip()
    match element.tag:
        case "value":
            constant = int(text, 0)
            return lambda scope: constant
        case "bit":
            bit = 1 << int(text)
            return lambda scope: bit
        case "enumref":
            item = enum_value(element.attrib["ref"], text)
            return lambda scope: item
        case "fieldref" | "paramref":
            return lambda scope: _number(scope.find(text))
        case "listelement-ref":
            return lambda scope: _number(scope.find(_ELEMENT))
        case "op":
            compute, (left, right) = _OPERATORS[element.attrib["op"]], parts
            return lambda scope: compute(left(scope), right(scope))
        case "unop":
            (inverted,) = parts
            return lambda scope: ~inverted(scope)
        case "popcount":
            (counted,) = parts
            return lambda scope: (counted(scope) & 0xFFFFFFFF).bit_count()
        case "sumof":
            name, each = element.attrib["ref"], parts[0] if parts else None
            return lambda scope: sum(_summands(scope, name, each))
    raise ValueError(f"<{element.tag}> is no expression")


def _summands(scope: Scope, name: str, each: Expression | None) -> list[int]:
    elements = scope.find(name)
    if isinstance(elements, int):
        raise ValueError(f"{name} is no list")
    scopes = [one if isinstance(one, Scope) else Scope(scope, {_ELEMENT: one}) for one in elements]
    return [each(one) if each else _number(one.find(_ELEMENT)) for one in scopes]


def _number(value: "Numbers | Scope") -> int:
    if not isinstance(value, int):
        raise ValueError("a number is needed, not a list")
    return value
