# SPDX-License-Identifier: MIT
"""Values by key."""

from collections.abc import Iterable
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


def grouped(items: Iterable[tuple[Key, Value]]) -> dict[Key, list[Value]]:
    """The values of each key; keys, and the values of each, in the order of ``items``."""
    found: dict[Key, list[Value]] = {}
    for key, value in items:
        found.setdefault(key, []).append(value)
    return found
