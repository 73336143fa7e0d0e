# SPDX-License-Identifier: MIT
"""Faults of a server whose presentations, their events or their errors are wrong."""

from dataclasses import replace

from harness.faults.at import At
from harness.faults.connection import FaultedConnection
from harness.faults.fault import Fault
from harness.faults.scripted import Alter, Delay, Drop, Duplicate, Ignore
from harness.x11 import encoding
from harness.x11.codec import ExtensionRequest
from harness.x11.present import (
    ALL_EVENTS,
    CompleteKind,
    CompleteMode,
    CompleteNotify,
    EventMask,
    IdleNotify,
    PresentEvent,
    PresentPixmap,
    SelectInput,
)

BAD_REQUEST = 1


def _shown(event: PresentEvent) -> bool:
    """Whether the event completes a PresentPixmap."""
    return isinstance(event, CompleteNotify) and event.kind == CompleteKind.PIXMAP


IDLE, COMPLETE = "PresentIdleNotify", "PresentCompleteNotify"
PRESENT = "PresentPixmap"

SCRIPTS = {
    # Events that do not come, or come too often
    "drops-idle": (Drop(IDLE),),
    "drops-one-idle": (Drop(IDLE, nth=2),),
    "drops-complete": (Drop(COMPLETE, when=_shown),),
    "repeats-idle": (Duplicate(IDLE),),
    "repeats-complete": (Duplicate(COMPLETE, when=_shown),),
    "loses-presentations": (Ignore(PRESENT),),
    "floods": (Duplicate(COMPLETE, times=100_001, when=_shown),),
    # Events in the wrong order
    "completes-before-idle": (Delay(IDLE, until=COMPLETE),),
    "idles-late": (Delay(IDLE, until=IDLE),),
    # Wrong values
    "stops-clock": (Alter(COMPLETE, ust=0, msc=0, when=_shown),),
    "names-wrong-pixmap": (Alter(IDLE, pixmap=lambda pixmap: pixmap + 1),),
    "names-wrong-fence": (Alter(IDLE, idle_fence=lambda fence: fence + 1),),
    "names-wrong-context": (Alter(COMPLETE, event=lambda event: event + 1, when=_shown),),
    "claims-flip": (Alter(COMPLETE, mode=CompleteMode.FLIP, when=_shown),),
    "claims-suboptimal": (Alter(COMPLETE, mode=CompleteMode.SUBOPTIMAL_COPY, when=_shown),),
    "claims-skip": (Alter(COMPLETE, mode=CompleteMode.SKIP, when=_shown),),
    "hides-skip": (Alter(COMPLETE, mode=CompleteMode.COPY, when=_shown),),
    "mistakes-kind": (Alter(COMPLETE, kind=CompleteKind.NOTIFY_MSC, when=_shown),),
    "invents-mode": (Alter(COMPLETE, mode=9, when=_shown),),
    "mistells-size": (Alter("PresentConfigureNotify", pixmap_width=lambda width: width + 1),),
    # Events that were not selected
    "tells-unselected": (Alter("PresentSelectInput", mask=lambda mask: mask and int(ALL_EVENTS)),),
    "tells-deleted-context": (
        Alter("PresentSelectInput", mask=lambda mask: mask or int(EventMask.COMPLETE)),
    ),
    # Requests that are not obeyed
    "draws-at-wrong-offset": (Alter(PRESENT, x_off=lambda x: x + 1),),
    "ignores-update": (Alter(PRESENT, update=0),),
    "shows-wrong-pixel": (Alter("reply to GetImage", At(32, "B", lambda blue: blue ^ 1)),),
    "ignores-wait-fence": (Alter(PRESENT, wait_fence=0),),
    "ignores-target": (Alter(PRESENT, target_msc=0),),
    "cuts-target": tuple(
        Alter(name, target_msc=lambda target: target & 0xFFFFFFFF)
        for name in (PRESENT, "PresentNotifyMSC")
    ),
    "ignores-divisor": (Alter(PRESENT, divisor=0, remainder=0),),
}


class ForgetsOneContext(Fault):
    """Of several contexts on a window only the last one selected gets events."""

    def event(self, event: PresentEvent) -> list[PresentEvent | bytes]:
        return [event] if event.event == self.link.contexts.get(event.window) else []


class InventsSerial(Fault):
    """Beside every completion comes one of a serial that no client sent."""

    def event(self, event: PresentEvent) -> list[PresentEvent | bytes]:
        if not _shown(event):
            return [event]
        assert isinstance(event, CompleteNotify)
        return [event, replace(event, serial=event.serial + 1000)]


class SwapsSerials(Fault):
    """Of two presentations each completes with the serial of the other."""

    def __init__(self, link: FaultedConnection) -> None:
        super().__init__(link)
        self.held: list[PresentEvent] = []

    def event(self, event: PresentEvent) -> list[PresentEvent | bytes]:
        if not _shown(event):
            return [event]
        self.held.append(event)
        if len(self.held) < 2:
            return []
        (first, second), self.held = self.held, []
        assert isinstance(first, CompleteNotify)
        assert isinstance(second, CompleteNotify)
        return [replace(first, serial=second.serial), replace(second, serial=first.serial)]


class TellsMscBelowTarget(Fault):
    """The completion says the frame before the target."""

    def event(self, event: PresentEvent) -> list[PresentEvent | bytes]:
        if not isinstance(event, CompleteNotify) or not _shown(event):
            return [event]
        targets = {one.serial: one.target_msc for one in self.link.presented.values()}
        target = targets.get(event.serial, 0)
        return [replace(event, msc=target - 1) if target else event]


class RunsMscBackwards(Fault):
    """Each completion's MSC is a thousand lower than it should be since the last."""

    count = 0

    def event(self, event: PresentEvent) -> list[PresentEvent | bytes]:
        if not isinstance(event, CompleteNotify):
            return [event]
        self.count += 1
        return [replace(event, msc=event.msc - 1000 * self.count)]


class RunsUstBackwards(Fault):
    """Each completion's UST is an hour lower than it should be since the last."""

    count = 0

    def event(self, event: PresentEvent) -> list[PresentEvent | bytes]:
        if not isinstance(event, CompleteNotify):
            return [event]
        self.count += 1
        return [replace(event, ust=(event.ust - 3_600_000_000 * self.count) % (1 << 64))]


class InventsEventType(Fault):
    """Behind every reply comes a Present event of a type that the protocol does not know."""

    def message(self, name: str, message: bytes) -> list[bytes]:
        if message[0] != encoding.REPLY or not self.link.presented:
            return [message]
        event = IdleNotify(event=0, window=0, serial=0, pixmap=0, idle_fence=0)
        return [message, self.link.write(self.link.encode(event), 8, "H", 9)]


class TellsDestroyedWindow(Fault):
    """A window that was destroyed gets another completion."""

    destroyed = False
    last: PresentEvent | None = None

    def event(self, event: PresentEvent) -> list[PresentEvent | bytes]:
        if _shown(event):
            self.last = event
        return [event]

    def other_request(self, name: str, data: bytes) -> bytes:
        self.destroyed = self.destroyed or name == "DestroyWindow"
        return data

    def message(self, name: str, message: bytes) -> list[bytes]:
        if not self.destroyed or self.last is None:
            return [message]
        self.destroyed = False
        return [self.link.encode(self.last), message]


class CompletesRefused(Fault):
    """A presentation that failed with an error completes nevertheless."""

    def message(self, name: str, message: bytes) -> list[bytes]:
        refused = self.link.presented.get(self.link.handled)
        if message[0] != encoding.ERROR or refused is None:
            return [message]
        event = CompleteNotify(
            kind=CompleteKind.PIXMAP,
            mode=CompleteMode.COPY,
            event=self.link.contexts[refused.window],
            window=refused.window,
            serial=refused.serial,
            ust=1,
            msc=1,
        )
        return [message, self.link.encode(event)]


class DrawsPreviousPixmap(Fault):
    """What is drawn is the pixmap presented before."""

    previous = 0

    def request(self, request: ExtensionRequest) -> bytes | ExtensionRequest:
        if not isinstance(request, PresentPixmap):
            return request
        stale, self.previous = self.previous or request.pixmap, request.pixmap
        return replace(request, pixmap=stale)

    def event(self, event: PresentEvent) -> list[PresentEvent | bytes]:
        if not isinstance(event, IdleNotify):
            return [event]
        pixmaps = {one.serial: one.pixmap for one in self.link.presented.values()}
        return [replace(event, pixmap=pixmaps[event.serial])]


class LeavesIdleFence(Fault):
    """Idle names the fence, which is never triggered."""

    def request(self, request: ExtensionRequest) -> bytes | ExtensionRequest:
        return replace(request, idle_fence=0) if isinstance(request, PresentPixmap) else request

    def event(self, event: PresentEvent) -> list[PresentEvent | bytes]:
        if not isinstance(event, IdleNotify):
            return [event]
        fences = {one.serial: one.idle_fence for one in self.link.presented.values()}
        return [replace(event, idle_fence=fences[event.serial])]


class SwallowsErrors(Fault):
    """Requests that fail say nothing."""

    def message(self, name: str, message: bytes) -> list[bytes]:
        return [] if message[0] == encoding.ERROR else [message]


class MistakesErrors(Fault):
    """Every error is a Request error."""

    def message(self, name: str, message: bytes) -> list[bytes]:
        if message[0] == encoding.ERROR:
            return [bytes([encoding.ERROR, BAD_REQUEST]) + message[2:]]
        return [message]


class ComplainsWithoutReason(Fault):
    """Accepted presentations are answered by an error as well."""

    def event(self, event: PresentEvent) -> list[PresentEvent | bytes]:
        if _shown(event):
            return [self.link.renumbered(bytes([encoding.ERROR, BAD_REQUEST]) + bytes(30)), event]
        return [event]


class KeepsContexts(Fault):
    """Contexts outlive their window, and get the events of the next one with its id."""

    def __init__(self, link: FaultedConnection) -> None:
        super().__init__(link)
        self._selected: dict[int, list[int]] = {}
        self._kept: dict[int, list[int]] = {}

    def request(self, request: ExtensionRequest) -> bytes | ExtensionRequest:
        if isinstance(request, SelectInput) and request.mask:
            self._selected.setdefault(request.window, []).append(request.event)
        return request

    def other_request(self, name: str, data: bytes) -> bytes:
        if name in ("DestroyWindow", "Composite:ReleaseOverlayWindow"):
            for window, events in self._selected.items():
                self._kept[window] = list(events)
        return data

    def event(self, event: PresentEvent) -> list[PresentEvent | bytes]:
        kept = self._kept.get(event.window, ())
        return [event, *(replace(event, event=one) for one in kept if one != event.event)]
