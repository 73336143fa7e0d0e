# SPDX-License-Identifier: MIT
"""``xharness proxy``: a display in front of a server, with a trace and drafts of new protocol."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli import judge
from harness.cli.serving import display, server
from harness.cli.serving.client_command import NOT_SERVED
from harness.cli.serving.server import UsageError
from harness.inputs import given
from harness.proposals.catalogue import Proposal
from harness.proxy.layer import Layer
from harness.proxy.tracing.trace import Trace
from harness.proxy.tracing.trace_file import TRACES

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_command(commands: "Commands") -> None:
    """Add ``proxy`` to the commands of ``xharness``."""
    parser = commands.add_parser(
        "proxy",
        help="serve a display in front of a server: trace its protocol, try drafts",
        description="Serve a display that passes everything on to a server. Prints DISPLAY and "
        "XAUTHORITY for its clients and serves until it is interrupted; or prints them to its "
        "standard error, runs COMMAND as a client and ends with COMMAND's status, or with 125 "
        "where it cannot serve.",
        epilog="example: xharness proxy --server xvfb --protocol-trace trace -- xeyes",
    )
    server.add_arguments(parser)
    display.add_arguments(parser)
    parser.add_argument(
        "--proposal",
        type=given,
        action="append",
        default=[],
        metavar="NAME[,KNOB=VALUE...]",
        help=f"carry out a draft: {', '.join(Proposal)} (repeatable)",
    )
    parser.add_argument(
        "--protocol-trace", type=given, metavar="DIR", help="write a text file per client there"
    )
    parser.add_argument(
        "--judge",
        action="store_true",
        help="say on stderr, while clients run, which rules of Present, RANDR and redirection are "
        "broken, as xharness judge does; then the status is 1 where it would be 0",
    )
    judge.add_family(parser)
    parser.set_defaults(run=_run, failed=NOT_SERVED)


def _run(arguments: argparse.Namespace) -> int:
    layers: list[Layer] = []
    if arguments.protocol_trace is not None:
        folder = Path(arguments.protocol_trace)
        if any(folder.glob(TRACES)):
            raise UsageError(
                f"--protocol-trace {folder}: expected a folder without traces, and it has those "
                f"of an earlier run, which would be overwritten or mixed with new ones; name "
                f"another one, or remove them"
            )
        layers.append(Trace(folder))
    layers += display.hiding(arguments)
    layers += map(_layer, arguments.proposal)
    if not arguments.judge:
        if arguments.family:
            raise UsageError("--family says how --judge is to judge: give --judge too")
        return display.serve(arguments, layers)
    from harness.recordings.live_judge import LiveJudge
    from harness.recordings.recorder import RecordingTap

    printer = judge.FindingPrinter(sys.stderr)
    live = LiveJudge(printer.print, judge.FAMILIES.get(arguments.family), printer.broken)
    status = display.serve(
        arguments,
        layers,
        lambda real: RecordingTap(real.described, arguments.command, live, contents=False),
    )
    return status or int(bool(printer.count))


def _layer(text: str) -> Layer:
    """The emulation of the draft that ``NAME,KNOB=VALUE,...`` names."""
    name, *knobs = text.split(",")
    values: dict[str, object] = {}
    for knob in knobs:
        key, separator, value = knob.partition("=")
        if not separator:
            raise UsageError(f"--proposal {text}: expected KNOB=VALUE, got {knob!r}")
        values[key] = int(value) if value.isdecimal() else value
    return Proposal.named(name).emulation(**values)
