# SPDX-License-Identifier: MIT
"""What a timeline says about Present: who selected what, who presented what, what came."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, zip_longest
from math import inf
from typing import Any, TypeVar

from harness.timeline.model.fences import FenceHistory
from harness.timeline.model.grouping import grouped
from harness.timeline.model.lifetimes.windows import WindowHistory
from harness.timeline.model.msc import MscClock
from harness.timeline.model.present_requests import Candidate, PresentRequest, PresentSelection
from harness.timeline.model.randr import RandrHistory
from harness.timeline.model.redirection import Redirections
from harness.timeline.model.serial_groups import AnswerKind, GroupKey, SerialGroup, group_by_serial
from harness.timeline.record import Entry
from harness.timeline.streams import ClientStream, ReceivedEvent, SentRequest
from harness.x11 import present
from harness.x11.present import CompleteNotify, IdleNotify, PresentEvent, RedirectNotify

Content = TypeVar("Content")
ByClient = dict[tuple[ClientStream, int], list[Content]]
"""Something of each client, by an id."""


@dataclass(eq=False)
class PresentHistory:
    """The Present side of a timeline, with RANDR's beside it.

    The builder fills the fields; queries count what was there before the first of them.
    """

    streams: Sequence[ClientStream]
    """The connections, oldest first."""
    randr: RandrHistory
    events: list[ReceivedEvent] = field(default_factory=list)
    """Every event of Present, those that do not decode included."""
    select_inputs: ByClient[tuple[SentRequest, present.SelectInput]] = field(default_factory=dict)
    """Accepted ones by context."""
    presentations: list[PresentRequest] = field(default_factory=list)
    """Accepted ones, like ``notify_mscs``."""
    notify_mscs: list[Candidate] = field(default_factory=list)
    rejected: list[Candidate] = field(default_factory=list)
    idle_requests: ByClient[SentRequest] = field(default_factory=dict)
    """Every PresentIdle by pixmap."""
    windows: WindowHistory = field(default_factory=WindowHistory)
    fences: FenceHistory = field(init=False)
    moves_windows: bool = False
    """Whether any request may carry a window to another CRTC."""

    def __post_init__(self) -> None:
        self.fences = FenceHistory(self.windows, self.presentations)

    @property
    def entries(self) -> Iterator[Entry]:
        """Everything of all connections, one after the other."""
        return chain.from_iterable(stream.entries for stream in self.streams)

    @cached_property
    def selections(self) -> ByClient[PresentSelection]:
        """What each context had selected, oldest first."""
        found: ByClient[PresentSelection] = {}
        for key, requests in self.select_inputs.items():
            newest = None
            for (sent, content), after in zip_longest(requests, requests[1:]):
                mask, end = present.EventMask(content.mask), after and after[0]
                newest = PresentSelection(sent, content.window, end, content.event, mask, newest)
                found.setdefault(key, []).append(newest)
        return found

    @cached_property
    def decoded(self) -> list[tuple[ReceivedEvent, PresentEvent]]:
        """Every event that decodes, with its content."""
        return [(event, event.content) for event in self.events if event.content is not None]

    def received(self, kind: type[Content]) -> list[tuple[ReceivedEvent, Content]]:
        """Every event of one kind, with its content."""
        return self._by_type.get(kind, [])

    @cached_property
    def _by_type(self) -> dict[type, list[tuple[ReceivedEvent, Any]]]:
        return grouped((type(content), (event, content)) for event, content in self.decoded)

    def selection(self, event: ReceivedEvent) -> PresentSelection | None:
        """What the context that ``event`` names had selected when the event was made."""
        content = event.content
        if content is not None:
            for selection in reversed(self.selections.get((event.stream, content.event), ())):
                if selection.sent.sequence <= event.entry.sequence:
                    return selection
        return None

    def context_ended(self, event: ReceivedEvent, selection: PresentSelection) -> bool:
        """Whether the context of ``event`` provably had ended with its window.

        False for the events of a window that is destroyed, and for one that still is.
        """
        content, window = event.content, selection.window
        if getattr(content, "pixmap_flags", 0) & present.WINDOW_DESTROYED:
            return False
        return (
            self.windows.ended_since(window, selection.sent, event) is not None
            and self.windows.destroyed_before(window, event) is None
        )

    @cached_property
    def addressed(self) -> list[tuple[ReceivedEvent, PresentEvent]]:
        """The events whose context had selected them."""
        return [
            (event, content)
            for event, content in self.decoded
            if (selection := self.selection(event)) is not None
            and selection.window == selected_window(content)
            and selection.mask & content.MASK
        ]

    @cached_property
    def serial_groups(self) -> dict[GroupKey, SerialGroup]:
        """Every group of requests and events that may belong together."""
        answers = (
            (event, content)
            for event, content in self.addressed
            if isinstance(content, CompleteNotify | IdleNotify)
        )
        accepted: list[Candidate] = [*self.presentations, *self.notify_mscs]
        return group_by_serial(self.selections, answers, accepted, self.rejected)

    def events_of(self, group: SerialGroup, kind: AnswerKind) -> Sequence[ReceivedEvent]:
        """The events of another kind with the context, window and serial of ``group``."""
        key = (group.stream, group.context, group.window, group.serial, kind)
        return self.serial_groups[key].events if key in self.serial_groups else ()

    @cached_property
    def redirections(self) -> Redirections:
        """What was redirected."""
        return Redirections.of(
            self.received(RedirectNotify),
            self.presentations,
            [one for history in self.selections.values() for one in history],
        )

    def redirected(self, window: int, serial: int) -> bool:
        """Whether a presentation of that serial was, or may have been, redirected."""
        if (window, serial) in self.redirections.by_key:
            return True
        since = self.redirections.unread_since
        return since < inf and any(
            one.serial == serial and one.sent.time >= since
            for one in self.on_window.get(window, ())
        )

    def clock(self, window: int) -> MscClock:
        """The MSC readings of ``window``, those of redirected presentations left out."""
        return self._clocks.get(window) or MscClock(())

    @cached_property
    def _clocks(self) -> dict[int, MscClock]:
        by_window = grouped(
            (content.window, (event, content))
            for event, content in self.received(CompleteNotify)
            if not self.redirected(content.window, content.serial)
        )
        return {window: MscClock(readings) for window, readings in by_window.items()}

    @cached_property
    def completions(self) -> ByClient[tuple[ReceivedEvent, CompleteNotify]]:
        """The CompleteNotify events by window."""
        found = self.received(CompleteNotify)
        return grouped(((event.stream, one.window), (event, one)) for event, one in found)

    @cached_property
    def on_window(self) -> dict[int, list[PresentRequest]]:
        """The accepted presentations by window."""
        return grouped((one.window, one) for one in self.presentations)

    @cached_property
    def known_windows(self) -> set[int]:
        """Windows to which only clients of this timeline can be presenting."""
        requests = (*self.presentations, *self.notify_mscs)
        return {*self.windows.creations, *(one.window for one in requests)}


def selected_window(content: PresentEvent) -> int:
    """The window on which a client must have selected to receive ``content``."""
    return content.event_window if isinstance(content, RedirectNotify) else content.window
