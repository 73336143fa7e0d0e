# SPDX-License-Identifier: MIT
"""Where two servers part that the same recording was replayed on."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from harness.pixels.frame import Frame
from harness.recordings.replay.result import (
    NOTHING,
    Difference,
    Replayed,
    ReplayOutcome,
    Subject,
)

_REPLY = "a reply"


@dataclass(frozen=True, slots=True)
class ReplayParting:
    """The two servers do different things: ``one`` and ``other`` say what each does.

    ``recorded`` is the difference of one of them from the recording, with its place.  ``fields``
    are the paths of all fields that differ.
    """

    recorded: Difference
    one: str
    other: str
    fields: tuple[str, ...] = ()


def partings(one: Replayed, other: Replayed) -> tuple[ReplayParting, ...]:
    """Where two replays of one recording part, in the order of the recording.

    Differences from the recording that both share are left out.  Final pictures are compared.
    """
    first, second = _by_place(one), _by_place(other)
    found = list[ReplayParting]()
    for key in {**first, **second}:
        a, b = first.get(key), second.get(key)
        known = a or b
        assert known is not None
        if any(d is not None and d.fields for d in (a, b)):
            found += _fields(a, b)
            continue
        ones, others = (known.expected if d is None else d.got for d in (a, b))
        if ones != others:
            found.append(ReplayParting(known, ones, others))
    found.sort(key=lambda parting: parting.recorded.place)
    return (*found, *_endings(one, other), *_pictures(one, other))


def _by_place(replayed: Replayed) -> dict[tuple[object, ...], Difference]:
    return {
        (
            *(d.place, d.subject, d.message),
            *("" if d.fields else d.field, d.got if d.expected == NOTHING else ""),
        ): d
        for d in replayed.differences
    }


def _fields(one: Difference | None, other: Difference | None) -> Iterator[ReplayParting]:
    """Where two messages part of which at least one differs from the recording in its fields."""
    known = one if one is not None and one.fields else other
    assert known is not None
    if one is not None and other is not None and not (one.fields and other.fields):
        # A reply here, an error or nothing there.
        here, there = (_REPLY if d.fields else d.got for d in (one, other))
        yield ReplayParting(replace(known, field="", expected=_REPLY), here, there)
        return
    ones, others = ({f.path: f for f in d.fields} if d is not None else {} for d in (one, other))
    paths = tuple(
        path
        for path in {**ones, **others}
        if path not in ones or path not in others or ones[path].value != others[path].value
    )
    if paths:
        path = paths[0]
        expected = (ones.get(path) or others[path]).expected
        here, there = (d[path].got if path in d else expected for d in (ones, others))
        yield ReplayParting(replace(known, field=path, expected=expected), here, there, paths)


def _endings(one: Replayed, other: Replayed) -> Iterator[ReplayParting]:
    if one.outcome is not other.outcome:
        lost = one if one.outcome is not ReplayOutcome.ALIVE else other
        place = Difference(
            *(len(lost.messages), 0, 0, Subject.END, "the server", ""),
            *(ReplayOutcome.ALIVE.value, lost.outcome.value),
        )
        yield ReplayParting(place, one.outcome.value, other.outcome.value)


def _pictures(one: Replayed, other: Replayed) -> Iterator[ReplayParting]:
    if {one.outcome, other.outcome} != {ReplayOutcome.ALIVE}:
        return
    frames = {picture.drawable: picture for picture in other.pictures}
    place = len(one.messages)
    for picture in one.pictures:
        counterpart = frames.pop(picture.drawable, None)
        if counterpart is None:
            words = "shown", "not shown"
        elif (words := _frames(picture.frame, counterpart.frame)) == ("", ""):
            continue
        yield ReplayParting(_end(place, picture.name, *words), *words)
    for left in frames.values():
        yield ReplayParting(_end(place, left.name, "not shown", "shown"), "not shown", "shown")


def _end(place: int, name: str, expected: str, got: str) -> Difference:
    return Difference(place, 0, 0, Subject.PICTURE, f"{name} at the end", "", expected, got)


def _frames(one: Frame, other: Frame) -> tuple[str, str]:
    """What each shows where they differ first; two empty texts for equal ones."""
    if one.size != other.size:
        return one.size, other.size
    unequal = one.pixels != other.pixels
    if not unequal.any():
        return "", ""
    ys, xs = np.nonzero(unequal)
    x, y = int(xs[0]), int(ys[0])
    words = [f"{int(frame.pixels[y, x]):#x} at ({x}, {y})" for frame in (one, other)]
    return words[0], f"{words[1]}, {len(xs)} of {unequal.size} pixels differ"
