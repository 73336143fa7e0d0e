# SPDX-License-Identifier: MIT
"""Faults of a server that computes regions wrongly."""

from harness.faults.at import At
from harness.faults.connection import FaultedConnection
from harness.faults.fault import Fault
from harness.faults.scripted import Alter, Drop, Ignore
from harness.x11 import encoding

FROM_WINDOW = "XFIXES:CreateRegionFromWindow"
CREATE_FROM_WINDOW, COPY, UNION = 7, 12, 13
BOUNDING, CLIP = 0, 1

SCRIPTS = {
    # The union of two regions is the second.
    "union-forgets-first": (
        Alter("XFIXES:UnionRegion", At(4, "2I", lambda _, second: (second, second))),
    ),
    "intersects-by-union": (Alter("XFIXES:IntersectRegion", At(1, "B", UNION)),),
    "subtracts-backwards": (
        Alter("XFIXES:SubtractRegion", At(4, "2I", lambda first, second: (second, first))),
    ),
    "translates-backwards": (
        Alter("XFIXES:TranslateRegion", At(8, "2h", lambda dx, dy: (-dx, -dy))),
    ),
    "accepts-used-id": (Drop("error for XFIXES:CreateRegion"),),
    # The region of a window knows neither its shape nor its border.
    "forgets-shape": (
        Alter(FROM_WINDOW, At(12, "B", CLIP), when=lambda data: data[12] == BOUNDING),
    ),
    # The clip region of a window holds its border.
    "includes-border": (
        Alter(FROM_WINDOW, At(12, "B", BOUNDING), when=lambda data: data[12] == CLIP),
    ),
    "ignores-picture-clip": (Ignore("XFIXES:SetPictureClipRegion"),),
}


class InvertsNothing(Fault):
    """The inverse of a region is the region."""

    def other_request(self, name: str, data: bytes) -> bytes:
        if name != "XFIXES:InvertRegion":
            return data
        return encoding.request(self.link.order, data[0], COPY, data[4:8] + data[16:20])


class DropsRectangle(Fault):
    """Of several rectangles of a region the last is missing."""

    def message(self, name: str, message: bytes) -> list[bytes]:
        if message[0] != encoding.REPLY or name != "XFIXES:FetchRegion" or len(message) < 48:
            return [message]
        (length,) = self.link.read("I", message)
        return [self.link.write(message[:-8], 4, "I", length - 2)]


# Where they come from, and what they are good for


class ForgetsSiblings(Fault):
    """The border clip of a window holds what other windows cover."""

    def other_request(self, name: str, data: bytes) -> bytes:
        if name != "Composite:CreateRegionFromBorderClip":
            return data
        whole = self.link.write(
            bytes([self.link.major("XFIXES"), CREATE_FROM_WINDOW, 0, 0]), 2, "H", 4
        )
        return whole + data[4:12] + bytes([BOUNDING, 0, 0, 0])


class ClipsFromTheBorder(Fault):
    """The border clip of a window begins at the outer corner of its border."""

    def __init__(self, link: FaultedConnection) -> None:
        super().__init__(link)
        self.clips: dict[int, int] = {}

    def other_request(self, name: str, data: bytes) -> bytes:
        if name == "Composite:CreateRegionFromBorderClip":
            region, window = self.link.read("2I", data)
            self.clips[region] = self.link.borders.get(window, 0)
        return data

    def message(self, name: str, message: bytes) -> list[bytes]:
        if message[0] != encoding.REPLY or name != "XFIXES:FetchRegion":
            return [message]
        border = self.clips.get(self.link.read("I", self.link.answered_request)[0], 0)
        for at in (8, *range(32, len(message), 8)):
            x, y = self.link.read("2h", message, at)
            message = self.link.write(message, at, "2h", x + border, y + border)
        return [message]
