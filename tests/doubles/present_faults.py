# SPDX-License-Identifier: MIT
"""Faults of a server whose presentations, their events or their errors are wrong."""

from dataclasses import replace

from harness.protocol.present import (
    ALL_EVENTS,
    CompleteKind,
    CompleteMode,
    CompleteNotify,
    ConfigureNotify,
    Event,
    EventMask,
    IdleNotify,
    NotifyMsc,
    PresentPixmap,
    Request,
    SelectInput,
)
from tests.doubles.faulty_server import ERROR, REPLY, Fault, Link

BAD_REQUEST = 1


def _shown(event: Event) -> bool:
    """Whether the event completes a PresentPixmap."""
    return isinstance(event, CompleteNotify) and event.kind == CompleteKind.PIXMAP


# Events that do not come, or come too often


class DropsIdle(Fault):
    """No pixmap ever becomes idle."""

    def event(self, event: Event) -> list[Event]:
        return [] if isinstance(event, IdleNotify) else [event]


class DropsOneIdle(Fault):
    """The second pixmap never becomes idle."""

    count = 0

    def event(self, event: Event) -> list[Event]:
        self.count += isinstance(event, IdleNotify)
        return [] if isinstance(event, IdleNotify) and self.count == 2 else [event]


class DropsComplete(Fault):
    """No presentation is ever completed."""

    def event(self, event: Event) -> list[Event]:
        return [] if _shown(event) else [event]


class RepeatsIdle(Fault):
    """Every pixmap becomes idle twice."""

    def event(self, event: Event) -> list[Event]:
        return [event, event] if isinstance(event, IdleNotify) else [event]


class RepeatsComplete(Fault):
    """Every presentation completes twice."""

    def event(self, event: Event) -> list[Event]:
        return [event, event] if _shown(event) else [event]


class LosesPresentations(Fault):
    """A presentation is accepted and forgotten."""

    def request(self, request: Request) -> bytes | Request:
        if not isinstance(request, PresentPixmap):
            return request
        return self.link.nothing


class ForgetsOneContext(Fault):
    """Of several contexts on a window only the last one selected is told."""

    def event(self, event: Event) -> list[Event]:
        return [event] if event.event == self.link.contexts.get(event.window) else []


class InventsSerial(Fault):
    """Beside every completion comes one of a serial that nobody sent."""

    def event(self, event: Event) -> list[Event]:
        if not _shown(event):
            return [event]
        assert isinstance(event, CompleteNotify)
        return [event, replace(event, serial=event.serial + 1000)]


class Floods(Fault):
    """The first completion comes a hundred thousand times, and once more."""

    def event(self, event: Event) -> list[Event]:
        return [event] * 100_001 if _shown(event) else [event]


# Events in the wrong order


class CompletesBeforeIdle(Fault):
    """A copy completes before its pixmap is idle."""

    def __init__(self, link: Link) -> None:
        super().__init__(link)
        self.held: list[Event] = []

    def event(self, event: Event) -> list[Event]:
        if isinstance(event, IdleNotify):
            self.held.append(event)
            return []
        late, self.held = self.held, []
        return [event, *late]


class IdlesLate(CompletesBeforeIdle):
    """A copied pixmap becomes idle when the next one is."""

    def event(self, event: Event) -> list[Event]:
        if not isinstance(event, IdleNotify):
            return [event]
        late, self.held = self.held, [event]
        return late


class SwapsSerials(CompletesBeforeIdle):
    """Of two presentations each completes with the serial of the other."""

    def event(self, event: Event) -> list[Event]:
        if not _shown(event):
            return [event]
        self.held.append(event)
        if len(self.held) < 2:
            return []
        (first, second), self.held = self.held, []
        assert isinstance(first, CompleteNotify)
        assert isinstance(second, CompleteNotify)
        return [replace(first, serial=second.serial), replace(second, serial=first.serial)]


# Wrong values


class TellsMscBelowTarget(Fault):
    """The completion says the frame before the target."""

    def event(self, event: Event) -> list[Event]:
        if not isinstance(event, CompleteNotify) or not _shown(event):
            return [event]
        targets = {one.serial: one.target_msc for one in self.link.presented.values()}
        target = targets.get(event.serial, 0)
        return [replace(event, msc=target - 1) if target else event]


class RunsMscBackwards(Fault):
    """Each completion's MSC is a thousand lower than it should be since the last."""

    count = 0

    def event(self, event: Event) -> list[Event]:
        if not isinstance(event, CompleteNotify):
            return [event]
        self.count += 1
        return [replace(event, msc=event.msc - 1000 * self.count)]


class RunsUstBackwards(Fault):
    """Each completion's UST is an hour lower than it should be since the last."""

    count = 0

    def event(self, event: Event) -> list[Event]:
        if not isinstance(event, CompleteNotify):
            return [event]
        self.count += 1
        return [replace(event, ust=(event.ust - 3_600_000_000 * self.count) % (1 << 64))]


class StopsClock(Fault):
    """Completions of presentations say UST and MSC 0."""

    def event(self, event: Event) -> list[Event]:
        return [replace(event, ust=0, msc=0) if _shown(event) else event]


class NamesWrongPixmap(Fault):
    """Idle names another pixmap than the one presented."""

    def event(self, event: Event) -> list[Event]:
        if not isinstance(event, IdleNotify):
            return [event]
        return [replace(event, pixmap=event.pixmap + 1)]


class NamesWrongFence(Fault):
    """Idle names another fence than the one given."""

    def event(self, event: Event) -> list[Event]:
        if not isinstance(event, IdleNotify):
            return [event]
        return [replace(event, idle_fence=event.idle_fence + 1)]


class NamesWrongContext(Fault):
    """Events name an event id that nobody selected."""

    def event(self, event: Event) -> list[Event]:
        return [replace(event, event=event.event + 1) if _shown(event) else event]


class ClaimsFlip(Fault):
    """Copies are reported as flips."""

    def event(self, event: Event) -> list[Event]:
        return [replace(event, mode=CompleteMode.FLIP) if _shown(event) else event]


class ClaimsSuboptimal(Fault):
    """Copies are reported as suboptimal ones, though nobody asked to be told."""

    def event(self, event: Event) -> list[Event]:
        return [replace(event, mode=CompleteMode.SUBOPTIMAL_COPY) if _shown(event) else event]


class ClaimsSkip(Fault):
    """Copies are reported as skipped."""

    def event(self, event: Event) -> list[Event]:
        return [replace(event, mode=CompleteMode.SKIP) if _shown(event) else event]


class HidesSkip(Fault):
    """Skipped presentations are reported as copied."""

    def event(self, event: Event) -> list[Event]:
        return [replace(event, mode=CompleteMode.COPY) if _shown(event) else event]


class MistakesKind(Fault):
    """A presentation completes as if it were a NotifyMSC."""

    def event(self, event: Event) -> list[Event]:
        return [replace(event, kind=CompleteKind.NOTIFY_MSC) if _shown(event) else event]


class InventsMode(Fault):
    """Completions have a mode that the protocol does not know."""

    def event(self, event: Event) -> list[Event]:
        return [replace(event, mode=9) if _shown(event) else event]


class MistellsSize(Fault):
    """ConfigureNotify's pixmap is larger than its window."""

    def event(self, event: Event) -> list[Event]:
        if not isinstance(event, ConfigureNotify):
            return [event]
        return [replace(event, pixmap_width=event.pixmap_width + 1)]


class InventsEventType(Fault):
    """Behind every reply comes a Present event of a type that the protocol does not know."""

    def message(self, name: str, message: bytes) -> list[bytes]:
        if message[0] != REPLY or not self.link.presented:
            return [message]
        event = IdleNotify(event=0, window=0, serial=0, pixmap=0, idle_fence=0)
        return [message, self.link.write(self.link.encode(event), 8, "H", 9)]


# Events for those who did not ask


class TellsUnselected(Fault):
    """A context gets every kind of event, whatever it selected."""

    def request(self, request: Request) -> bytes | Request:
        if isinstance(request, SelectInput) and request.mask:
            return replace(request, mask=int(ALL_EVENTS))
        return request


class TellsDeletedContext(Fault):
    """A context that was deleted by mask 0 goes on to get events."""

    def request(self, request: Request) -> bytes | Request:
        if isinstance(request, SelectInput) and not request.mask:
            return replace(request, mask=int(EventMask.COMPLETE))
        return request


class _RemembersCompletion(Fault):
    last: CompleteNotify | None = None

    def event(self, event: Event) -> list[Event]:
        if isinstance(event, CompleteNotify) and _shown(event):
            self.last = event
        return [event]


class TellsDestroyedWindow(_RemembersCompletion):
    """A window that was destroyed gets another completion."""

    destroyed = False

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
        refused = self.link.presented.get(self.link.heard)
        if message[0] != ERROR or refused is None:
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


# Requests that are not obeyed


class DrawsAtWrongOffset(Fault):
    """Every picture lands one pixel too far to the right."""

    def request(self, request: Request) -> bytes | Request:
        if isinstance(request, PresentPixmap):
            return replace(request, x_off=request.x_off + 1)
        return request


class IgnoresUpdate(Fault):
    """The whole pixmap is drawn, whatever the update region."""

    def request(self, request: Request) -> bytes | Request:
        return replace(request, update=0) if isinstance(request, PresentPixmap) else request


class DrawsPreviousPixmap(Fault):
    """What is drawn is the pixmap presented before."""

    previous = 0

    def request(self, request: Request) -> bytes | Request:
        if not isinstance(request, PresentPixmap):
            return request
        stale, self.previous = self.previous or request.pixmap, request.pixmap
        return replace(request, pixmap=stale)

    def event(self, event: Event) -> list[Event]:
        if not isinstance(event, IdleNotify):
            return [event]
        pixmaps = {one.serial: one.pixmap for one in self.link.presented.values()}
        return [replace(event, pixmap=pixmaps[event.serial])]


class ShowsWrongPixel(Fault):
    """One bit of one pixel of every picture taken is wrong."""

    def message(self, name: str, message: bytes) -> list[bytes]:
        if message[0] != REPLY or name != "GetImage":
            return [message]
        picture = bytearray(message)
        picture[32] ^= 1
        return [bytes(picture)]


class IgnoresWaitFence(Fault):
    """Presentations do not wait for their fence."""

    def request(self, request: Request) -> bytes | Request:
        return replace(request, wait_fence=0) if isinstance(request, PresentPixmap) else request


class LeavesIdleFence(Fault):
    """Idle names the fence, which is never triggered."""

    def request(self, request: Request) -> bytes | Request:
        return replace(request, idle_fence=0) if isinstance(request, PresentPixmap) else request

    def event(self, event: Event) -> list[Event]:
        if not isinstance(event, IdleNotify):
            return [event]
        fences = {one.serial: one.idle_fence for one in self.link.presented.values()}
        return [replace(event, idle_fence=fences[event.serial])]


class IgnoresTarget(Fault):
    """Presentations are shown at once."""

    def request(self, request: Request) -> bytes | Request:
        return replace(request, target_msc=0) if isinstance(request, PresentPixmap) else request


class CutsTarget(Fault):
    """Only the lower 32 bits of a target count."""

    def request(self, request: Request) -> bytes | Request:
        if isinstance(request, PresentPixmap | NotifyMsc):
            return replace(request, target_msc=request.target_msc & 0xFFFFFFFF)
        return request


class IgnoresDivisor(Fault):
    """Divisor and remainder are ignored."""

    def request(self, request: Request) -> bytes | Request:
        if isinstance(request, PresentPixmap):
            return replace(request, divisor=0, remainder=0)
        return request


class SwallowsErrors(Fault):
    """Requests that fail say nothing."""

    def message(self, name: str, message: bytes) -> list[bytes]:
        return [] if message[0] == ERROR else [message]


class MistakesErrors(Fault):
    """Every error is a Request error."""

    def message(self, name: str, message: bytes) -> list[bytes]:
        if message[0] == ERROR:
            return [bytes([ERROR, BAD_REQUEST]) + message[2:]]
        return [message]


class ComplainsWithoutReason(Fault):
    """Accepted presentations are answered by an error as well."""

    def event(self, event: Event) -> list[Event]:
        if _shown(event):
            error = bytes([ERROR, BAD_REQUEST]) + bytes(30)
            self.link.to_client += self.link.write(error, 2, "H", self.link.heard)
        return [event]
