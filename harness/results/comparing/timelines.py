# SPDX-License-Identifier: MIT
"""The timelines that a session kept with its tests."""

from collections.abc import Callable, Sequence
from pathlib import Path

from harness.results.run import TestResult
from harness.results.run_files import RunFiles
from harness.timeline.record import Timeline
from harness.timeline.timeline_file import read_timeline

KEY = "timeline data"
"""What the file is called among those of a TestResult."""


def timelines_of(paths: Sequence[Path]) -> Callable[[int, TestResult], Timeline | None]:
    """What finds the timeline of a test in the run at the path with a number.

    It returns None where there is none, and raises TimelineFileError for a damaged one.
    """
    runs = [RunFiles(path if path.is_dir() else path.parent) for path in paths]

    def timeline(number: int, test: TestResult) -> Timeline | None:
        path = runs[number].find(test.files.get(KEY, ""))
        return read_timeline(path).timeline if path is not None and path.is_file() else None

    return timeline
