# SPDX-License-Identifier: MIT
"""A server that copies, legal in every step, and clients that use it in odd ways.

Requests wait in a client's pipe until the server handles them, events until the client
reads them, so that all delays a loaded machine can cause occur.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from harness.timeline.model import core_requests as core
from harness.timeline.model.core_requests import FenceAction
from harness.timeline.model.msc import ahead, next_match
from harness.timeline.record import Request, Timeline
from harness.x11 import present as wire
from harness.x11.present import CompleteKind, CompleteMode, EventMask, Option
from tests.timeline.script import FRAME_US, Actor, Script

ROOT, TOP, CHILD, FENCES = 0x100, 0x200001, 0x200002, (0x200020, 0x200021)
SERIALS = (0, 0, 1, 2, 3)
PIXMAPS = (0x200010, 0x200011)


@dataclass
class Pending:
    request: wire.PresentPixmap | wire.NotifyMsc
    due: int
    skipped: bool = False
    held: bool = False


@dataclass
class Link:
    """One client with its pipes; ``inbox`` holds what the server wrote and is unread."""

    actor: Actor
    outbox: list[Request] = field(default_factory=list)
    inbox: list[Callable[[], object]] = field(default_factory=list)
    handled: int = 0


class Simulator:
    """Plays ``steps`` random steps; the record is ``timeline``."""

    def __init__(self, seed: int, steps: int) -> None:
        self.random = random.Random(seed)
        self.script = Script()
        self.links = [Link(self.script.client(name)) for name in "ab"]
        self.now = self.random.choice((5, 1000, 2**32 - 20))
        self.windows: dict[int, int] = {}
        self.contexts: dict[int, tuple[Link, int, int]] = {}
        self.fences: dict[int, bool] = {}
        self.pending: list[Pending] = []
        first = self.links[0]
        for window, parent in ((TOP, ROOT), (CHILD, TOP)):
            self.send(first, lambda a, w=window, p=parent: a.create(w, p))
        self.flush(first)
        for _ in range(steps):
            self.step()
        for link in self.links:
            for _ in range(3):
                self.send(link, lambda a: a.request("GetInputFocus"))
                self.flush(link)

    @property
    def timeline(self) -> Timeline:
        return self.script.timeline

    def step(self) -> None:
        link = self.random.choice(self.links)
        action = self.random.choices(
            (self.present, self.notify, self.select, self.sync, self.fence, self.tear, self.wait),
            (8, 4, 2, 4, 2, 1, 8),
        )[0]
        action(link)
        if self.random.random() < 0.6:
            self.handle(link)
        if self.random.random() < 0.4:
            self.read(link)

    def send(self, link: Link, call: Callable[[Actor], object]) -> None:
        call(link.actor)
        request = self.timeline.entries[-1]
        assert isinstance(request, Request)
        link.outbox.append(request)

    def flush(self, link: Link) -> None:
        self.handle(link)
        self.read(link)

    def read(self, link: Link) -> None:
        inbox, link.inbox = link.inbox, []
        for deliver in inbox:
            deliver()

    def window(self) -> int:
        return self.random.choice((TOP, TOP, CHILD))

    def timing(self) -> dict[str, int]:
        divisor = self.random.choice((0, 0, 0, 2, 7))
        target = self.random.choice(
            (0, self.now - 3, self.now, self.now + 1, self.now + 4, self.now + 4, self.now + 2**63)
        )
        return {
            "target": max(0, target),
            "divisor": divisor,
            "remainder": self.random.randrange(divisor) if divisor else 0,
        }

    def present(self, link: Link) -> None:
        some = self.random.choice
        fence = some((0, 0, 0, *self.fences))
        values = {
            "window": self.window(),
            "pixmap": some(PIXMAPS),
            "options": some((0, 0, Option.ASYNC)),
            "update": some((0, 0, 0, 5)),
            "wait_fence": fence,
            "idle_fence": some((0, 0, *self.fences)),
        }
        self.send(link, lambda a: a.present(some(SERIALS), **self.timing(), **values))

    def notify(self, link: Link) -> None:
        serial, window = self.random.choice(SERIALS), self.window()
        self.send(link, lambda a: a.notify_msc(serial, window=window, **self.timing()))

    def select(self, link: Link) -> None:
        context = link.actor.context + self.random.randrange(2)
        mask = self.random.choice((7, 7, 7, 2, 4, 0, 8))
        window = self.window()
        self.send(link, lambda a: a.select(mask, window, context))

    def sync(self, link: Link) -> None:
        self.send(link, lambda a: a.request("GetInputFocus"))
        self.flush(link)

    def fence(self, link: Link) -> None:
        fence = self.random.choice(FENCES)
        if fence not in self.fences and not self._requested(fence):
            started = self.random.random() < 0.3
            self.send(self.links[0], lambda a: a.create_fence(fence, triggered=started))
            self.handle(self.links[0])
            return
        verb = self.random.choice(("Trigger", "Trigger", "Reset", "Destroy", "Query"))
        self.send(link, lambda a: a.fence(verb, fence))

    def _requested(self, fence: int) -> bool:
        return any(
            fence == getattr(core.decode(request), "fence", 0)
            for link in self.links
            for request in link.outbox
        )

    def tear(self, link: Link) -> None:
        if self.random.random() < 0.5:
            return
        first = self.links[0]
        if TOP in self.windows:
            self.send(first, lambda a: a.destroy(self.random.choice((TOP, CHILD))))
        else:
            self.send(first, lambda a: a.create(TOP, ROOT))
        if CHILD not in self.windows and TOP in self.windows:
            self.send(first, lambda a: a.create(CHILD, TOP))

    def wait(self, link: Link) -> None:
        for _ in range(self.random.choice((1, 1, 2, 25))):
            self.now += self.random.choice((1, 1, 1, 3))
            self.fire()

    def fire(self) -> None:
        due = [one for one in self.pending if ahead(one.due, self.now) <= 0 and not one.held]
        self.random.shuffle(due)
        for one in sorted(due, key=lambda one: one.due):
            self.execute(one, self.now)

    def execute(self, one: Pending, msc: int) -> None:
        request = one.request
        if isinstance(request, wire.PresentPixmap):
            if self.fences.get(request.wait_fence) is False:
                one.held = True
                return
            self.pending.remove(one)
            if not one.skipped:
                self.idle(request)
            mode = CompleteMode.SKIP if one.skipped else CompleteMode.COPY
            self.complete(request, CompleteKind.PIXMAP, mode, 0 if one.held else msc)
            return
        self.pending.remove(one)
        self.complete(request, CompleteKind.NOTIFY_MSC, CompleteMode.COPY, msc)

    def idle(self, request: wire.PresentPixmap) -> None:
        fence = request.idle_fence if request.idle_fence in self.fences else 0
        if fence:
            self.trigger(fence)
        self.send_event(
            request.window,
            lambda event: wire.IdleNotify(
                event=event,
                window=request.window,
                serial=request.serial,
                pixmap=request.pixmap,
                idle_fence=fence,
            ),
            EventMask.IDLE,
        )

    def complete(
        self,
        request: wire.PresentPixmap | wire.NotifyMsc,
        kind: CompleteKind,
        mode: CompleteMode,
        msc: int,
    ) -> None:
        self.send_event(
            request.window,
            lambda event: wire.CompleteNotify(
                kind=kind,
                mode=mode,
                event=event,
                window=request.window,
                serial=request.serial,
                ust=msc * FRAME_US,
                msc=msc,
            ),
            EventMask.COMPLETE,
        )

    def send_event(
        self, window: int, make: Callable[[int], wire.PresentEvent], bit: EventMask
    ) -> None:
        for event, (link, home, mask) in self.contexts.items():
            if home == window and mask & bit:
                content, sequence, actor = make(event), link.handled, link.actor
                link.inbox.append(lambda a=actor, c=content, s=sequence: a.event(c, s))

    def trigger(self, fence: int) -> None:
        self.fences[fence] = True
        self.release(fence)

    def release(self, fence: int) -> None:
        for one in list(self.pending):
            held = one.held and isinstance(one.request, wire.PresentPixmap)
            if held and one.request.wait_fence == fence and one in self.pending:
                self.execute(one, self.now)

    def handle(self, link: Link) -> None:
        outbox, link.outbox = link.outbox, []
        for request in outbox:
            link.handled = request.sequence
            problem = self._obey(link, request)
            if problem:
                self._answer(link, lambda a, s=request.sequence, p=problem: a.error(p, s))

    def _answer(self, link: Link, say: Callable[[Actor], object]) -> None:
        link.inbox.append(lambda: say(link.actor))

    def _obey(self, link: Link, request: Request) -> str:
        if request.name == "GetInputFocus":
            self._reply(link, request, bytes(32))
        match request.content or core.decode(request):
            case wire.SelectInput() as content:
                return self._select(link, content)
            case wire.PresentPixmap() | wire.NotifyMsc() as content:
                return self._accept(content)
            case core.CreateWindow(window=window, parent=parent):
                if window in self.windows or (parent != ROOT and parent not in self.windows):
                    return "IDChoice"
                self.windows[window] = parent
            case core.DestroyWindow(window=window):
                return self._destroy(window)
            case core.FenceRequest(FenceAction.CREATE, fence, triggered):
                self.fences[fence] = triggered
            case core.FenceRequest(FenceAction.TRIGGER, fence) if fence in self.fences:
                self.trigger(fence)
            case core.FenceRequest(FenceAction.RESET, fence) if self.fences.get(fence):
                self.fences[fence] = False
            case core.FenceRequest(FenceAction.DESTROY, fence) if fence in self.fences:
                del self.fences[fence]
                self.release(fence)
            case core.FenceRequest(FenceAction.QUERY, fence) if fence in self.fences:
                answer = bytes(8) + bytes([self.fences[fence]]) + bytes(23)
                self._reply(link, request, answer)
            case None:
                pass
            case _:
                return "SYNC:Fence"
        return ""

    def _reply(self, link: Link, request: Request, data: bytes) -> None:
        def deliver(actor: Actor) -> None:
            newest, actor.sequence = actor.sequence, request.sequence
            actor.reply(request.name, data)
            actor.sequence = newest

        self._answer(link, deliver)

    def _select(self, link: Link, content: wire.SelectInput) -> str:
        if content.window not in self.windows:
            return "Window"
        if content.mask > 7:
            return "Value"
        known = self.contexts.get(content.event)
        if known is not None and known[1] != content.window:
            return "Match"
        if content.mask:
            self.contexts[content.event] = link, content.window, content.mask
        else:
            self.contexts.pop(content.event, None)
        return ""

    def _destroy(self, window: int) -> str:
        if window not in self.windows:
            return "Window"
        destroyed = {window} | {child for child, parent in self.windows.items() if parent == window}
        for one in destroyed:
            del self.windows[one]
        self.contexts = {e: c for e, c in self.contexts.items() if c[1] not in destroyed}
        self.pending = [one for one in self.pending if one.request.window not in destroyed]
        return ""

    def _accept(self, request: wire.PresentPixmap | wire.NotifyMsc) -> str:
        if request.window not in self.windows:
            return "Window"
        is_pixmap = isinstance(request, wire.PresentPixmap)
        if is_pixmap:
            if any(f and f not in self.fences for f in (request.wait_fence, request.idle_fence)):
                return "SYNC:Fence"
            now = bool(request.options & Option.ASYNC)
        else:
            now = request.divisor == 0
        due = request.target_msc
        if ahead(due, self.now) <= 0:
            due = self.now if now else self.now + 1
            if request.divisor:
                due = next_match(self.now, request.divisor, request.remainder, strict=not now)
        if is_pixmap and not request.update:
            for other in self.pending:
                older = other.request
                if (
                    isinstance(older, wire.PresentPixmap)
                    and older.window == request.window
                    and other.due == due
                    and not other.skipped
                ):
                    other.skipped = True
                    self.idle(older)
        one = Pending(request, due)
        self.pending.append(one)
        if ahead(due, self.now) <= 0:
            self.execute(one, self.now)
        return ""
