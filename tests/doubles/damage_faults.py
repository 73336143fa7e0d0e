# SPDX-License-Identifier: MIT
"""Faults of a server that reports or keeps damage wrongly."""

from harness.faults.fault import Fault
from harness.faults.scripted import Alter, At, Drop, Duplicate, Ignore

NOTIFY = "DAMAGE:Notify"
SUBTRACT = "DAMAGE:Subtract"
MORE = 0x80

RAW, DELTA, BOX, NON_EMPTY = range(4)

SCRIPTS = {
    # Reports
    "loses-damage": (Drop(NOTIFY),),
    "loses-some-damage": (Drop(NOTIFY, every=2),),
    "repeats-damage": (Duplicate(NOTIFY),),
    # Relative to the screen, as the geometry that follows the area is.
    "counts-from-the-screen": (
        Alter(NOTIFY, At(16, "2h2H2h", lambda x, y, w, h, dx, dy: (x + dx, y + dy, w, h, dx, dy))),
    ),
    "reports-after-destroy": (Ignore("DAMAGE:Destroy"),),
    "ignores-add": (Ignore("DAMAGE:Add"),),
    # Every report says that another one of the same change follows.
    "says-more": (Alter(NOTIFY, At(1, "B", lambda level: level | MORE)),),
    # Levels
    "reports-every-rectangle": (
        Alter("DAMAGE:Create", At(12, "B", RAW), when=lambda data: data[12] == NON_EMPTY),
    ),
    "reports-old-damage": (
        Alter("DAMAGE:Create", At(12, "B", RAW), when=lambda data: data[12] == DELTA),
    ),
    # Subtract
    "subtracts-nothing": (Ignore(SUBTRACT),),
    "subtracts-everything": (Alter(SUBTRACT, At(8, "I", 0)),),
    "ignores-parts": (Alter(SUBTRACT, At(12, "I", 0)),),
}


class CountsFromTheBorder(Fault):
    """Damage is reported in coordinates of the border's outer corner."""

    def message(self, name: str, message: bytes) -> list[bytes]:
        if name != NOTIFY:
            return [message]
        border = self.link.borders.get(self.link.read("I", message)[0], 0)
        x, y = self.link.read("2h", message, 16)
        return [self.link.write(message, 16, "2h", x + border, y + border)]
