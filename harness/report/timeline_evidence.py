# SPDX-License-Identifier: MIT
"""The files that keep a test's timeline: the record, its pictures, its trace."""

from collections.abc import Sequence

from harness.report.layouts import screen_history
from harness.report.perfetto import perfetto_trace
from harness.report.pictures.monitors_picture import monitors_svg
from harness.report.pictures.timeline_picture import timeline_svg
from harness.timeline import rules
from harness.timeline.record import Timeline
from harness.timeline.rules.base import Family, Violation
from harness.timeline.timeline_file import TIMELINE_FILE, timeline_bytes

PICTURE, MONITORS, TRACE = "timeline.svg", "monitors.svg", "timeline.pftrace"


def timeline_files(
    timeline: Timeline, family: Family | None, *, perfetto: bool = False
) -> dict[str, bytes]:
    """The files by their names; a picture only of what there is: presentations, layouts.

    ``family`` is that by whose rules the timeline is judged, None where it is not.  Raises
    PerfettoMissing when a trace for ``perfetto`` is wanted and cannot be made.
    """
    violations: Sequence[Violation] = () if family is None else rules.check(timeline, family)
    files = {TIMELINE_FILE: timeline_bytes(timeline, family)}
    if picture := timeline_svg(timeline, violations):
        files[PICTURE] = picture.encode()
    if monitors := monitors_svg(screen_history(timeline)):
        files[MONITORS] = monitors.encode()
    if perfetto:
        files[TRACE] = perfetto_trace(timeline, violations)
    return files
