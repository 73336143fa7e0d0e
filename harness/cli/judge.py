# SPDX-License-Identifier: MIT
"""``xharness judge``: the rules of Present, RANDR and redirection on what any client did."""

import argparse
import importlib.util
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from harness.cli.timelines import find_timeline
from harness.errors import HarnessError
from harness.inputs import given, printable
from harness.timeline.record import Entry, Timeline
from harness.timeline.rules.base import Family

if TYPE_CHECKING:
    from harness.recordings.judging import Finding

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

FAMILIES = {
    "copies": Family.COPY,
    "flips": Family.XORG_FLIP,
    "xwayland": Family.XWAYLAND_FLIP,
}
"""How servers present, by the words of ``--family``."""

SHOWN = 10
"""Violations of one rule that are printed; more are counted."""


def add_command(commands: "Commands") -> None:
    """Add ``judge`` to the commands of ``xharness``."""
    parser = commands.add_parser(
        "judge",
        help="hold a recording against the rules of Present, RANDR and redirection",
        description="Hold what clients and a server said to each other against the rules that "
        "hold in every test, and print what breaks one, with the messages around it. Exit status "
        "0: nothing; 1: a rule was broken; 2: the file cannot be read, or has no message.",
        epilog="example: xharness record --server xvfb -o picom.pcapng -- picom; "
        "xharness judge picom.pcapng -o pictures",
    )
    parser.add_argument(
        "path",
        type=given,
        metavar="FILE",
        help="a recording; also a timeline.jsonl, or a folder of protocol traces",
    )
    add_family(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=given,
        metavar="DIR",
        help="write the timeline there; timeline.svg where something was presented; monitors.svg "
        "where CRTCs were read or set up; a trace for Perfetto if its package is installed; holds "
        "all messages in memory",
    )
    parser.set_defaults(run=_run, failed=2)


def add_family(parser: argparse.ArgumentParser) -> None:
    """Add ``--family`` to a command that judges."""
    parser.add_argument(
        "--family",
        choices=FAMILIES,
        help="how the server presents: it copies always, or flips as Xorg or as Xwayland does "
        "(default: as its name and the events say; Xorg is taken to flip, where fewer rules hold)",
    )


_STREAM = """\
  clause   X protocol 1: whole messages one after the other, with numbers of requests that were sent
  rule     message-stream
"""


@dataclass(slots=True)
class FindingPrinter:
    """Prints findings to ``stream``, of one rule the first ``SHOWN``; ``count`` is that of all."""

    stream: TextIO
    count: int = 0
    _of_rule: Counter[str] = field(default_factory=Counter)

    def print(self, finding: "Finding", start: float) -> None:
        """Print one; times in ms since ``start`` (s)."""
        rule = finding.violation.rule
        self.count += 1
        self._of_rule[rule] += 1
        if self._of_rule[rule] <= SHOWN:
            print(f"{printable(finding.text(start))}\n", file=self.stream, flush=True)
        elif self._of_rule[rule] == SHOWN + 1:
            print(f"... more violations of {rule} ...\n", file=self.stream, flush=True)

    def broken(self, error: HarnessError) -> None:
        """Print where the server broke a stream: what follows there is not judged."""
        self.count += 1
        print(f"{printable(str(error))}.\n{_STREAM}\n", file=self.stream, flush=True)


def _run(arguments: argparse.Namespace) -> int:
    """1 when a rule was broken."""
    # The rules and the proxy's modules are heavy.
    from harness.recordings.judging import Judge
    from harness.wording import counted

    printer = FindingPrinter(sys.stdout)
    found = find_timeline([Path(arguments.path)], printer.broken)
    kept: list[Entry] = []
    judge = Judge(found.server, FAMILIES.get(arguments.family, found.family))
    entries = _keeping(found.entries, kept) if arguments.output else found.entries
    try:
        for finding in judge.judged(entries):
            printer.print(finding, judge.start)
    except HarnessError:
        for finding in judge.check(inf):
            printer.print(finding, judge.start)
        raise
    if not judge.count and not printer.count:
        raise HarnessError(
            f"{arguments.path} has no message of a client: nothing was judged; expected what "
            f"passed between one and a server, from its connection on"
        )
    print(
        f"{printable(found.server) or 'a server'}, judged as one that {judge.family.value}: "
        f"{counted(judge.count, 'message')}, {counted(printer.count, 'violation')}"
    )
    if arguments.output:
        _write(Path(arguments.output), Timeline(kept), judge.family)
    return int(bool(printer.count))


def _keeping(entries: Iterable[Entry], kept: list[Entry]) -> Iterator[Entry]:
    for entry in entries:
        kept.append(entry)
        yield entry


def _write(folder: Path, timeline: Timeline, family: Family) -> None:
    # Pictures come with numpy and Pillow.
    from harness.report.timeline_evidence import MONITORS, PICTURE, timeline_files

    perfetto = importlib.util.find_spec("perfetto") is not None
    folder.mkdir(parents=True, exist_ok=True)
    files = timeline_files(timeline, family, perfetto=perfetto)
    for name, data in files.items():
        (folder / name).write_bytes(data)
        print(folder / name)
    for name, reason in (
        (PICTURE, "nothing was presented"),
        (MONITORS, "no CRTC was read or set up"),
    ):
        if name not in files:
            print(f"no {name}: {reason}")
