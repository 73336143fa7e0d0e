# SPDX-License-Identifier: MIT
"""The files that keep a test's timeline: the record, its picture, its trace."""

from collections.abc import Sequence

from harness.report.perfetto import perfetto_trace
from harness.report.pictures.timeline_picture import timeline_svg
from harness.timeline import rules
from harness.timeline.record import Timeline
from harness.timeline.rules.base import Family, Violation
from harness.timeline.timeline_file import TIMELINE_FILE, timeline_bytes

PICTURE, TRACE = "timeline.svg", "timeline.pftrace"


def timeline_files(
    timeline: Timeline, family: Family | None, *, perfetto: bool = False
) -> dict[str, bytes]:
    """The files by their names; the picture only if anything was presented.

    ``family`` is that by whose rules the timeline is judged, None where it is not.  Raises
    PerfettoMissing when a trace for ``perfetto`` is wanted and cannot be made.
    """
    violations: Sequence[Violation] = () if family is None else rules.check(timeline, family)
    files = {TIMELINE_FILE: timeline_bytes(timeline, family)}
    if picture := timeline_svg(timeline, violations):
        files[PICTURE] = picture.encode()
    if perfetto:
        files[TRACE] = perfetto_trace(timeline, violations)
    return files
