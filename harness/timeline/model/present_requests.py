# SPDX-License-Identifier: MIT
"""The requests that a Present event may answer, and the selections that let it come."""

from dataclasses import dataclass

from harness.timeline.model.lifetimes.windows import Selection
from harness.timeline.streams import Instant, SentRequest
from harness.x11.present import EventMask, NotifyMsc, Option, PixmapSynced, PresentPixmap


@dataclass(frozen=True, slots=True, eq=False)
class PresentSelection(Selection):
    """An accepted SelectInput: the mask of the context ``event`` until the next one.

    ``previous`` is the selection that it changed.
    """

    event: int
    mask: EventMask
    previous: "PresentSelection | None"

    def watching(self, bit: EventMask, instant: Instant) -> SentRequest | None:
        """The newest request before ``instant`` since which the context had ``bit`` without a gap.

        None if there is none.  The context may still have died with its window meanwhile.
        """
        start: PresentSelection | None = self
        while start is not None and start.mask & bit and start.window == self.window:
            if start.sent.before(instant):
                return start.sent
            start = start.previous
        return None


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """What a CompleteNotify or IdleNotify on ``window`` with ``serial`` may answer.

    It is a NotifyMSC unless one of the subclasses says otherwise.
    """

    sent: SentRequest
    content: PresentPixmap | PixmapSynced | NotifyMsc
    window: int
    serial: int

    @property
    def presentation(self) -> "PresentRequest | None":
        """The presentation that it is, or is part of."""
        return None

    @property
    def may_wait(self) -> bool:
        """Whether something other than its target may hold it back."""
        one = self.presentation
        return one is not None and (one.synced or one.wait_fence != 0)

    @property
    def is_async(self) -> bool:
        """Whether it need not wait for the next frame when its target is past."""
        if isinstance(self.content, NotifyMsc):
            return self.content.divisor == 0
        return bool(self.content.options & (Option.ASYNC | Option.ASYNC_MAY_TEAR))

    @property
    def takes_ust(self) -> bool:
        """Whether its target may be a UST: option UST, which servers so far ignore."""
        return not isinstance(self.content, NotifyMsc) and bool(self.content.options & Option.UST)


@dataclass(frozen=True, slots=True, eq=False)
class PresentRequest(Candidate):
    """A PresentPixmap, or PresentPixmapSynced."""

    content: PresentPixmap | PixmapSynced

    @property
    def presentation(self) -> "PresentRequest":
        return self

    @property
    def wait_fence(self) -> int:
        """The fence it waits for; 0 for none."""
        return 0 if isinstance(self.content, PixmapSynced) else self.content.wait_fence

    @property
    def idle_fence(self) -> int:
        """The fence that is triggered when it is idle; 0 for none."""
        return 0 if isinstance(self.content, PixmapSynced) else self.content.idle_fence

    @property
    def synced(self) -> bool:
        """Whether it waits for and releases DRI3 syncobj points, and so has no IdleNotify."""
        return isinstance(self.content, PixmapSynced)

    def notified(self) -> "list[NotifyEntry]":
        """The entries of its notifies list."""
        return [
            NotifyEntry(self.sent, self.content, one.window, one.serial, self)
            for one in self.content.notifies
        ]


@dataclass(frozen=True, slots=True, eq=False)
class NotifyEntry(Candidate):
    """An entry of the notifies list of ``request``: another window that learns of it."""

    request: PresentRequest

    @property
    def presentation(self) -> PresentRequest:
        return self.request
