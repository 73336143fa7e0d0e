# SPDX-License-Identifier: MIT
"""The timelines that a session kept with its tests."""

from collections.abc import Callable, Sequence
from pathlib import Path

from harness.results.run import TestResult
from harness.timeline.record import Timeline
from harness.timeline.timeline_file import read_timeline

KEY = "timeline data"
"""What the file is called among those of a TestResult."""


def timelines_of(paths: Sequence[Path]) -> Callable[[int, TestResult], Timeline | None]:
    """What finds the timeline of a test in the run at the path with a number.

    It returns None where there is none, and raises TimelineFileError for a damaged one.
    """
    folders = [path if path.is_dir() else path.parent for path in paths]

    def timeline(number: int, test: TestResult) -> Timeline | None:
        file = test.files.get(KEY, "")
        path = folders[number] / file
        return read_timeline(path).timeline if file and path.is_file() else None

    return timeline
