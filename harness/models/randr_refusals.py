# SPDX-License-Identifier: MIT
"""RANDR requests that every server must refuse."""

from collections.abc import Callable
from dataclasses import dataclass

from harness.models.randr_model import CrtcState
from harness.models.randr_reader import RandrReader

UNUSED_ID = 0x1FFFFF


@dataclass(frozen=True, slots=True)
class IllegalRequest:
    """A request with the error that it must cause; without a ``value`` any will do."""

    error: str
    value: int | None
    send: Callable[[], object]


def illegal_requests(
    reader: RandrReader, crtc: int, state: CrtcState, most: tuple[int, int]
) -> dict[str, IllegalRequest]:
    """Requests about a CRTC in this state, and a screen of at most that size, by their fault."""
    m, id, (width, height) = reader.monitors, reader.crtcs[crtc], most
    mode, output = next(iter(reader.modes.values())), reader.outputs[0]
    current = reader.modes[state.mode] if state.mode else 0
    outputs = [reader.outputs[output] for output in state.outputs]
    gamma = m.requests.GetCrtcGammaSize(id).reply().size + 1
    ramps = [[0] * gamma] * 3
    bad = UNUSED_ID
    found: dict[str, tuple[str, int | None, Callable[[], object]]] = {
        "unknown CRTC": ("RANDR:Crtc", bad, lambda: m.set_crtc(bad, 0, [])),
        "mode without output": ("Match", None, lambda: m.set_crtc(id, mode, [])),
        "output without mode": ("Match", None, lambda: m.set_crtc(id, 0, [output])),
        "unknown mode": ("RANDR:Mode", bad, lambda: m.set_crtc(id, bad, [output])),
        "unknown output": ("RANDR:Output", bad, lambda: m.set_crtc(id, mode, [bad])),
        "no rotation": ("Value", 0, lambda: m.set_crtc(id, current, outputs, rotation=0)),
        "too large a screen": ("Value", width + 1, lambda: m.set_screen_size(width + 1, height)),
        "screen of 0 mm": ("Value", 0, lambda: m.set_screen_size(width, height, 0, 1)),
        "gamma of a wrong size": (
            *("Match", None),
            lambda: m.requests.SetCrtcGamma(id, gamma, *ramps),
        ),
        "unknown primary": ("RANDR:Output", bad, lambda: m.set_primary(bad)),
        "unknown mode to destroy": ("RANDR:Mode", bad, lambda: m.destroy_mode(bad)),
        "unknown monitor": ("Value", 1, lambda: m.delete_monitor(1)),
    }
    return {what: IllegalRequest(*request) for what, request in found.items()}
