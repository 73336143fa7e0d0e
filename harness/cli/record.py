# SPDX-License-Identifier: MIT
"""``xharness record``: all that clients and a server say to each other, in a file."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.serving import display, server
from harness.cli.serving.client_command import NOT_SERVED
from harness.inputs import given, printable
from harness.proxy.tap import Tap
from harness.recordings.pcapng.file_sink import FileSink, RecordingStopped
from harness.recordings.recorder import RecordingTap
from harness.servers.server import Server
from harness.x11.address import Address

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_command(commands: "Commands") -> None:
    """Add ``record`` to the commands of ``xharness``."""
    parser = commands.add_parser(
        "record",
        help="record what clients and a server say to each other",
        description="Record everything that passes between clients and a server, without loss, in "
        "a pcapng file: xharness judges and replays it, Wireshark and tshark open it. Runs COMMAND "
        "as a client and ends with COMMAND's status, or with 125 where it cannot record; or prints "
        "DISPLAY and XAUTHORITY for clients and records until it is interrupted.",
        epilog="example: xharness record --server xvfb -o xeyes.pcapng -- xeyes",
    )
    server.add_arguments(parser)
    display.add_arguments(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=given,
        required=True,
        metavar="FILE",
        help="the recording, such as session.pcapng; an older file of this name is replaced",
    )
    parser.set_defaults(run=_run, failed=NOT_SERVED)


def _run(arguments: argparse.Namespace) -> int:
    def recorder(real: Server) -> Tap:
        file = FileSink(Path(arguments.output), Address.parse(real.display).number, _say)
        return RecordingTap(real.described, arguments.command, file)

    return display.serve(arguments, display.hiding(arguments), recorder)


def _say(stopped: RecordingStopped) -> None:
    print(printable(f"xharness: {stopped}"), file=sys.stderr, flush=True)
