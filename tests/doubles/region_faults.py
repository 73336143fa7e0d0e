# SPDX-License-Identifier: MIT
"""Faults of a server that reckons wrongly with regions."""

from tests.doubles.faulty_server import REPLY, Accepts, Fault, Ignores, Link

FROM_WINDOW, COPY, UNION = 7, 12, 13
BOUNDING, CLIP = 0, 1


# Arithmetic


class UnionForgetsFirst(Fault):
    """The union of two regions is the second."""

    def other_request(self, name: str, data: bytes) -> bytes:
        if name != "XFIXES:UnionRegion":
            return data
        return self.link.write(data, 4, "I", *self.link.read("I", data, 8))


class IntersectsByUnion(Fault):
    """The intersection of two regions is their union."""

    def other_request(self, name: str, data: bytes) -> bytes:
        if name != "XFIXES:IntersectRegion":
            return data
        return self.link.write(data, 1, "B", UNION)


class SubtractsBackwards(Fault):
    """The difference of two regions is what is in the second and not in the first."""

    def other_request(self, name: str, data: bytes) -> bytes:
        if name != "XFIXES:SubtractRegion":
            return data
        first, second = self.link.read("2I", data)
        return self.link.write(data, 4, "2I", second, first)


class InvertsNothing(Fault):
    """The inverse of a region is the region."""

    def other_request(self, name: str, data: bytes) -> bytes:
        if name != "XFIXES:InvertRegion":
            return data
        copy = self.link.write(bytes([data[0], COPY, 0, 0]), 2, "H", 3)
        return copy + data[4:8] + data[16:20]


class TranslatesBackwards(Fault):
    """Regions move in the opposite direction."""

    def other_request(self, name: str, data: bytes) -> bytes:
        if name != "XFIXES:TranslateRegion":
            return data
        dx, dy = self.link.read("2h", data, 8)
        return self.link.write(data, 8, "2h", -dx, -dy)


class DropsRectangle(Fault):
    """Of several rectangles of a region the last is not told."""

    def message(self, name: str, message: bytes) -> list[bytes]:
        if message[0] != REPLY or name != "XFIXES:FetchRegion" or len(message) < 48:
            return [message]
        (length,) = self.link.read("I", message)
        return [self.link.write(message[:-8], 4, "I", length - 2)]


class AcceptsUsedId(Accepts):
    """A region may be given an id that is in use."""

    names = ("XFIXES:CreateRegion",)


# Where they come from, and what they are good for


class ForgetsShape(Fault):
    """The region of a window knows neither its shape nor its border."""

    def other_request(self, name: str, data: bytes) -> bytes:
        if name != "XFIXES:CreateRegionFromWindow" or data[12] != BOUNDING:
            return data
        return self.link.write(data, 12, "B", CLIP)


class IncludesBorder(Fault):
    """The clip region of a window holds its border."""

    def other_request(self, name: str, data: bytes) -> bytes:
        if name != "XFIXES:CreateRegionFromWindow" or data[12] != CLIP:
            return data
        return self.link.write(data, 12, "B", BOUNDING)


class IgnoresPictureClip(Ignores):
    """Pictures are drawn without regard to their clip region."""

    names = ("XFIXES:SetPictureClipRegion",)


class ForgetsSiblings(Fault):
    """The border clip of a window holds what other windows cover."""

    def other_request(self, name: str, data: bytes) -> bytes:
        if name != "Composite:CreateRegionFromBorderClip":
            return data
        whole = self.link.write(bytes([self.link.majors["XFIXES"], FROM_WINDOW, 0, 0]), 2, "H", 4)
        return whole + data[4:12] + bytes([BOUNDING, 0, 0, 0])


class ClipsFromTheBorder(Fault):
    """The border clip of a window begins at the outer corner of its border."""

    def __init__(self, link: Link) -> None:
        super().__init__(link)
        self.clips: dict[int, int] = {}

    def other_request(self, name: str, data: bytes) -> bytes:
        if name == "Composite:CreateRegionFromBorderClip":
            region, window = self.link.read("2I", data)
            self.clips[region] = self.link.double.borders.get(window, 0)
        return data

    def message(self, name: str, message: bytes) -> list[bytes]:
        if message[0] != REPLY or name != "XFIXES:FetchRegion":
            return [message]
        border = self.clips.get(self.link.read("I", self.link.question)[0], 0)
        for at in (8, *range(32, len(message), 8)):
            x, y = self.link.read("2h", message, at)
            message = self.link.write(message, at, "2h", x + border, y + border)
        return [message]
