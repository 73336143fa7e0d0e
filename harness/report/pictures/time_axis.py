# SPDX-License-Identifier: MIT
"""A time axis on which nothing is too near to be told apart, and no wait too long."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

_LEAST, _USUAL, _MOST = 12.0, 26.0, 84.0
"""Pixels between two neighbours: at least, at the median distance, at most."""

_WIDTH = 2600.0
"""Pixels of an axis, at most, unless ``_LEAST`` needs more."""

_EPSILON = 1e-6


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Places for moments: proportional to time between the least and the greatest distance.

    ``times`` (s) and ``places`` (pixels) ascend together.  ``squeezed`` are the numbers of those
    whose distance to the next one is shorter than their time.
    """

    times: tuple[float, ...]
    places: tuple[float, ...]
    squeezed: tuple[int, ...]

    @classmethod
    def of(cls, moments: Iterable[float], left: float) -> "TimeAxis":
        """An axis that begins at ``left`` (pixels) with the first of ``moments`` (s)."""
        times: list[float] = []
        for moment in sorted(moments):
            if not times or moment - times[-1] > _EPSILON:
                times.append(moment)
        distances = [later - earlier for earlier, later in pairwise(times)]
        scale = _USUAL / median(distances) if distances else 0.0
        widths = [min(_MOST, max(_LEAST, scale * distance)) for distance in distances]
        squeezed = [
            number for number, distance in enumerate(distances) if scale * distance > _MOST * 1.01
        ]
        least, total = _LEAST * len(widths), sum(widths)
        if total > max(_WIDTH, least):
            share = max(0.0, _WIDTH - least) / (total - least)
            widths = [_LEAST + share * (width - _LEAST) for width in widths]
        places = [left]
        for width in widths:
            places.append(places[-1] + width)
        return cls(tuple(times), tuple(places[: len(times)]), tuple(squeezed))

    @property
    def left(self) -> float:
        """Where the first moment is."""
        return self.places[0] if self.places else 0.0

    @property
    def right(self) -> float:
        """Where the last moment is."""
        return self.places[-1] if self.places else 0.0

    def place(self, time: float) -> float:
        """The place of ``time`` (s); moments outside are at the ends."""
        at = bisect_right(self.times, time)
        if at == 0:
            return self.left
        if at == len(self.times):
            return self.right
        earlier, later = self.times[at - 1], self.times[at]
        share = (time - earlier) / (later - earlier)
        return self.places[at - 1] + share * (self.places[at] - self.places[at - 1])
