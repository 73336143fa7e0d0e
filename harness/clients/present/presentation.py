# SPDX-License-Identifier: MIT
"""Handles of a presenter: event contexts, presentations, MSC notifications."""

from __future__ import annotations

from operator import methodcaller
from typing import Protocol, TypeVar

from harness.clients.connection.client import EVENT_SECONDS, Client
from harness.errors import HarnessError
from harness.timeline import record
from harness.x11 import present
from harness.x11.drafts import present_redirect

__tracebackhide__ = methodcaller("errisinstance", HarnessError)


_Numbered = TypeVar(
    "_Numbered",
    present.PresentConfigureNotify,
    present.RedirectNotify,
    present_redirect.PixmapDestroyNotify,
)
_Answer = TypeVar("_Answer", present.CompleteNotify, present.IdleNotify)


class PresentTarget(Protocol):
    """The window that something is presented to, as one client uses it."""

    @property
    def id(self) -> int: ...
    @property
    def client(self) -> Client: ...
    @property
    def context(self) -> EventContext | None: ...


class EventContext:
    """A PresentSelectInput event id on a window, to which the server sends Present events."""

    def __init__(self, window: PresentTarget, id: int, mask: int) -> None:
        self.window = window
        self.client = window.client
        self.id = id
        self.select(mask)

    def select(self, mask: int) -> None:
        """Replace the mask; 0 deletes the context."""
        self.mask = mask
        self.client.send(present.SelectInput(event=self.id, window=self.window.id, mask=int(mask)))

    def delete(self) -> None:
        """Select no events any more."""
        self.select(0)

    def events(self) -> list[present.PresentEvent]:
        """Everything this context has received so far, after a round trip."""
        self.client.sync()
        return [
            e.content
            for e in self.client.events
            if e.content is not None and e.content.event == self.id
        ]

    def wait_configure(
        self, seconds: float = EVENT_SECONDS, nth: int = 1
    ) -> present.PresentConfigureNotify:
        """The ``nth`` ConfigureNotify of this context, from 1.  Raises WaitTimeout."""
        return self._wait_nth(present.PresentConfigureNotify, nth, seconds)

    def wait_redirect(self, seconds: float = EVENT_SECONDS, nth: int = 1) -> present.RedirectNotify:
        """The ``nth`` RedirectNotify of this context, from 1.  Raises WaitTimeout."""
        return self._wait_nth(present.RedirectNotify, nth, seconds)

    def redirects(self) -> list[present.RedirectNotify]:
        """Every RedirectNotify of this context so far, after a round trip."""
        return [one for one in self.events() if isinstance(one, present.RedirectNotify)]

    def wait_pixmap_destroy(
        self, seconds: float = EVENT_SECONDS, nth: int = 1
    ) -> present_redirect.PixmapDestroyNotify:
        """The ``nth`` PixmapDestroyNotify of this context, from 1.  Raises WaitTimeout."""
        return self._wait_nth(present_redirect.PixmapDestroyNotify, nth, seconds)

    def _wait_nth(self, kind: type[_Numbered], nth: int, seconds: float) -> _Numbered:
        seen = 0

        def wanted(entry: record.Event) -> bool:
            nonlocal seen
            found = isinstance(entry.content, kind) and entry.content.event == self.id
            seen += found
            return found and seen == nth

        name = kind.NAME.removeprefix("Present")
        entry = self.client.wait_for(wanted, f"{name} {nth} for {self.window.id:#x}", seconds)
        assert isinstance(entry.content, kind)
        return entry.content


class _Request:
    """What Presentation and MscNotification share: a serial and its CompleteNotify."""

    kind: present.CompleteKind

    def __init__(
        self, window: PresentTarget, request: present.PresentPixmap | present.NotifyMsc
    ) -> None:
        self.window = window
        self.client = window.client
        self.serial = request.serial
        self._since = {self.client.name: len(self.client.events)}
        self.sequence = self.client.send(request)

    def wait_complete(
        self, seconds: float = EVENT_SECONDS, context: EventContext | None = None
    ) -> present.CompleteNotify:
        """The CompleteNotify of this serial, on the window's own context by default.

        Raises WaitTimeout, and ValueError for a window without a context of its own.
        """
        return self._wait(present.CompleteNotify, f"serial {self.serial}", seconds, context)

    def completes(self, context: EventContext | None = None) -> list[present.CompleteNotify]:
        """Every CompleteNotify of this serial so far, after a round trip."""
        return self._received(present.CompleteNotify, context)

    def _wait(
        self, kind: type[_Answer], what: str, seconds: float, context: EventContext | None
    ) -> _Answer:
        context = self._context(context)
        entry = context.client.wait_for(
            lambda e: self._answer(kind, e, context) is not None,
            f"{kind.NAME.removeprefix('Present')} for {what} on window {self.window.id:#x}",
            seconds,
            self._since.get(context.client.name, 0),
        )
        answer = self._answer(kind, entry, context)
        assert answer is not None
        return answer

    def _received(self, kind: type[_Answer], context: EventContext | None) -> list[_Answer]:
        context = self._context(context)
        context.client.sync()
        return self._answers(kind, context)

    def _answers(self, kind: type[_Answer], context: EventContext) -> list[_Answer]:
        events = context.client.events[self._since.get(context.client.name, 0) :]
        answers = (self._answer(kind, event, context) for event in events)
        return [answer for answer in answers if answer is not None]

    def _answer(
        self, kind: type[_Answer], entry: record.Event, context: EventContext
    ) -> _Answer | None:
        """The content of ``entry`` if it is of this kind, serial and context."""
        content = entry.content
        if not isinstance(content, kind) or content.event != context.id:
            return None
        if isinstance(content, present.CompleteNotify) and content.kind != self.kind:
            return None
        return content if content.serial == self.serial else None

    def _context(self, context: EventContext | None) -> EventContext:
        context = context or self.window.context
        if context is None:
            raise ValueError(
                f"window {self.window.id:#x} selects no Present events: "
                f"give the context to listen on, or create the window with events"
            )
        return context


class MscNotification(_Request):
    """A NotifyMSC request."""

    kind = present.CompleteKind.NOTIFY_MSC

    def __init__(self, window: PresentTarget, request: present.NotifyMsc) -> None:
        super().__init__(window, request)
        self.request = request


class Presentation(_Request):
    """A PresentPixmap request."""

    kind = present.CompleteKind.PIXMAP

    def __init__(self, window: PresentTarget, request: present.PresentPixmap) -> None:
        super().__init__(window, request)
        self.request = request

    def wait_idle(
        self, seconds: float = EVENT_SECONDS, context: EventContext | None = None
    ) -> present.IdleNotify:
        """The IdleNotify of this serial, on the window's own context by default.

        Raises WaitTimeout, and ValueError for a window without a context of its own.
        """
        what = f"serial {self.serial} (pixmap {self.request.pixmap:#x})"
        return self._wait(present.IdleNotify, what, seconds, context)

    def idles(self, context: EventContext | None = None) -> list[present.IdleNotify]:
        """Every IdleNotify of this serial so far, after a round trip."""
        return self._received(present.IdleNotify, context)

    def answered(self) -> bool:
        """Whether its CompleteNotify has come, or none can: this client selects none."""
        context = self.window.context
        if context is None or not context.mask & present.EventMask.COMPLETE:
            return True
        return bool(self._answers(present.CompleteNotify, context))

    def due(self, now: int) -> int:
        """The MSC (frames) by which it must be executed when the window's MSC is ``now``."""
        ahead = (self.request.target_msc - now + (1 << 63)) % (1 << 64) - (1 << 63)
        return now + (ahead if ahead > 0 else max(1, self.request.divisor))
