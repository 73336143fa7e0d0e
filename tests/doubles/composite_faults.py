# SPDX-License-Identifier: MIT
"""Faults of a server whose redirections, backing pixmaps or overlay window are wrong."""

import os

from harness.faults.at import At
from harness.faults.connection import FaultedConnection
from harness.faults.fault import Fault
from harness.faults.scripted import Alter, Drop, Ignore
from harness.x11 import encoding

NAME = "Composite:NameWindowPixmap"
REDIRECTS = ("Composite:RedirectWindow", "Composite:RedirectSubwindows")
UNREDIRECTS = ("Composite:UnredirectWindow", "Composite:UnredirectSubwindows")
GET_OVERLAY = "Composite:GetOverlayWindow"

AUTOMATIC, MANUAL = 0, 1

SCRIPTS = {
    # A window without a backing pixmap is given a name for it.
    "names-unmapped": (Drop(f"error for {NAME}"),),
    # Two clients may redirect the same window manually.
    "accepts-second-manager": tuple(Drop(f"error for {name}") for name in REDIRECTS),
    # A redirection may be ended with another mode than it was begun with.
    "accepts-wrong-update": tuple(Drop(f"error for {name}") for name in UNREDIRECTS),
    "shows-manual": tuple(
        Alter(name, At(8, "B", AUTOMATIC)) for name in (*REDIRECTS, *UNREDIRECTS)
    ),
    "hides-automatic": tuple(
        Alter(name, At(8, "B", MANUAL)) for name in (*REDIRECTS, *UNREDIRECTS)
    ),
    "leaves-subwindows": (Ignore("Composite:RedirectSubwindows"),),
    "ignores-unredirect": tuple(map(Ignore, UNREDIRECTS)),
    "ignores-release": (Ignore("Composite:ReleaseOverlayWindow"),),
}


class _KnowsNames(Fault):
    """``pixmaps`` are the windows by the pixmaps that were named for them."""

    def __init__(self, link: FaultedConnection) -> None:
        super().__init__(link)
        self.pixmaps: dict[int, int] = {}

    def other_request(self, name: str, data: bytes) -> bytes:
        if name == NAME:
            window, pixmap = self.link.read("2I", data)
            self.pixmaps[pixmap] = window
        return data

    def replaced(self, data: bytes, ids: dict[int, int]) -> bytes:
        """The request with other ids."""
        words = self.link.read(f"{len(data) // 4 - 1}I", data)
        return self.link.write(data, 4, f"{len(words)}I", *(ids.get(word, word) for word in words))


class KeepsOldPixmap(_KnowsNames):
    """A window's pixmap is the one it had when it was first named, whatever its size now."""

    def __init__(self, link: FaultedConnection) -> None:
        super().__init__(link)
        self.first: dict[int, int] = {}

    def other_request(self, name: str, data: bytes) -> bytes:
        super().other_request(name, data)
        if name == NAME:
            window, pixmap = self.link.read("2I", data)
            first = self.first.setdefault(window, pixmap)
            return data if first == pixmap else self.link.no_operation
        if name == "FreePixmap" and self.link.read("I", data)[0] in self.pixmaps:
            return self.link.no_operation
        return self.replaced(data, {p: self.first[w] for p, w in self.pixmaps.items()})


class FreesWithTheWindow(_KnowsNames):
    """A named pixmap does not outlive its window."""

    def __init__(self, link: FaultedConnection) -> None:
        super().__init__(link)
        self.freed: dict[int, int] = {}

    def other_request(self, name: str, data: bytes) -> bytes:
        super().other_request(name, data)
        if name == "DestroyWindow":
            (window,) = self.link.read("I", data)
            self.freed |= dict.fromkeys((p for p, w in self.pixmaps.items() if w == window), 0)
        return self.replaced(data, self.freed)


class IgnoresFree(_KnowsNames):
    """The name of a backing pixmap cannot be freed."""

    def other_request(self, name: str, data: bytes) -> bytes:
        super().other_request(name, data)
        freed = name == "FreePixmap" and self.link.read("I", data)[0] in self.pixmaps
        return self.link.no_operation if freed else data


class LeavesOutTheBorder(_KnowsNames):
    """A backing pixmap has the size of the window without its border."""

    def message(self, name: str, message: bytes) -> list[bytes]:
        if message[0] != encoding.REPLY or name != "GetGeometry":
            return [message]
        (drawable,) = self.link.read("I", self.link.answered_request)
        border = self.link.borders.get(self.pixmaps.get(drawable, 0), 0)
        width, height = self.link.read("2H", message, 16)
        return [self.link.write(message, 16, "2H", width - 2 * border, height - 2 * border)]


class OutlivesItsClient(Fault):
    """Redirections and resources of a client outlive its connection."""

    def __init__(self, link: FaultedConnection) -> None:
        super().__init__(link)
        # A connection lasts as long as any process has a descriptor of it.
        os.dup(link.link.server.fileno())


class _KeepsScreen(Fault):
    """After a request with one of these names pictures are those taken before it."""

    names: tuple[str, ...]

    def __init__(self, link: FaultedConnection) -> None:
        super().__init__(link)
        self.kept: dict[bytes, bytes] = {}
        self.keeps = False

    def other_request(self, name: str, data: bytes) -> bytes:
        self.keeps = self.keeps or name in self.names
        return data

    def message(self, name: str, message: bytes) -> list[bytes]:
        if message[0] != encoding.REPLY or name != "GetImage":
            return [message]
        picture = self.kept.get(self.link.answered_request[4:16], message)
        if not self.keeps:
            self.kept[self.link.answered_request[4:16]] = picture = message
        return [self.link.write(picture, 2, "H", self.link.handled)]


class KeepsScreenAfterUnredirect(_KeepsScreen):
    """Nothing is painted when a redirection ends."""

    names = UNREDIRECTS


class HidesOverlay(_KeepsScreen):
    """The overlay window lies below everything."""

    names = (GET_OVERLAY,)


class _KnowsOverlay(Fault):
    overlay = 0

    def message(self, name: str, message: bytes) -> list[bytes]:
        if message[0] == encoding.REPLY and name == GET_OVERLAY:
            (self.overlay,) = self.link.read("I", message, 8)
        return [message]


class ListsOverlay(_KnowsOverlay):
    """The overlay window is among the children of the root."""

    def message(self, name: str, message: bytes) -> list[bytes]:
        super().message(name, message)
        if message[0] != encoding.REPLY or name != "QueryTree" or not self.overlay:
            return [message]
        (length,) = self.link.read("I", message)
        (count,) = self.link.read("H", message, 16)
        message = self.link.write(message, 4, "I", length + 1)
        message = self.link.write(message, 16, "H", count + 1)
        return [self.link.write(message + bytes(4), 32 + 4 * count, "I", self.overlay)]


class RenamesOverlay(_KnowsOverlay):
    """GetOverlayWindow returns another id each time."""

    def message(self, name: str, message: bytes) -> list[bytes]:
        known = self.overlay
        super().message(name, message)
        if message[0] == encoding.ERROR or name != GET_OVERLAY or not known:
            return [message]
        return [self.link.write(message, 8, "I", known + 1)]
