# SPDX-License-Identifier: MIT
"""Draw faults, build the server with each, and let the tests that run its line judge it."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.errors import HarnessError
from tools.reach.mutants.changes import BASIC, Operators
from tools.reach.mutants.equivalents import Equivalents
from tools.reach.mutants.faults import Fault, draw
from tools.reach.mutants.lines import RanLines, function_of
from tools.reach.mutants.parallel import in_parallel
from tools.reach.mutants.tree import DoesNotCompile, FaultTree
from tools.reach.mutants.verdicts import Judged, Verdict, Verdicts
from tools.reach.rooms import Room
from tools.reach.suites import MOST_SECONDS, Ran, Suites

PROMISING = 25
"""As many tests that noticed faults nearby are run before all others."""


QUICK = 100
"""So many test functions judge a fault at most, where that is not to be thorough."""

SECONDS_A_TEST = 1.0
"""Allowed for each test on a busy machine; a server that is slower by far has been noticed."""


class NotGreen(HarnessError):
    """The suites do not pass on the server without a fault."""


class Draw:
    """Faults on lines that tests run: ``count`` spread over ``rooms``, a room after the other."""

    def __init__(
        self,
        tree: FaultTree,
        rooms: Sequence[Room],
        ran: RanLines,
        seed: int,
        count: int,
        operators: Operators = BASIC,
    ) -> None:
        self._lock = threading.Lock()
        self._wanted = {
            room.name: count // len(rooms) + (number < count % len(rooms))
            for number, room in enumerate(rooms)
        }
        self._drawn = {
            room.name: _ran_faults(room, tree, ran, f"{seed} {room.name}", operators)
            for room in rooms
        }

    def take(self) -> tuple[str, Fault] | None:
        """The next fault, with the name of its room; None when there are enough."""
        with self._lock:
            while any(self._wanted.values()):
                room = max(self._wanted, key=lambda name: self._wanted[name])
                if (fault := next(self._drawn[room], None)) is not None:
                    self._wanted[room] -= 1
                    return room, fault
                self._wanted[room] = 0
            return None

    def another(self, room: str) -> None:
        """Draw one more of ``room``, as one was no use."""
        with self._lock:
            self._wanted[room] += 1


def _ran_faults(
    room: Room, tree: FaultTree, ran: RanLines, seed: str, operators: Operators
) -> Iterator[Fault]:
    files = [file for file in room.files(tree.source) if tree.compiles(file)]
    lines = {file: ran.ran(file) for file in files}
    sources = {file: (tree.source / file).read_bytes() for file in files}
    return (
        fault for fault in draw(sources, seed, operators) if lines[fault.file] >> fault.line & 1
    )


@dataclass(frozen=True, slots=True)
class Bench:
    """A process of pytest, and the file of the server that it tests."""

    suites: Suites
    server: Path

    def put(self, server: Path) -> None:
        """Let it test a copy of ``server``."""
        replace_file(self.server, server)


def replace_file(file: Path, by: Path) -> None:
    """Make ``file`` a copy of ``by``, also while it is a program that runs."""
    new = file.with_suffix(".new")
    shutil.copy2(by, new)
    new.rename(file)


class Judge:
    """Judges faults on ``benches`` at the same time; they are built one after the other.

    Each by all tests that run its line; unless ``thorough``, by one variant of some that run most
    of its file.
    """

    def __init__(
        self,
        tree: FaultTree,
        benches: Sequence[Bench],
        ran: RanLines,
        verdicts: Verdicts,
        equivalents: Equivalents,
        *,
        thorough: bool = True,
    ) -> None:
        self._tree = tree
        self._thorough = thorough
        self._benches = benches
        self._ran = ran
        self._verdicts = verdicts
        self._equivalents = equivalents
        self._keeping = threading.Lock()
        self._stopped = threading.Event()
        self._variants: dict[str, list[str]] = {}
        for test in benches[0].suites.tests:
            self._variants.setdefault(function_of(test), []).append(test)

    def check_sound(self) -> None:
        """Raise NotGreen when tests fail on the server without a fault, each of them twice."""
        tests = self._benches[0].suites.tests
        with self._tree.alone():
            self._tree.restore()
            for bench in self._benches:
                bench.put(self._tree.server)
        parts = [tests[number :: len(self._benches)] for number in range(len(self._benches))]
        runs = in_parallel(
            len(parts),
            lambda one: one[0].suites.run(one[1], seconds=_allowed(one[1])),
            list(zip(self._benches, parts, strict=True)),
        )
        failed = {failure.test for ran in runs for failure in ran.failures}
        broken = next((ran for ran in runs if ran.status not in (0, 1) or ran.late), None)
        if broken is not None:
            raise NotGreen(
                f"pytest ended with status {broken.status} on the server without a fault"
            )
        if failed:
            again = self._benches[0].suites.run(sorted(failed))
            if not again.passed:
                listed = "\n    ".join(f"{one.test}: {one.why[:200]}" for one in again.failures)
                raise NotGreen(
                    f"{len(again.failures)} tests fail on the server without a fault, so that they "
                    f"would notice every one; repair or mark them first:\n    {listed}"
                )

    def judge_all(
        self, taken: Draw, again: Callable[[Judged], bool], told: Callable[[Judged], None]
    ) -> list[Judged]:
        """Judge what is drawn; those judged before only where ``again`` says so.

        ``told`` is called with each new verdict.
        """
        found: list[Judged] = []

        def work(bench: Bench) -> None:
            while not self._stopped.is_set() and (one := taken.take()) is not None:
                room, fault = one
                judged = self._verdicts.of(fault)
                if judged is None or again(judged):
                    judged = self._judged(bench, room, fault)
                    with self._keeping:
                        self._verdicts.add(judged)
                        told(judged)
                if judged.verdict is Verdict.REFUSED:
                    taken.another(room)
                else:
                    with self._keeping:
                        found.append(replace(judged, fault=fault))

        try:
            in_parallel(len(self._benches), work, self._benches)
        finally:
            self._stopped.set()
        return found

    def judge_one(self, room: str, fault: Fault) -> Judged:
        """Judge ``fault``, whatever was said of it before."""
        return self._judged(self._benches[0], room, fault)

    def _judged(self, bench: Bench, room: str, fault: Fault) -> Judged:
        if (reason := self._equivalents.reason(fault)) is not None:
            return Judged(room, fault, Verdict.EQUIVALENT, why=reason)
        began = time.monotonic()
        with self._tree.alone():
            try:
                differs = self._tree.make(fault)
            except DoesNotCompile as error:
                return Judged(room, fault, Verdict.REFUSED, why=str(error))
            if not differs:
                return Judged(room, fault, Verdict.EQUIVALENT, why="it compiles to the same code")
            bench.put(self._tree.server)
        functions = self._ran.running(fault.file, fault.line)
        order = self._in_order(fault, functions)
        ran = bench.suites.run(order, most_failures=1, seconds=_allowed(order))
        seconds = round(time.monotonic() - began, 2)
        if ran.passed:
            return Judged(
                room,
                fault,
                Verdict.SURVIVED,
                functions=len(functions),
                seconds=seconds,
                thorough=self._thorough,
            )
        test, why = _noticed(ran)
        return Judged(room, fault, Verdict.NOTICED, test, why, len(functions), seconds)

    def _in_order(self, fault: Fault, functions: Sequence[str]) -> list[str]:
        """Tests that noticed faults nearby, one variant of each function, then all the rest."""
        variants = [self._variants[one] for one in functions if one in self._variants]
        known = {test for tests in variants for test in tests}
        near = self._verdicts.noticed_by(fault.file, fault.function)
        first = [test for test, _ in near.most_common() if test in known][:PROMISING]
        of_each = [tests[0] for tests in variants][: None if self._thorough else QUICK]
        rest = [test for tests in variants for test in tests] if self._thorough else []
        return list(dict.fromkeys([*first, *of_each, *rest]))


def _allowed(tests: Sequence[str]) -> float:
    """The seconds after which ``tests`` have stopped."""
    return MOST_SECONDS + SECONDS_A_TEST * len(tests)


def _noticed(ran: Ran) -> tuple[str, str]:
    """The test that noticed a fault, and what it said."""
    if ran.failures:
        return ran.failures[0].test, ran.failures[0].why[:300]
    return "", "its time was over" if ran.late else f"pytest ended with status {ran.status}"
