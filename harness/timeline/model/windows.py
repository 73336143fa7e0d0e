# SPDX-License-Identifier: MIT
"""The lifetimes of windows and clients, and which events must reach a selection."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from harness.timeline.model.core_requests import CreateWindow, DestroyWindow
from harness.timeline.streams import ClientStream, Instant, ReceivedEvent, SentRequest


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """An accepted SelectInput on ``window`` until ``replaced_by``, if any."""

    sent: SentRequest
    window: int
    replaced_by: SentRequest | None


@dataclass(frozen=True, slots=True, eq=False)
class ClientEnd(Instant):
    """Where the resources of a client are destroyed: of this stream's, or of an unknown one."""

    of_any: bool

    def concerns(self, streams: Collection[ClientStream]) -> bool:
        """Whether one of ``streams`` may be the client that ends here."""
        return self.of_any or self.stream in streams


@dataclass(frozen=True, slots=True, eq=False)
class Destruction(Instant):
    """Something that destroys a window: for certain, or perhaps."""

    certain: bool


@dataclass(frozen=True, slots=True, eq=False)
class WindowHistory:
    """Who created and destroyed which windows, oldest first."""

    creations: dict[int, list[tuple[SentRequest, CreateWindow]]] = field(default_factory=dict)
    """By window."""
    destroyers: list[tuple[SentRequest, DestroyWindow]] = field(default_factory=list)
    client_ends: list[ClientEnd] = field(default_factory=list)
    _destructions: dict[int, list[Destruction]] = field(default_factory=dict, init=False)

    def destructions(self, window: int) -> list[Destruction]:
        """Everything that destroys ``window``, for certain or perhaps."""
        if window not in self._destructions:
            self._destructions[window] = list(self._find_destructions(window))
        return self._destructions[window]

    def survives(self, window: int, since: Instant, until: float) -> bool:
        """Whether ``window`` provably lived from ``since`` to ``until`` (s)."""
        return all(end.before(since) or end.time > until for end in self.destructions(window))

    def lives_until(self, event: ReceivedEvent, window: int, since: Instant) -> bool:
        """Whether ``window`` provably lived from ``since`` until ``event`` was made."""
        return all(end.before(since) or event.made_before(end) for end in self.destructions(window))

    def destroyed_before(self, window: int, event: ReceivedEvent) -> Destruction | None:
        """What provably had destroyed ``window`` before ``event`` was made."""
        for end in self.destructions(window):
            if end.certain and event.made_after(end) and not self._recreated(window, end, event):
                return end
        return None

    def must_reach(self, selection: Selection, event: ReceivedEvent) -> bool:
        """Whether an event selected like ``event``, of the same occasion, must have come.

        The selection provably held when the event was made, and its client has since made a
        round trip.
        """
        replaced, stream = selection.replaced_by, selection.sent.stream
        if (
            not event.made_after(selection.sent)
            or (replaced is not None and not event.made_before(replaced))
            or not self.lives_until(event, selection.window, selection.sent)
        ):
            return False
        index = event.index if stream is event.stream else stream.index_at(event.entry.time)
        return stream.round_trip(index) is not None

    def may_have_ended(self, streams: Collection[ClientStream], event: ReceivedEvent) -> bool:
        """Whether one of ``streams`` may have ended when ``event`` was made."""
        return any(end.concerns(streams) and not event.made_before(end) for end in self.client_ends)

    def _recreated(self, window: int, end: Instant, event: ReceivedEvent) -> bool:
        return any(
            not creation.reparented and not request.before(end) and not event.made_before(request)
            for request, creation in self.creations.get(window, ())
        )

    def _find_destructions(self, window: int) -> Iterator[Destruction]:
        ancestors, creators = self._ancestry(window)
        for request, what in self.destroyers:
            own = what.window == window and not what.only_children
            if own or what.window in ancestors:
                certain = request.accepted and (own or self._surely_inside(window, request, what))
                yield Destruction(request.stream, request.sequence, request.time, certain)
        for end in self.client_ends:
            if end.concerns(creators):
                yield Destruction(end.stream, end.sequence, end.time, certain=False)

    def _ancestry(self, window: int) -> tuple[set[int], set[ClientStream]]:
        """Every id that may be an ancestor, and the streams that created any of them."""
        ancestors: set[int] = set()
        creators: set[ClientStream] = set()
        todo = [window]
        while todo:
            for request, creation in self.creations.get(todo.pop(), ()):
                if not creation.reparented:
                    creators.add(request.stream)
                if creation.parent not in ancestors:
                    ancestors.add(creation.parent)
                    todo.append(creation.parent)
        return ancestors, creators

    def _surely_inside(self, window: int, end: SentRequest, what: DestroyWindow) -> bool:
        """Whether ``window`` provably was below ``what.window`` when ``end`` was handled."""
        visited: set[int] = set()
        while window not in visited:
            visited.add(window)
            created = self.creations.get(window, [])
            if len(created) != 1 or created[0][1].reparented:
                return False
            request, creation = created[0]
            if not (request.accepted and request.before(end)):
                return False
            window = creation.parent
            if window == what.window:
                return True
        return False
