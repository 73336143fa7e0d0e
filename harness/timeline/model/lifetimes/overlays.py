# SPDX-License-Identifier: MIT
"""Who held the Composite overlay window, which ends with its last holder (compoverlay.c).

It is made again under the same id, without the contexts that it had.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from harness.timeline.model.lifetimes.endings import ClientEnd, Destruction
from harness.timeline.streams import ClientStream, Instant, SentRequest


@dataclass(slots=True, eq=False)
class _Hold:
    """One client's use of the overlay: ``count`` times, since ``got``, until ``released``."""

    got: SentRequest
    count: int = 1
    released: SentRequest | None = None

    def spans(self, instant: Instant, ends: list[ClientEnd]) -> bool:
        """Whether it provably had begun before ``instant`` and lasted beyond it."""
        return (
            self.got.before(instant)
            and (self.released is None or instant.before(self.released))
            and all(instant.before(end) for end in ends if end.frees({self.got.stream}))
        )


@dataclass(eq=False)
class OverlayHistory:
    """The uses of the overlay windows of a timeline.

    Queries count what was there before the first of them.  A client that releases is taken to
    release the overlay that it got last.
    """

    client_ends: list[ClientEnd]
    asked: dict[tuple[ClientStream, int], SentRequest] = field(default_factory=dict)
    """Each GetOverlayWindow by its sequence number."""
    gets: list[tuple[SentRequest, int]] = field(default_factory=list)
    """Each GetOverlayWindow that was replied to, with the window."""
    releases: list[SentRequest] = field(default_factory=list)
    """Accepted ones."""

    def requests_for(self, window: int) -> list[SentRequest]:
        """The requests that made, or may have made, the overlay ``window``."""
        return [sent for sent, overlay in self.gets if overlay == window]

    @cached_property
    def _holds(self) -> dict[int, list[_Hold]]:
        """By overlay."""
        found: dict[int, list[_Hold]] = {}
        current: dict[ClientStream, _Hold] = {}
        requests = [*self.gets, *((sent, 0) for sent in self.releases)]
        for sent, overlay in sorted(requests, key=lambda one: one[0].sequence):
            hold = current.get(sent.stream)
            if overlay and (hold is None or hold.released or hold not in found.get(overlay, ())):
                current[sent.stream] = _Hold(sent)
                found.setdefault(overlay, []).append(current[sent.stream])
            elif hold is not None:
                hold.count += 1 if overlay else -1
                if not hold.count:
                    hold.released = sent
        return found

    def ends(self, window: int) -> Iterator[Destruction]:
        """Where ``window`` may end, or may have been made again, if it is an overlay."""
        holds = self._holds.get(window, [])
        holders = {hold.got.stream for hold in holds}
        moments: list[tuple[SentRequest | ClientEnd, _Hold | None]] = [
            *((hold.got, hold) for hold in holds),
            *((hold.released, hold) for hold in holds if hold.released is not None),
            *((end, None) for end in self.client_ends if holds and end.frees(holders)),
        ]
        for moment, own in moments:
            if not any(hold.spans(moment, self.client_ends) for hold in holds if hold is not own):
                place = moment.stream, moment.sequence, moment.time
                yield Destruction(*place, certain=False, entry=moment.entry)
