# SPDX-License-Identifier: MIT
"""Where the colour channels lie in a pixel of each depth."""

from dataclasses import dataclass

from harness.errors import HarnessError


class UnknownDepthError(HarnessError):
    """A depth whose pixels the harness cannot read."""


@dataclass(frozen=True, slots=True)
class ColourChannel:
    """``bits`` bits of a pixel, starting at bit ``shift``."""

    name: str
    shift: int
    bits: int

    @property
    def full(self) -> int:
        """The largest value."""
        return (1 << self.bits) - 1


def _colour(red: int, green: int, blue: int) -> tuple[ColourChannel, ...]:
    return (
        ColourChannel("red", green + blue, red),
        ColourChannel("green", blue, green),
        ColourChannel("blue", 0, blue),
    )


_COLOURS = {
    15: _colour(5, 5, 5),
    16: _colour(5, 6, 5),
    24: _colour(8, 8, 8),
    30: _colour(10, 10, 10),
    32: (*_colour(8, 8, 8), ColourChannel("alpha", 24, 8)),
}


def channels(depth: int) -> tuple[ColourChannel, ...]:
    """The channels of a pixel, red first; up to depth 8 one channel named ``value``.

    These are the masks of the TrueColor visuals that X.Org's software servers offer.
    Raises UnknownDepthError.
    """
    if 1 <= depth <= 8:
        return (ColourChannel("value", 0, depth),)
    if depth not in _COLOURS:
        known = ", ".join(map(str, _COLOURS))
        raise UnknownDepthError(f"expected a depth of 1 to 8 or one of {known}, got {depth}")
    return _COLOURS[depth]
