# SPDX-License-Identifier: MIT
"""What ran of the lines that a client can reach, and which of them did not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path

from tools.reach.counts import CountedLine, Share, counted_lines
from tools.reach.coverage.unreached import WHOLE, Key, Unreached, Why
from tools.reach.rooms import Room


@dataclass(frozen=True, slots=True)
class Reachable:
    """Of a room: what ran of ``lines``, all but those that are out of reach and did not run.

    ``why`` counts the latter.  ``left`` are the others that did not run, as FILE FUNCTION: LINES;
    ``stale`` names entries that have no such line any more, or whose lines all ran.
    """

    lines: Share
    why: Mapping[Why, int]
    left: tuple[str, ...]
    stale: tuple[str, ...]


def reachable(trace: Path, room: Room, source: Path, unreached: Unreached) -> Reachable:
    """What of ``room`` ran by a tracefile; ``source`` is the top of the sources."""
    ran = missing = 0
    why: Counter[Why] = Counter()
    left: list[str] = []
    stale: list[str] = []
    for file, lines in counted_lines(trace, room).items():
        missed = {number for number, line in lines.items() if not line.ran}
        ran += len(lines) - len(missed)
        for key, numbers in unreached.lines_of(file, (source / file).read_bytes()).items():
            if not numbers & lines.keys():
                stale.append(f"no such line any more: {_named(key)}")
            elif all(lines[number].ran for number in numbers & lines.keys()):
                stale.append(f"runs after all: {_named(key)}")
            why[unreached.reasons[key]] += len(numbers & missed)
            missed -= numbers
        missing += len(missed)
        left += _by_function(file, lines, missed)
    return Reachable(Share(ran, ran + missing), why, tuple(left), tuple(stale))


def _named(key: Key) -> str:
    file, function, line, nth = key
    which = f", number {nth}" if nth else ""
    return f"{file} {function}" + (f": {line!r}{which}" if line != WHOLE else "")


def _by_function(file: str, lines: Mapping[int, CountedLine], missed: Set[int]) -> Iterator[str]:
    """``missed`` lines of each function; lines in between that are not counted join two."""
    spans: dict[str, list[list[int]]] = {}
    joined = False
    for number in sorted(lines):
        if number in missed:
            of_function = spans.setdefault(lines[number].function, [])
            if not joined or not of_function:
                of_function.append([number, number])
            of_function[-1][1] = number
        joined = number in missed
    for function, of_function in spans.items():
        texts = (str(a) if a == b else f"{a}-{b}" for a, b in of_function)
        yield f"{file} {function}: {', '.join(texts)}"
