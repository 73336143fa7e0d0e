# SPDX-License-Identifier: MIT
"""The configuration of a screen, its CRTCs and outputs at one moment."""

from dataclasses import dataclass
from typing import Self

from harness.clients.connection.requests import GeometryReply
from harness.clients.randr.monitors import Crtc, Monitors, Output, Resources


@dataclass(frozen=True, slots=True)
class RandrState:
    """The replies, timestamps included: two are equal when nothing happened in between."""

    root: GeometryReply
    resources: Resources
    crtcs: dict[int, Crtc]
    outputs: dict[int, Output]
    primary: int

    @classmethod
    def of(cls, monitors: Monitors) -> Self:
        """The current configuration, without polling the hardware again."""
        resources = monitors.known()
        return cls(
            monitors.client.geometry(monitors.client.root),
            resources,
            {id: monitors.crtc(id) for id in resources.crtcs},
            {id: monitors.output(id) for id in resources.outputs},
            monitors.primary(),
        )
