# SPDX-License-Identifier: MIT
"""Pixmaps that redirecting clients hold: one PresentIdle is owed for each RedirectNotify."""

import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from harness.proposals.requests import Size
from harness.proxy.link import Link
from harness.x11.present import PresentPixmap


@dataclass(slots=True, eq=False)
class TrackedPixmap:
    """An application's pixmap, followed beyond the life of its ``id``.

    ``size`` and ``depth`` are 0 until it is redirected.  ``named`` says whether ``id`` still
    names it; ``listeners`` counts XFIXES selections that wait for the end of that.
    """

    id: int
    size: Size = (0, 0)
    depth: int = 0
    named: bool = True
    listeners: int = 0


@dataclass(slots=True, eq=False)
class RedirectedPresentation:
    """A presentation that was redirected, until its pixmap is idle.

    ``number`` counts them in their order.  ``idle_fence`` is 0 once the fence is destroyed.
    ``window_destroyed`` is set when its window's id names another window or none.
    ``completed`` says that a presentation of the redirecting client has brought, or will bring,
    its CompleteNotify.  ``regions`` are copies made for it.
    """

    number: int
    request: PresentPixmap
    idle_fence: int
    regions: Sequence[int] = ()
    window_destroyed: bool = False
    completed: bool = False


@dataclass(slots=True, eq=False)
class BorrowedPixmap:
    """One pixmap in the hands of one redirecting client, which knows it as ``id``.

    The presentations ``owed`` wait for PresentIdle; those ``returned`` had it, but wait for the
    server, which reads from the pixmap for ``busy`` presentations of the redirecting client.
    ``event`` and ``window`` are those of the last RedirectNotify.  A ``copied`` pixmap has an id
    of its own, which is ``freed`` by the redirecting client.
    """

    borrower: Link
    pixmap: TrackedPixmap
    id: int
    copied: bool
    owed: deque[RedirectedPresentation] = field(default_factory=deque)
    returned: deque[RedirectedPresentation] = field(default_factory=deque)
    busy: int = 0
    event: int = 0
    window: int = 0
    freed: bool = False

    @property
    def reachable(self) -> bool:
        """Whether ``id`` names a pixmap."""
        return not self.freed if self.copied else self.pixmap.named

    @property
    def presentations(self) -> Iterator[RedirectedPresentation]:
        """All whose pixmap is not idle yet, oldest first."""
        return itertools.chain(self.returned, self.owed)


class BorrowedPixmaps:
    """All borrowed pixmaps, and in ``tracked`` those of applications by the id that names them.

    With ``burst``, returned presentations of a pixmap are idle only once none of it is owed.
    """

    def __init__(self, *, burst: bool) -> None:
        self.burst = burst
        self.all: list[BorrowedPixmap] = []
        self.tracked: dict[int, TrackedPixmap] = {}

    @property
    def presentations(self) -> Iterator[RedirectedPresentation]:
        """All whose pixmap is not idle yet."""
        return itertools.chain.from_iterable(one.presentations for one in self.all)

    def of(self, borrower: Link) -> list[BorrowedPixmap]:
        """What ``borrower`` holds."""
        return [one for one in self.all if one.borrower is borrower]

    def track(self, id: int) -> TrackedPixmap:
        """The pixmap that ``id`` names now."""
        return self.tracked.setdefault(id, TrackedPixmap(id))

    def reachable(self, borrower: Link, pixmap: TrackedPixmap) -> BorrowedPixmap | None:
        """``pixmap`` as ``borrower`` holds it, if it can still name it."""
        found = (one for one in self.of(borrower) if one.pixmap is pixmap and one.reachable)
        return next(found, None)

    def named(self, borrower: Link, id: int) -> BorrowedPixmap | None:
        """What ``id`` names, or last named, for ``borrower``."""
        found = [one for one in self.of(borrower) if one.id == id]
        alive = [one for one in found if one.reachable]
        return next(reversed(alive or found), None)

    def take_back(self, borrower: Link, id: int) -> BorrowedPixmap | None:
        """Move the oldest presentation that ``borrower`` owes under ``id`` to ``returned``."""
        found = [one for one in self.of(borrower) if one.id == id and one.owed]
        if not found:
            return None
        borrowed = min(found, key=lambda one: one.owed[0].number)
        borrowed.returned.append(borrowed.owed.popleft())
        return borrowed

    def take_idle(self, borrowed: BorrowedPixmap) -> list[RedirectedPresentation]:
        """Remove the presentations for which ``borrowed`` is idle now, oldest first."""
        if borrowed.busy or (self.burst and borrowed.owed):
            return []
        idle = list(borrowed.returned)
        borrowed.returned.clear()
        return idle

    def on_window(self, window: int) -> list[RedirectedPresentation]:
        """The presentations on ``window`` as it is now."""
        found = (one for one in self.presentations if one.request.window == window)
        return [one for one in found if not one.window_destroyed]

    def incomplete(self, window: int, serial: int) -> RedirectedPresentation | None:
        """The oldest presentation of ``serial`` on ``window`` that is not ``completed``."""
        found = [one for one in self.on_window(window) if one.request.serial == serial]
        found = [one for one in found if not one.completed]
        return min(found, key=lambda one: one.number, default=None)

    def with_wait_fence(self, fence: int) -> list[BorrowedPixmap]:
        """The pixmaps whose contents may change until ``fence`` is triggered."""
        return [
            borrowed
            for borrowed in self.all
            if any(one.request.wait_fence == fence for one in borrowed.presentations)
        ]

    def prune(self) -> None:
        """Forget pixmaps that no request can refer to any more."""
        self.all = [
            one for one in self.all if one.owed or one.returned or one.busy or one.reachable
        ]
        held = {one.pixmap for one in self.all}
        self.tracked = {id: one for id, one in self.tracked.items() if one in held or one.listeners}
