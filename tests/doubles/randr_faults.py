# SPDX-License-Identifier: MIT
"""Faults of a server that configures monitors wrongly, or reports changes wrongly."""

from collections.abc import Callable

from harness.faults.at import At
from harness.faults.connection import FaultedConnection
from harness.faults.fault import Fault
from harness.faults.scripted import Alter, Drop, Duplicate, Ignore
from harness.x11 import encoding

SCREEN_CHANGE, NOTIFY = "RANDR:ScreenChangeNotify", "RANDR:Notify"
SET_CRTC = "RANDR:SetCrtcConfig"
CRTC_CHANGE, OUTPUT_CHANGE = 0, 1
GET_CRTC_INFO = 20


def _kind(name: str, message: bytes) -> int | None:
    """The kind of a Notify; None for anything else."""
    return message[1] if name == NOTIFY else None


def _is_change(kind: int, on: bool | None = None) -> Callable[[bytes], bool]:
    """Whether a Notify is of this kind, and of something that is on or off."""
    at = 16 if kind == CRTC_CHANGE else 20
    return lambda data: data[1] == kind and (on is None or any(data[at : at + 4]) == on)


_CRTC, _OUTPUT = _is_change(CRTC_CHANGE), _is_change(OUTPUT_CHANGE)

SCRIPTS = {
    # Events
    "repeats-crtc-change": (Duplicate(NOTIFY, when=_CRTC),),
    # A client that selects anything gets all events; then mask 0 ends no selection.
    "tells-unselected-change": (
        Alter("RANDR:SelectInput", At(8, "H", lambda mask: mask and 0x7F)),
    ),
    "ignores-deselection": (Ignore("RANDR:SelectInput", when=lambda data: not any(data[8:10])),),
    "keeps-size-of-crtc-that-is-off": (
        Alter(NOTIFY, At(28, "2H", 640, 480), when=_is_change(CRTC_CHANGE, on=False)),
    ),
    "names-window-as-root": (
        Alter(SCREEN_CHANGE, At(12, "2I", lambda _, window: (window + 1, window))),
    ),
    "mistells-timestamp": (Alter(NOTIFY, At(4, "I", 7), when=_OUTPUT),),
    "mistells-mode-of-output": (
        Alter(NOTIFY, At(24, "I", 0x1FFFFF), when=_is_change(OUTPUT_CHANGE, on=True)),
    ),
    "invents-connection": (Alter(NOTIFY, At(30, "B", 9), when=_OUTPUT),),
    # A CRTC that goes on or off is not reported to have changed, its output is.
    "forgets-crtc-of-output": (Drop(NOTIFY, when=_CRTC),),
    # Requests
    "ignores-position": (Alter(SET_CRTC, At(16, "2h", 0, 0)),),
    "ignores-gamma": (Ignore("RANDR:SetCrtcGamma"),),
    "accepts-too-small-screen": (Drop("error for RANDR:SetScreenSize"),),
    "ignores-primary": (Ignore("RANDR:SetOutputPrimary"),),
    "forgets-monitors": (Ignore("RANDR:SetMonitor"),),
    "keeps-modes": (Ignore("RANDR:DeleteOutputMode"),),
}


class LosesCrtcChange(Fault):
    """Only the client that connected last gets the change of a CRTC."""

    def message(self, name: str, message: bytes) -> list[bytes]:
        deaf = self.link.proxy.links[-1] is not self.link.link
        return [] if deaf and _kind(name, message) == CRTC_CHANGE else [message]


class TellsOutputsFirst(Fault):
    """The change of a CRTC comes after that of its outputs."""

    def __init__(self, link: FaultedConnection) -> None:
        super().__init__(link)
        self.kept: list[bytes] = []

    def message(self, name: str, message: bytes) -> list[bytes]:
        kind = _kind(name, message)
        if kind == CRTC_CHANGE:
            self.kept.append(message)
            return []
        kept, self.kept = self.kept, []
        return [message, *kept] if kind == OUTPUT_CHANGE else [*kept, message]


class TellsLastScreenSize(Fault):
    """ScreenChangeNotify has the size before the change."""

    def __init__(self, link: FaultedConnection) -> None:
        super().__init__(link)
        self.size: tuple[int, ...] = ()

    def message(self, name: str, message: bytes) -> list[bytes]:
        if name != SCREEN_CHANGE:
            return [message]
        size, self.size = self.size, self.link.read("2H", message, 24)
        return [self.link.write(message, 24, "2H", *size) if size else message]


class RunsConfigTimeBackwards(Fault):
    """Each config-timestamp is before the last one."""

    def __init__(self, link: FaultedConnection) -> None:
        super().__init__(link)
        self.count = 0

    def message(self, name: str, message: bytes) -> list[bytes]:
        if name == SCREEN_CHANGE:
            self.count += 1
        elif _kind(name, message) != OUTPUT_CHANGE:
            return [message]
        return [self.link.write(message, 8, "I", 1000 - self.count)]


class MistellsSizeOfMode(Fault):
    """Each change of a CRTC has a size one larger than the change before."""

    def __init__(self, link: FaultedConnection) -> None:
        super().__init__(link)
        self.count = 0

    def message(self, name: str, message: bytes) -> list[bytes]:
        if _kind(name, message) != CRTC_CHANGE or not self.link.read("I", message, 16)[0]:
            return [message]
        self.count += 1
        width, height = self.link.read("2H", message, 28)
        return [self.link.write(message, 28, "2H", width + self.count, height)]


class TellsOfNothing(Fault):
    """Whenever a CRTC is set, its last change is sent again."""

    def __init__(self, link: FaultedConnection) -> None:
        super().__init__(link)
        self.last: list[bytes] = []
        self.screen: list[bytes] = []

    def message(self, name: str, message: bytes) -> list[bytes]:
        if name == SCREEN_CHANGE:
            self.screen = [message]
        if _kind(name, message) == CRTC_CHANGE:
            self.last = [message]
        if name == SET_CRTC and message[0] == encoding.REPLY:
            repeated = [self.link.renumbered(one) for one in (*self.screen, *self.last)]
            return [*repeated, message] if self.last else [message]
        return [message]


class TellsWindowThatIsGone(Fault):
    """A window gets changes of the screen after it was destroyed."""

    def __init__(self, link: FaultedConnection) -> None:
        super().__init__(link)
        self.destroyed = 0

    def other_request(self, name: str, data: bytes) -> bytes:
        if name == "DestroyWindow":
            (self.destroyed,) = self.link.read("I", data)
        return data

    def message(self, name: str, message: bytes) -> list[bytes]:
        if name == SCREEN_CHANGE and self.destroyed:
            return [message, self.link.write(message, 16, "I", self.destroyed)]
        return [message]


class IgnoresSwitchingOff(Fault):
    """A CRTC stays on."""

    def other_request(self, name: str, data: bytes) -> bytes:
        if name != SET_CRTC or self.link.read("I", data, 20)[0]:
            return data
        # The beginning of this reply is the one that is due.
        return encoding.request(self.link.order, data[0], GET_CRTC_INFO, data[4:8] + bytes(4))
