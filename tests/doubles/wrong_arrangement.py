# SPDX-License-Identifier: MIT
"""Makes the model of monitors wrong, when imported: an output that is set is no longer primary."""

from harness.models.randr_model import CrtcState, Notification, RandrModel

_set_crtc = RandrModel.set_crtc


def set_crtc(model: RandrModel, crtc: int, state: CrtcState) -> list[Notification]:
    """As it should be, but an output that is set is no longer primary."""
    events = _set_crtc(model, crtc, state)
    if events and model.primary in state.outputs:
        model.primary = None
    return events


RandrModel.set_crtc = set_crtc  # type: ignore[method-assign]  # a fault on purpose
