# SPDX-License-Identifier: MIT
"""Makes the model of monitors wrong, when imported: an output that is set is primary no more."""

from harness.models.randr_model import Notifications, RandrModel, Shown

_show = RandrModel.show


def show(arrangement: RandrModel, crtc: int, shown: Shown) -> list[Notifications]:
    """As it should be, but an output that is set is the primary one no more."""
    news = _show(arrangement, crtc, shown)
    if news and arrangement.primary in shown.outputs:
        arrangement.primary = None
    return news


RandrModel.show = show  # type: ignore[method-assign]  # a fault on purpose
