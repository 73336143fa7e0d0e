# SPDX-License-Identifier: MIT
"""A night simulated: builds, then sessions of pytest on what was built, on equal machines.

Each session is a shard as ``pytest --shard`` makes it, of the tests that a real run had.
"""

import heapq
import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.results.shards.durations import SuiteDurations
from harness.results.shards.plan import SuiteTest, divide


@dataclass(frozen=True, slots=True)
class Flavour:
    """A way to run servers: a test takes ``slower`` times as long as on a plain one.

    Its build takes ``longer`` times as long as a plain one; 0: it runs what ``of`` has built.
    """

    name: str
    slower: float
    longer: float
    of: str


@dataclass(frozen=True, slots=True)
class Costs:
    """What was measured on one machine (s).

    ``start`` is what a session takes before it collects, ``collect`` what each test of the whole
    suite takes then, whichever part is run; ``build`` is one of all kinds of a server.  ``workers``
    are those of pytest-xdist on a machine.
    """

    start: float
    collect: float
    build: float
    workers: int


@dataclass(frozen=True, slots=True)
class Night:
    """What is judged: so many ``builds``, each of these kinds, in each flavour."""

    builds: int
    kinds: Sequence[str]
    flavours: Sequence[Flavour]


@dataclass(frozen=True, slots=True)
class NightCost:
    """What a night took: ``seconds`` until its last session is over, ``work`` (s) of all machines.

    ``shards`` is how many each suite on each server was divided into.
    """

    machines: int
    shards: int
    seconds: float
    work: float

    @property
    def used(self) -> float:
        """Which part of the machines' time was work, 0 to 1."""
        return self.work / (self.seconds * self.machines)


def spread(seconds: Iterable[float], places: int) -> float:
    """How long it takes when each next, the longest first, goes where there is least to do."""
    loads = [0.0] * places
    for one in sorted(seconds, reverse=True):
        heapq.heapreplace(loads, loads[0] + one)
    return max(loads)


def sessions_of(
    night: Night, shards: int, durations: SuiteDurations, costs: Costs
) -> Mapping[str, list[float]]:
    """For each flavour how long (s) the sessions on one build take, each suite in ``shards``."""
    found: dict[str, list[float]] = {flavour.name: [] for flavour in night.flavours}
    for kind in night.kinds:
        suite = [
            SuiteTest(f"{file}::{number}", kind)
            for file, count in durations.tests.items()
            for number in range(count)
        ]
        fixed = costs.start + costs.collect * len(suite)
        parts: dict[int, list[float]] = defaultdict(list)
        divided = divide(suite, shards, durations)
        for test in suite:
            parts[divided[test.id]].append(durations.of(*test.unit))
        for flavour in night.flavours:
            found[flavour.name] += [
                fixed + flavour.slower * spread(tests, costs.workers) for tests in parts.values()
            ]
    return found


def simulate(
    night: Night, machines: int, shards: int, sessions: Mapping[str, list[float]], costs: Costs
) -> NightCost:
    """The night on ``machines``.

    A free machine takes a build while there is one, else the longest session whose build is there.
    """
    number = itertools.count()
    builds = sorted(
        (costs.build * one.longer, one.name)
        for one in night.flavours
        if one.longer
        for _ in range(night.builds)
    )
    waiting: list[tuple[float, int]] = []
    running: list[tuple[float, int, str]] = []
    now, free, work = 0.0, machines, 0.0
    while builds or waiting or running:
        while free and (builds or waiting):
            seconds, built = builds.pop() if builds else (-heapq.heappop(waiting)[0], "")
            heapq.heappush(running, (now + seconds, next(number), built))
            free, work = free - 1, work + seconds
        now, _, built = heapq.heappop(running)
        free += 1
        for flavour in night.flavours:
            if built and flavour.of == built:
                for seconds in sessions[flavour.name]:
                    heapq.heappush(waiting, (-seconds, next(number)))
    return NightCost(machines, shards, now, work)
