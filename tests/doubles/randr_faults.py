# SPDX-License-Identifier: MIT
"""Faults of a server that configures monitors wrongly, or tells wrongly what has changed."""

from tests.doubles.faulty_server import REPLY, Accepts, Fault, Ignores, Link

SCREEN_CHANGE, NOTIFY = "RANDR:ScreenChangeNotify", "RANDR:Notify"
SET_CRTC = "RANDR:SetCrtcConfig"
CRTC_CHANGE, OUTPUT_CHANGE = 0, 1
GET_CRTC_INFO = 20


def _kind(name: str, message: bytes) -> int | None:
    """The kind of a Notify; None for anything else."""
    return message[1] if name == NOTIFY else None


# Events


class LosesCrtcChange(Fault):
    """The first client that selects is never told that a CRTC has changed."""

    def message(self, name: str, message: bytes) -> list[bytes]:
        deaf = self.link.double.links[0] is self.link
        return [] if deaf and _kind(name, message) == CRTC_CHANGE else [message]


class TellsOutputsFirst(Fault):
    """The change of a CRTC is told after that of its outputs."""

    def __init__(self, link: Link) -> None:
        super().__init__(link)
        self.kept: list[bytes] = []

    def message(self, name: str, message: bytes) -> list[bytes]:
        kind = _kind(name, message)
        if kind == CRTC_CHANGE:
            self.kept.append(message)
            return []
        kept, self.kept = self.kept, []
        return [message, *kept] if kind == OUTPUT_CHANGE else [*kept, message]


class RepeatsCrtcChange(Fault):
    """The change of a CRTC is told twice."""

    def message(self, name: str, message: bytes) -> list[bytes]:
        return [message] * (2 if _kind(name, message) == CRTC_CHANGE else 1)


class TellsUnselectedChange(Fault):
    """Whoever selects anything hears of all."""

    def other_request(self, name: str, data: bytes) -> bytes:
        if name == "RANDR:SelectInput" and self.link.read("H", data, 8)[0]:
            return self.link.write(data, 8, "H", 0x7F)
        return data


class IgnoresDeselection(Fault):
    """Mask 0 ends no selection."""

    def other_request(self, name: str, data: bytes) -> bytes:
        if name == "RANDR:SelectInput" and not self.link.read("H", data, 8)[0]:
            return self.link.nothing
        return data


class KeepsSizeOfCrtcThatIsOff(Fault):
    """A CRTC that is off is told with a size."""

    def message(self, name: str, message: bytes) -> list[bytes]:
        if _kind(name, message) == CRTC_CHANGE and not self.link.read("I", message, 16)[0]:
            return [self.link.write(message, 28, "2H", 640, 480)]
        return [message]


class TellsLastScreenSize(Fault):
    """ScreenChange tells the size before the change."""

    def __init__(self, link: Link) -> None:
        super().__init__(link)
        self.size: tuple[int, ...] = ()

    def message(self, name: str, message: bytes) -> list[bytes]:
        if name != SCREEN_CHANGE:
            return [message]
        size, self.size = self.size, self.link.read("2H", message, 24)
        return [self.link.write(message, 24, "2H", *size) if size else message]


class NamesWindowAsRoot(Fault):
    """ScreenChange names another window as the root."""

    def message(self, name: str, message: bytes) -> list[bytes]:
        if name != SCREEN_CHANGE:
            return [message]
        (window,) = self.link.read("I", message, 16)
        return [self.link.write(message, 12, "I", window + 1)]


class RunsConfigTimeBackwards(Fault):
    """Each config-timestamp is before the last one."""

    def __init__(self, link: Link) -> None:
        super().__init__(link)
        self.told = 0

    def message(self, name: str, message: bytes) -> list[bytes]:
        if name == SCREEN_CHANGE:
            self.told += 1
        elif _kind(name, message) != OUTPUT_CHANGE:
            return [message]
        return [self.link.write(message, 8, "I", 1000 - self.told)]


class MistellsTimestamp(Fault):
    """The change of an output has a timestamp of its own."""

    def message(self, name: str, message: bytes) -> list[bytes]:
        if _kind(name, message) != OUTPUT_CHANGE:
            return [message]
        return [self.link.write(message, 4, "I", 7)]


class MistellsModeOfOutput(Fault):
    """An output is told with another mode than its CRTC."""

    def message(self, name: str, message: bytes) -> list[bytes]:
        if _kind(name, message) != OUTPUT_CHANGE or not self.link.read("I", message, 20)[0]:
            return [message]
        return [self.link.write(message, 24, "I", 0x1FFFFF)]


class MistellsSizeOfMode(Fault):
    """Each change of a CRTC tells a size one larger than the change before."""

    def __init__(self, link: Link) -> None:
        super().__init__(link)
        self.told = 0

    def message(self, name: str, message: bytes) -> list[bytes]:
        if _kind(name, message) != CRTC_CHANGE or not self.link.read("I", message, 16)[0]:
            return [message]
        self.told += 1
        width, height = self.link.read("2H", message, 28)
        return [self.link.write(message, 28, "2H", width + self.told, height)]


class InventsConnection(Fault):
    """An output is connected in a way that is not defined."""

    def message(self, name: str, message: bytes) -> list[bytes]:
        if _kind(name, message) != OUTPUT_CHANGE:
            return [message]
        return [self.link.write(message, 30, "B", 9)]


class TellsOfNothing(Fault):
    """Whenever a CRTC is set, its last change is told again."""

    def __init__(self, link: Link) -> None:
        super().__init__(link)
        self.last: list[bytes] = []
        self.screen: list[bytes] = []

    def message(self, name: str, message: bytes) -> list[bytes]:
        if name == SCREEN_CHANGE:
            self.screen = [message]
        if _kind(name, message) == CRTC_CHANGE:
            self.last = [message]
        if name == SET_CRTC and message[0] == REPLY:
            repeated = [self._now(one) for one in (*self.screen, *self.last)]
            return [*repeated, message] if self.last else [message]
        return [message]

    def _now(self, event: bytes) -> bytes:
        return self.link.write(event, 2, "H", self.link.heard)


class ForgetsCrtcOfOutput(Fault):
    """A CRTC that goes on or off is not told to have changed, its output is."""

    def message(self, name: str, message: bytes) -> list[bytes]:
        return [] if _kind(name, message) == CRTC_CHANGE else [message]


class TellsWindowThatIsGone(Fault):
    """A window hears of changes of the screen after it was destroyed."""

    def __init__(self, link: Link) -> None:
        super().__init__(link)
        self.gone = 0

    def other_request(self, name: str, data: bytes) -> bytes:
        if name == "DestroyWindow":
            (self.gone,) = self.link.read("I", data)
        return data

    def message(self, name: str, message: bytes) -> list[bytes]:
        if name == SCREEN_CHANGE and self.gone:
            return [message, self.link.write(message, 16, "I", self.gone)]
        return [message]


# Requests


class IgnoresPosition(Fault):
    """CRTCs stay at the corner of the screen."""

    def other_request(self, name: str, data: bytes) -> bytes:
        return self.link.write(data, 16, "2h", 0, 0) if name == SET_CRTC else data


class IgnoresSwitchingOff(Fault):
    """A CRTC stays on."""

    def other_request(self, name: str, data: bytes) -> bytes:
        if name != SET_CRTC or self.link.read("I", data, 20)[0]:
            return data
        # The beginning of this reply is the one that is due.
        question = bytes([data[0], GET_CRTC_INFO, 0, 0]) + data[4:8] + bytes(4)
        return self.link.write(question, 2, "H", 3)


class IgnoresGamma(Ignores):
    """A gamma ramp is taken and forgotten."""

    names = ("RANDR:SetCrtcGamma",)


class AcceptsTooSmallScreen(Accepts):
    """A screen may be too small for what CRTCs show."""

    names = ("RANDR:SetScreenSize",)


class IgnoresPrimary(Ignores):
    """No output becomes the primary one."""

    names = ("RANDR:SetOutputPrimary",)


class ForgetsMonitors(Ignores):
    """No monitor can be set."""

    names = ("RANDR:SetMonitor",)


class KeepsModes(Ignores):
    """No mode leaves an output's list."""

    names = ("RANDR:DeleteOutputMode",)
