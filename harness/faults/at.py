# SPDX-License-Identifier: MIT
"""A change to some bytes of a message, for Alter."""

import struct
from dataclasses import dataclass
from typing import Any

from harness.faults.errors import ScriptError
from harness.x11 import encoding


@dataclass(frozen=True, slots=True)
class At:
    """Bytes from ``offset`` on, laid out as ``struct`` has it: ``At(12, "2h", 0, 0)``.

    In place of the values one function may stand, of all old ones to the new one or ones.
    Raises ScriptError for a layout that struct does not know, or another number of values.
    """

    offset: int
    layout: str
    values: tuple[Any, ...]

    def __init__(self, offset: int, layout: str, *values: Any) -> None:
        object.__setattr__(self, "offset", offset)
        object.__setattr__(self, "layout", layout)
        object.__setattr__(self, "values", values)
        try:
            wanted = len(struct.unpack(f"<{layout}", bytes(struct.calcsize(f"<{layout}"))))
        except struct.error as error:
            raise ScriptError(f"At({offset}, {layout!r}): {error}") from None
        if not self._computed and len(values) != wanted:
            raise ScriptError(
                f"At({offset}, {layout!r}): expected {wanted} values or one function, "
                f"got {len(values)} values"
            )

    @property
    def _computed(self) -> bool:
        return len(self.values) == 1 and callable(self.values[0])

    def __call__(self, message: bytes, order: encoding.ByteOrder) -> bytes:
        values = self.values
        if self._computed:
            new = values[0](*struct.unpack_from(order + self.layout, message, self.offset))
            values = new if isinstance(new, tuple) else (new,)
        changed = bytearray(message)
        struct.pack_into(order + self.layout, changed, self.offset, *values)
        return bytes(changed)
