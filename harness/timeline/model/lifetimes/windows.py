# SPDX-License-Identifier: MIT
"""The lifetimes of windows, and which events must reach a selection."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import chain

from harness.timeline.model.core_requests import (
    ChangeSaveSet,
    CreateWindow,
    DestroyWindow,
    SetCloseDownMode,
)
from harness.timeline.model.lifetimes.endings import ClientEnd, Destruction
from harness.timeline.model.lifetimes.overlays import OverlayHistory
from harness.timeline.streams import ClientStream, Instant, ReceivedEvent, SentRequest


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """An accepted SelectInput on ``window`` until ``replaced_by``, if any."""

    sent: SentRequest
    window: int
    replaced_by: SentRequest | None


@dataclass(frozen=True, slots=True, eq=False)
class WindowHistory:
    """Who created and destroyed which windows, oldest first."""

    creations: dict[int, list[tuple[SentRequest, CreateWindow]]] = field(default_factory=dict)
    """By window."""
    destroyers: list[tuple[SentRequest, DestroyWindow]] = field(default_factory=list)
    client_ends: list[ClientEnd] = field(default_factory=list)
    close_down_modes: dict[ClientStream, SetCloseDownMode] = field(default_factory=dict)
    """The newest of each client that set any."""
    save_sets: dict[ClientStream, list[ChangeSaveSet]] = field(default_factory=dict)
    absences: dict[int, list[Destruction]] = field(default_factory=dict)
    """What proves, by window, that it did not exist any more, whatever had destroyed it."""
    overlays: OverlayHistory = field(init=False)
    _destructions: dict[int, list[Destruction]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "overlays", OverlayHistory(self.client_ends))

    def creators(self, window: int) -> set[ClientStream]:
        """The clients that created ``window``."""
        created = self.creations.get(window, ())
        return {request.stream for request, what in created if not what.reparented}

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

    def lives_between(self, earlier: ReceivedEvent, later: ReceivedEvent, window: int) -> bool:
        """Whether ``window`` provably lived on from one event about it to another."""
        return all(
            earlier.made_after(end) or later.made_before(end) for end in self.destructions(window)
        )

    def destroyed_before(self, window: int, event: ReceivedEvent) -> Destruction | None:
        """What provably had destroyed ``window`` before ``event`` was made."""
        return next(
            (
                end
                for end in self._certain_ends(window, event)
                if not self._recreated(window, end, event)
            ),
            None,
        )

    def ended_since(self, window: int, since: Instant, event: ReceivedEvent) -> Destruction | None:
        """What provably destroyed ``window`` after ``since`` and before ``event`` was made."""
        ends = self._certain_ends(window, event)
        return next((end for end in ends if end.follows(since)), None)

    def _certain_ends(self, window: int, event: ReceivedEvent) -> Iterator[Destruction]:
        for end in chain(self.destructions(window), self.absences.get(window, ())):
            if end.certain and end.precedes(event):
                yield end

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

    def may_have_ended(self, clients: Collection[ClientStream], event: ReceivedEvent) -> bool:
        """Whether one of ``clients`` may have ended when ``event`` was made."""
        ends = (end for end in self.client_ends if end.concerns(clients))
        return not all(map(event.made_before, ends))

    def may_have_freed(self, clients: Collection[ClientStream], event: ReceivedEvent) -> bool:
        """Whether resources of one of ``clients`` may have ended when ``event`` was made."""
        ends = (end for end in self.client_ends if end.frees(clients))
        return not all(map(event.made_before, ends))

    def _recreated(self, window: int, end: Destruction, event: ReceivedEvent) -> bool:
        created = self.creations.get(window, ())
        requests = [request for request, what in created if not what.reparented]
        requests += self.overlays.requests_for(window)
        return any(
            not request.before(end) and not event.made_before(request) for request in requests
        )

    def _find_destructions(self, window: int) -> Iterator[Destruction]:
        ancestors, creators = self._ancestry(window)
        for request, what in self.destroyers:
            own = what.window == window and not what.only_children
            if own or what.window in ancestors:
                certain = request.accepted and (
                    own or self._surely_inside(window, request, what.window)
                )
                yield _destruction(request, certain=certain)
        for end in self.client_ends:
            if end.frees(creators) and not self._saves(end, window):
                yield _destruction(end, certain=self._kills(end, window, ancestors))
        for one in (window, *ancestors):
            yield from self.overlays.ends(one)
            # What is created again was destroyed before, by whatever.
            created = [
                request for request, what in self.creations.get(one, ()) if not what.reparented
            ]
            accepted = [request for request in created if request.accepted]
            yield from (_destruction(request, certain=False) for request in accepted[1:])

    def _kills(self, end: ClientEnd, window: int, ancestors: set[int]) -> bool:
        """Whether the end of a client provably destroys ``window`` at once."""
        client = end.client
        if not end.killed or client is None or client in self.close_down_modes:
            return False
        if self.creators(window) == {client}:
            return True
        return client not in self.save_sets and any(
            self.creators(one) == {client} and self._surely_inside(window, end, one)
            for one in ancestors
        )

    def _saves(self, end: ClientEnd, window: int) -> bool:
        """Whether ``window`` provably outlives a client, which had it in its save set.

        Servers reparent it where its parent was created by the client, and only there.
        """
        client = end.client
        if client is None:
            return False
        changes = [one for one in self.save_sets.get(client, ()) if one.window == window]
        if not changes or not changes[-1].inserts or client in self.creators(window):
            return False
        parents = {what.parent for _, what in self.creations.get(window, ())}
        return all(
            self.creators(parent) == {client} or client not in self._ancestry(parent)[1]
            for parent in parents
        )

    def _ancestry(self, window: int) -> tuple[set[int], set[ClientStream]]:
        """Every id that may be an ancestor, and the streams that created any of them."""
        ancestors: set[int] = set()
        creators: set[ClientStream] = set()
        todo = [window]
        while todo:
            one = todo.pop()
            creators |= self.creators(one)
            for _, creation in self.creations.get(one, ()):
                if creation.parent not in ancestors:
                    ancestors.add(creation.parent)
                    todo.append(creation.parent)
        return ancestors, creators

    def _surely_inside(self, window: int, end: Instant, ancestor: int) -> bool:
        """Whether ``window`` provably was below ``ancestor`` when ``end`` was handled."""
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
            if window == ancestor:
                return True
        return False


def _destruction(moment: SentRequest | ClientEnd, *, certain: bool) -> Destruction:
    place = moment.stream, moment.sequence, moment.time
    return Destruction(*place, certain=certain, entry=moment.entry)
