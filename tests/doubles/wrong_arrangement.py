# SPDX-License-Identifier: MIT
"""Makes the model of monitors wrong, when imported: an output that is set is primary no more."""

from harness.frames.arrangement import Arrangement, News, Shown

_show = Arrangement.show


def show(arrangement: Arrangement, crtc: int, shown: Shown) -> list[News]:
    """As it should be, but an output that is set is the primary one no more."""
    news = _show(arrangement, crtc, shown)
    if news and arrangement.primary in shown.outputs:
        arrangement.primary = None
    return news


Arrangement.show = show  # type: ignore[method-assign]
