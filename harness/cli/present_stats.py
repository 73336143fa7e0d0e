# SPDX-License-Identifier: MIT
"""``xharness present-stats``: how well presentations went, window by window."""

import argparse
import csv
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from harness.cli.timelines import find_timeline
from harness.inputs import given, printable
from harness.report.present_stats import PresentStats, WindowStats, window_stats
from harness.timeline.record import Timeline
from harness.timeline.timeline_file import TIMELINE_FILE
from harness.wording import counted

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

PRESENTED, NOTHING_PRESENTED, UNUSABLE = 0, 1, 2
"""Exit statuses; what cannot be read is told from a client that presented nothing."""

_NOT_KNOWN = "NA"

_COLUMNS = {
    "between_presents": "time between presents, ms",
    "between_display_changes": "time between display changes, ms",
    "until_displayed": "until displayed, ms",
    "lateness": "lateness, frames (MSC)",
    "until_idle": "until idle, ms",
    "queue_depth": "queue depth",
}
"""What the table sums up, with its words."""


def add_command(commands: "Commands") -> None:
    """Add ``present-stats`` to the commands of ``xharness``."""
    parser = commands.add_parser(
        "present-stats",
        help="print per window how regularly, how late and in which modes it was presented to",
        description="Print per window what PresentMon prints, as far as X tells it: the time "
        "between presents and between display changes, until displayed, dropped, mode; and "
        "what only X tells: lateness in frames (MSC), time to idle, queue depth, reuse before "
        "idle.  What is not known is NA, as are display times where the server's UST is 0.  "
        "Exit status: 0, 1 when nothing was presented, 2 for a file that cannot be read.",
    )
    parser.add_argument(
        "paths",
        type=given,
        nargs="+",
        metavar="PATH",
        help=f"a recording, a test's folder of the results, its {TIMELINE_FILE}, or protocol "
        "traces: files or a folder",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="a line for each presentation")
    form.add_argument("--json", action="store_true", help="everything, as JSON")
    parser.set_defaults(run=_run, failed=UNUSABLE)


def _run(arguments: argparse.Namespace) -> int:
    found = find_timeline([Path(path) for path in arguments.paths])
    windows = window_stats(Timeline(list(found.entries)))
    if arguments.json:
        print(json.dumps([_summary(one) | asdict(one) for one in windows], indent=1))
    elif arguments.csv:
        _write_csv(windows)
    else:
        print(printable("\n\n".join(map(_text, windows))) or "no window was presented to")
    return PRESENTED if windows else NOTHING_PRESENTED


def _summary(stats: WindowStats) -> dict[str, object]:
    return {"modes": stats.modes, "dropped": stats.dropped, "reused_before_idle": stats.reused}


def _write_csv(windows: Iterable[WindowStats]) -> None:
    names = [one.name for one in fields(PresentStats)]
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(names)
    for stats in windows:
        for present in stats.presents:
            writer.writerow([_cell(name, getattr(present, name)) for name in names])


def _cell(name: str, value: object) -> object:
    if value is None:
        return _NOT_KNOWN
    if isinstance(value, bool):
        return int(value)
    return f"{value:#x}" if name in ("window", "pixmap") else value


def _text(stats: WindowStats) -> str:
    modes = ", ".join(f"{mode} {count}" for mode, count in stats.modes.items())
    lines = [
        f"window {stats.window:#x} of {stats.client}: {counted(len(stats.presents), 'present')}, "
        f"{stats.dropped} dropped, {stats.reused} reused before idle",
        f"  modes: {modes}",
        f"  {'':<34}{'least':>10}{'median':>10}{'most':>10}{'known':>8}",
    ]
    for column, words in _COLUMNS.items():
        values = stats.values(column)
        found = [_NOT_KNOWN] * 3
        if values:
            found = [_number(one) for one in (min(values), median(values), max(values))]
        cells = "".join(f"{one:>10}" for one in found)
        lines.append(f"  {words:<34}{cells}{len(values):>8}")
    return "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
