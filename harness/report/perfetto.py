# SPDX-License-Identifier: MIT
"""A timeline as a trace for Perfetto."""

from collections.abc import Sequence

from harness.errors import HarnessError
from harness.timeline.record import Timeline
from harness.timeline.rules.base import Violation


class PerfettoMissing(HarnessError):
    """The package that encodes traces is not installed."""


def perfetto_trace(timeline: Timeline, violations: Sequence[Violation] = ()) -> bytes:
    """A Perfetto trace (TrackEvent) of ``timeline``.  Raises PerfettoMissing."""
    raise PerfettoMissing("install it: pip install 'xharness[perfetto]'")
