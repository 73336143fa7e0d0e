# SPDX-License-Identifier: MIT
"""What redirecting clients owe: one PresentIdle for each presentation they were handed."""

import itertools
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.proxy.link import Link


@dataclass(slots=True, eq=False)
class TrackedPixmap:
    """An application's pixmap, which outlives its ``id``: ``named`` ends with that.

    ``listeners`` counts who asked to be told of that end.
    """

    id: int
    width: int = 0
    height: int = 0
    depth: int = 0
    named: bool = True
    listeners: int = 0


@dataclass(slots=True, eq=False)
class HandedPresentation:
    """A presentation handed over: what becoming idle has to tell, and to whom.

    ``window_gone`` is set when the window, or another that has its id, is not the one any
    more.  ``answered`` says that its CompleteNotify came, or will come, through a
    presentation of the redirecting client.  ``regions`` are copies made for it.
    """

    number: int
    window: int
    serial: int
    pixmap: int
    wait_fence: int
    idle_fence: int
    regions: tuple[int, ...] = ()
    window_gone: bool = False
    answered: bool = False


@dataclass(slots=True, eq=False)
class BorrowedPixmap:
    """One pixmap in the hands of one redirecting client, which knows it as ``id``.

    ``owed`` waits for PresentIdle; ``returned`` had it but waits for the server, which reads
    from the pixmap as long as ``busy`` presentations of the redirecting client need it.
    ``event`` and ``window`` are those of the last RedirectNotify.  ``made`` is an id of its
    own, which is ``freed`` by the redirecting client.
    """

    borrower: Link
    pixmap: TrackedPixmap
    id: int
    owed: deque[HandedPresentation] = field(default_factory=deque)
    returned: deque[HandedPresentation] = field(default_factory=deque)
    busy: int = 0
    event: int = 0
    window: int = 0
    made: bool = False
    freed: bool = False

    @property
    def reachable(self) -> bool:
        """Whether ``id`` names a pixmap."""
        return not self.freed if self.made else self.pixmap.named

    @property
    def records(self) -> Iterator[HandedPresentation]:
        """All that are not released, oldest first."""
        return itertools.chain(self.returned, self.owed)


class BorrowedPixmaps:
    """All loans and their records.

    With ``burst``, what was returned of a pixmap is released only once nothing is owed of
    it.
    """

    def __init__(self, *, burst: bool) -> None:
        self.burst = burst
        self.loans: list[BorrowedPixmap] = []
        self.pixmaps: dict[int, TrackedPixmap] = {}
        """Those whose id still names them."""
        self._numbers = itertools.count(1)

    def next_number(self) -> int:
        return next(self._numbers)

    def pixmap(self, id: int, width: int = 0, height: int = 0, depth: int = 0) -> TrackedPixmap:
        """The pixmap that ``id`` names now."""
        return self.pixmaps.setdefault(id, TrackedPixmap(id, width, height, depth))

    def loan(self, borrower: Link, pixmap: TrackedPixmap) -> BorrowedPixmap | None:
        """The loan by whose id ``borrower`` can still reach ``pixmap``."""
        for one in self.loans:
            if one.borrower is borrower and one.pixmap is pixmap and one.reachable:
                return one
        return None

    def borrowed(self, borrower: Link, id: int) -> BorrowedPixmap | None:
        """The loan that ``id`` names for ``borrower``, if anything can be said about it."""
        found = [one for one in self.loans if one.borrower is borrower and one.id == id]
        alive = [one for one in found if one.reachable]
        return next(reversed(alive or found), None)

    def has_borrowed(self, borrower: Link) -> bool:
        """Whether ``borrower`` has anything in its hands."""
        return any(one.borrower is borrower for one in self.loans)

    def take_back(self, borrower: Link, id: int) -> BorrowedPixmap | None:
        """Move the oldest record that ``borrower`` owes under ``id`` to ``returned``."""
        found = [
            one for one in self.loans if one.borrower is borrower and one.id == id and one.owed
        ]
        if not found:
            return None
        loan = min(found, key=lambda one: one.owed[0].number)
        loan.returned.append(loan.owed.popleft())
        return loan

    def releasable(self, loan: BorrowedPixmap) -> list[HandedPresentation]:
        """Take out what may be released now, oldest first."""
        if loan.busy or (self.burst and loan.owed):
            return []
        free = list(loan.returned)
        loan.returned.clear()
        return free

    def unanswered(self, window: int, serial: int) -> HandedPresentation | None:
        """The oldest record of a presentation that nobody has promised to complete."""
        found = [
            record
            for loan in self.loans
            for record in loan.records
            if record.window == window and record.serial == serial and not record.answered
            if not record.window_gone
        ]
        return min(found, key=lambda one: one.number, default=None)

    def on_window(self, window: int) -> list[HandedPresentation]:
        """The records of ``window`` as it is now."""
        return [
            record
            for loan in self.loans
            for record in loan.records
            if record.window == window and not record.window_gone
        ]

    def with_fence(self, fence: int) -> list[HandedPresentation]:
        """The records to be told of by ``fence``."""
        return [
            record for loan in self.loans for record in loan.records if record.idle_fence == fence
        ]

    def waiting_for(self, fence: int) -> list[BorrowedPixmap]:
        """The loans whose contents may be drawn until ``fence`` is triggered."""
        return [
            loan
            for loan in self.loans
            if any(record.wait_fence == fence for record in loan.records)
        ]

    def tidy(self) -> None:
        """Forget loans that nobody can speak of any more."""
        self.loans = [
            one for one in self.loans if one.owed or one.returned or one.busy or one.reachable
        ]
        lent = {one.pixmap for one in self.loans}
        self.pixmaps = {id: one for id, one in self.pixmaps.items() if one in lent or one.listeners}
