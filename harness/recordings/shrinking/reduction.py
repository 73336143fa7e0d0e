# SPDX-License-Identifier: MIT
"""Reduces the steps of a recording: clients, resources with all that uses them, requests."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

from harness.errors import HarnessError
from harness.recordings.messages import RecordedKind, RecordedMessage
from harness.recordings.shrinking.search import Search, TimeOver, halves
from harness.recordings.shrinking.simpler import simpler_requests
from harness.recordings.shrinking.steps import KeptSteps, Steps
from harness.recordings.symptom import Symptom, SymptomKind
from harness.timeline.record import Event, Request

Keep = Callable[[str, KeptSteps], None]
"""Is given the name of the stage and the best candidate each time there is a better one."""


_COMPLETION = "PresentCompleteNotify"

RATE_TRIALS = 6
"""How often what is reduced is tried, to see whether it always shows the symptom."""


class NotShown(HarnessError):
    """A recording does not show its symptom when it is replayed."""


class Reduction:
    """Makes the smallest candidate that still shows the symptom, stage by stage."""

    def __init__(
        self,
        steps: Steps,
        symptom: Symptom,
        search: Search,
        keep: Keep,
        alike: Sequence[Symptom] = (),
    ) -> None:
        """``alike`` are the symptom again, as the recording shows it in other places."""
        self.steps, self._symptom, self._search, self._keep = steps, symptom, search, keep
        self._alike = alike
        self.best = KeptSteps(frozenset(steps.requests))
        self.complete = False

    def run(self, start: KeptSteps | None = None) -> KeptSteps:
        """The smallest candidate that was found before the time was over.

        ``start`` is one of an earlier run, which shows the symptom.  Raises NotShown.
        """
        try:
            if start is None:
                self._slice()
            else:
                self.best = start
            while True:
                before = self.best
                self._stage("clients", self._clients)
                self._stage("resources", self._resources)
                self._stage("requests and waits", self._singles)
                if len(before.kept) == len(self.best.kept):
                    break
            self._simplify()
            self.complete = True
        except TimeOver:
            pass
        return self.best

    # Slices: what the symptom is about, and ever more around it

    def _slice(self) -> None:
        self._search.stage = "slices"
        found = self._search.first(self.slices(), self._assembled)
        if found is None:
            # Perhaps it comes one time in a few.
            whole = KeptSteps(frozenset(self.steps.by_place))
            if not self._search.rate(self._assembled(whole), RATE_TRIALS):
                raise NotShown(f"{self._symptom}: replaying the recording does not show it")
            found = self._search.first(self.slices(), self._assembled)
        if found is not None:
            self._take(found[0])
            self._search.rate(found[1], RATE_TRIALS)

    def slices(self) -> Iterator[KeptSteps]:
        """Candidates that begin with what the symptom's entries are about."""
        cores = map(self._core_of, (self._symptom, *self._alike))
        around = [self._around(self.steps.with_needs(core)) for core in cores if core]
        # What is small is tried quickly: of one place it may need more around it than of another.
        levels = (kept for level in zip_longest(*around) for kept in level if kept is not None)
        slices = levels if around else self._windows()
        requests = self.steps.with_needs(self.steps.requests)
        seen = set[frozenset[int]]()
        for kept in (*slices, requests, frozenset(self.steps.by_place)):
            if (waiting := kept | self._waits(kept)) not in seen:
                seen.add(waiting)
                yield KeptSteps(waiting)

    def _waits(self, kept: frozenset[int]) -> frozenset[int]:
        """The completions of what is presented, before which a picture is not what it will be."""
        if self._symptom.kind is not SymptomKind.PICTURE:
            return frozenset()
        steps = self.steps.by_place.values()
        return frozenset(
            one.place for one in steps if one.name == _COMPLETION and one.needs <= kept
        )

    def _windows(self) -> Iterator[frozenset[int]]:
        """For each window all that uses it."""
        if self._symptom.kind is not SymptomKind.PICTURE:
            return
        steps = self.steps.by_place
        for window in self.steps.requests:
            if steps[window].name == "CreateWindow":
                users = [p for p in self.steps.requests if window in steps[p].uses]
                drawn = {use for p in users for use in steps[p].uses}
                more = [p for p in self.steps.requests if drawn & set(steps[p].uses[:1])]
                yield self.steps.with_needs([window, *users, *more])

    def _around(self, core: frozenset[int]) -> Iterator[frozenset[int]]:
        steps = self.steps.by_place
        everything = self.steps.requests
        last = max(core)
        versions = self.steps.with_needs(
            place
            for place in everything
            if steps[place].name.endswith(("QueryVersion", "SYNC:Initialize", "SelectInput"))
            and steps[place].client in {steps[one].client for one in core}
        )
        yield core | versions
        resources = {use for place in core for use in steps[place].uses} | core
        about = (p for p in everything if p <= last and set(steps[p].uses[:1]) & resources)
        near = self.steps.with_needs([*core, *about]) | versions
        yield near
        events = [
            p for p, one in steps.items() if one.kind is RecordedKind.EVENT and one.needs <= near
        ]
        yield near | self.steps.with_needs(p for p in events if p <= last)
        about = (p for p in everything if p <= last and set(steps[p].uses) & near)
        wide = self.steps.with_needs([*near, *about])
        yield wide
        clients = {steps[one].client for one in wide}
        yield self.steps.with_needs(
            p for p in everything if steps[p].client in clients and p <= last
        )
        yield self.steps.with_needs(p for p in everything if p <= last)

    def _core_of(self, symptom: Symptom) -> frozenset[int]:
        """The steps of the symptom's entries, and what may have caused them."""
        places = set[int]()
        violation = symptom.violation
        for entry in violation.entries if violation is not None else ():
            client = int(entry.client.rpartition("-")[2])
            if isinstance(entry, Request):
                place = self.steps.place_of(client, entry.sequence)
            elif isinstance(entry, Event):
                place = next(
                    (
                        at
                        for at, one in enumerate(self.steps.messages)
                        if one.kind is RecordedKind.EVENT
                        and one.client == client
                        and one.sequence == entry.sequence
                        and one.data == entry.data
                    ),
                    None,
                )
            else:
                place = None
            if place is not None and place in self.steps.by_place:
                places.add(place)
                places |= self._causes(place)
        if symptom.kind is SymptomKind.ERROR:
            places |= set(self._failed_requests()[:1])
        if symptom.kind is SymptomKind.SUCCESS:
            places |= {*[p for p in self.steps.requests if self._is_about(p)][-1:]}
        if symptom.place is not None:
            places |= self._parted(symptom.place)
        return frozenset(places)

    def _causes(self, place: int) -> set[int]:
        """The requests that may have caused an event: of each client the last before it."""
        if self.steps.by_place[place].kind is not RecordedKind.EVENT:
            return set()
        last: dict[int, int] = {}
        for one in self.steps.requests:
            if one < place:
                last[self.steps.by_place[one].client] = one
        return set(last.values())

    def _parted(self, place: int) -> set[int]:
        """The request or event of a message, and what may have caused it."""
        message = self.steps.messages[place]
        if message.kind is RecordedKind.EVENT:
            return {place} | self._causes(place)
        request = self.steps.place_of(message.client, message.sequence)
        return set() if request is None else {request}

    def _failed_requests(self) -> list[int]:
        """The places of requests that errors answered, of the symptom's kind."""
        found = []
        for message in self.steps.messages:
            if message.kind is RecordedKind.ERROR:
                place = self.steps.place_of(message.client, message.sequence)
                if place is not None and self._is_about(place):
                    found.append(place)
        return found

    def _is_about(self, place: int) -> bool:
        return self.steps.by_place[place].name in self._symptom.about

    def _stage(self, name: str, groups: Callable[[], Sequence[frozenset[int]]]) -> None:
        """Leave out groups of steps, many of them at first, then each alone."""
        self._search.stage = name
        parts = [frozenset().union(*part) for part in halves(groups())]
        at = 0
        while at < len(parts):
            found = self._search.first(
                self._without(parts, at), lambda one: self._assembled(one[1])
            )
            if found is None:
                return
            at, candidate = found[0]
            at += 1
            self._take(candidate)

    def _without(
        self, parts: Sequence[frozenset[int]], first: int
    ) -> Iterator[tuple[int, KeptSteps]]:
        for at in range(first, len(parts)):
            kept = self.steps.closed(self.best.kept - parts[at])
            if kept and kept != self.best.kept:
                yield at, replace(self.best, kept=kept)

    def _clients(self) -> Sequence[frozenset[int]]:
        by_client: dict[int, set[int]] = {}
        for place in self.best.kept:
            by_client.setdefault(self.steps.by_place[place].client, set()).add(place)
        return [frozenset(one) for one in by_client.values()] if len(by_client) > 1 else []

    def _resources(self) -> Sequence[frozenset[int]]:
        creating = [p for p in sorted(self.best.kept) if self.steps.by_place[p].creates]
        return [self.steps.dependents(place) & self.best.kept for place in reversed(creating)]

    def _singles(self) -> Sequence[frozenset[int]]:
        # What shows the symptom is waited for: without that it would be there in time by chance.
        own = {
            p
            for p in self._core_of(self._symptom)
            if self.steps.by_place[p].kind is RecordedKind.EVENT
        }
        waits = self._waits(self.best.kept) | own
        return [frozenset({place}) for place in sorted(self.best.kept - waits, reverse=True)]

    def _simplify(self) -> None:
        """Simpler values in the requests that are left, as many at once as may be."""
        self._search.stage = "sizes and values"
        for place in sorted(self.best.kept):
            if self.steps.by_place[place].kind is not RecordedKind.REQUEST:
                continue
            refused = set[bytes]()
            while True:
                found = self._search.first(self._simpler(place, refused), self._assembled)
                if found is None:
                    break
                self._take(found[0])

    def _simpler(self, place: int, refused: set[bytes]) -> Iterable[KeptSteps]:
        message = self.steps.messages[place]
        data = self.best.edited.get(place, message.data)
        for simpler in simpler_requests(self.steps.head, replace(message, data=data)):
            if simpler not in refused and simpler != data:
                refused.add(simpler)
                yield replace(self.best, edited={**self.best.edited, place: simpler})

    def _assembled(self, candidate: KeptSteps) -> Sequence[RecordedMessage]:
        return self.steps.assembled(candidate)

    def _take(self, candidate: KeptSteps) -> None:
        self.best = candidate
        self._keep(self._search.stage, candidate)
