# SPDX-License-Identifier: MIT
"""Handles for what a presenter asked for: event contexts, presentations, MSC notifications."""

from __future__ import annotations

from operator import methodcaller
from typing import TYPE_CHECKING, TypeVar

from harness.clients.connection.client import EVENT_SECONDS
from harness.errors import HarnessError
from harness.x11 import present, present_redirect

if TYPE_CHECKING:
    from harness.clients.present.presenter import PresentWindow
    from harness.timeline import record

__tracebackhide__ = methodcaller("errisinstance", HarnessError)


_E = TypeVar(
    "_E", present.ConfigureNotify, present.RedirectNotify, present_redirect.PixmapDestroyNotify
)


class EventContext:
    """A PresentSelectInput event id on a window: where a client hears of presentations."""

    def __init__(self, window: PresentWindow, id: int, mask: int) -> None:
        self.window = window
        self.client = window.client
        self.id = id
        self.select(mask)

    def select(self, mask: int) -> None:
        """Replace the mask; 0 deletes the context."""
        self.mask = mask
        self.client.send(present.SelectInput(event=self.id, window=self.window.id, mask=int(mask)))

    def delete(self) -> None:
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
    ) -> present.ConfigureNotify:
        """The ``nth`` ConfigureNotify of this context."""
        return self._wait_nth(present.ConfigureNotify, nth, seconds)

    def wait_redirect(self, seconds: float = EVENT_SECONDS, nth: int = 1) -> present.RedirectNotify:
        """The ``nth`` RedirectNotify of this context."""
        return self._wait_nth(present.RedirectNotify, nth, seconds)

    def redirects(self) -> list[present.RedirectNotify]:
        """Every RedirectNotify of this context so far, after a round trip."""
        return [one for one in self.events() if isinstance(one, present.RedirectNotify)]

    def wait_pixmap_destroy(
        self, seconds: float = EVENT_SECONDS, nth: int = 1
    ) -> present_redirect.PixmapDestroyNotify:
        """The ``nth`` PixmapDestroyNotify of this context."""
        return self._wait_nth(present_redirect.PixmapDestroyNotify, nth, seconds)

    def _wait_nth(self, kind: type[_E], nth: int, seconds: float) -> _E:
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


class _Awaited:
    """What Presentation and MscNotification share: a serial and its CompleteNotify."""

    kind: present.CompleteKind

    def __init__(self, window: PresentWindow, serial: int) -> None:
        self.window = window
        self.client = window.client
        self.serial = serial
        self._since = {self.client.name: len(self.client.events)}

    def wait_complete(
        self, seconds: float = EVENT_SECONDS, context: EventContext | None = None
    ) -> present.CompleteNotify:
        """The CompleteNotify of this serial, on the window's own context by default.

        Raises WaitTimeout with what did arrive.
        """
        context = self._context(context)
        entry = context.client.wait_for(
            lambda e: self._completes(e, context),
            f"CompleteNotify for serial {self.serial} on window {self.window.id:#x}",
            seconds,
            self._since.get(context.client.name, 0),
        )
        assert isinstance(entry.content, present.CompleteNotify)
        return entry.content

    def completes(self, context: EventContext | None = None) -> list[present.CompleteNotify]:
        """Every CompleteNotify of this serial so far, after a round trip."""
        context = self._context(context)
        context.client.sync()
        return [
            e.content
            for e in self._arrived(context)
            if isinstance(e.content, present.CompleteNotify) and self._completes(e, context)
        ]

    def _arrived(self, context: EventContext) -> list[record.Event]:
        return context.client.events[self._since.get(context.client.name, 0) :]

    def _completes(self, entry: record.Event, context: EventContext) -> bool:
        content = entry.content
        return (
            isinstance(content, present.CompleteNotify)
            and content.event == context.id
            and content.kind == self.kind
            and content.serial == self.serial
        )

    def _context(self, context: EventContext | None) -> EventContext:
        context = context or self.window.context
        if context is None:
            raise ValueError(
                f"window {self.window.id:#x} selects no Present events: "
                f"give the context to listen on, or create the window with events"
            )
        return context


class MscNotification(_Awaited):
    """A NotifyMSC request."""

    kind = present.CompleteKind.NOTIFY_MSC

    def __init__(self, window: PresentWindow, request: present.NotifyMsc) -> None:
        super().__init__(window, request.serial)
        self.request = request
        self.sequence = self.client.send(request)


class Presentation(_Awaited):
    """A PresentPixmap request."""

    kind = present.CompleteKind.PIXMAP

    def __init__(self, window: PresentWindow, request: present.PresentPixmap) -> None:
        super().__init__(window, request.serial)
        self.request = request
        self.sequence = self.client.send(request)

    def wait_idle(
        self, seconds: float = EVENT_SECONDS, context: EventContext | None = None
    ) -> present.IdleNotify:
        """The IdleNotify of this serial, on the window's own context by default."""
        context = self._context(context)
        entry = context.client.wait_for(
            lambda e: self._idles(e, context),
            f"IdleNotify for serial {self.serial} (pixmap {self.request.pixmap:#x}) "
            f"on window {self.window.id:#x}",
            seconds,
            self._since.get(context.client.name, 0),
        )
        assert isinstance(entry.content, present.IdleNotify)
        return entry.content

    def idles(self, context: EventContext | None = None) -> list[present.IdleNotify]:
        """Every IdleNotify of this serial so far, after a round trip."""
        context = self._context(context)
        context.client.sync()
        return [
            e.content
            for e in self._arrived(context)
            if isinstance(e.content, present.IdleNotify) and self._idles(e, context)
        ]

    def answered(self) -> bool:
        """Whether a CompleteNotify has come, or none can: nobody of this client listens."""
        context = self.window.context
        if context is None or not context.mask & present.EventMask.COMPLETE:
            return True
        return any(self._completes(e, context) for e in self._arrived(context))

    def due(self, now: int) -> int:
        """The frame by which it must be executed when the window's MSC is ``now``."""
        ahead = (self.request.target_msc - now + (1 << 63)) % (1 << 64) - (1 << 63)
        return now + (ahead if ahead > 0 else max(1, self.request.divisor))

    def _idles(self, entry: record.Event, context: EventContext) -> bool:
        content = entry.content
        return (
            isinstance(content, present.IdleNotify)
            and content.event == context.id
            and content.serial == self.serial
        )
