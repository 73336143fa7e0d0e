# SPDX-License-Identifier: MIT
"""The commands of ``xharness``, and how they end.

argparse suffices for a few commands and is one dependency less.
"""

import argparse
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from harness.errors import HarnessError
from harness.inputs import printable
from harness.servers.reports import SanitizerReported

FAILED = 1
INTERRUPTED = 130

COMMANDS = {
    "servers": "servers",
    "builds": "builds.commands",
    "nightly": "nightly.night",
    "doctor": "doctor",
    "proxy": "proxy",
    "record": "record",
    "judge": "judge",
    "replay": "replay",
    "repro": "repro.command",
    "soak": "farm.soak",
    "trace": "trace",
    "present-stats": "present_stats",
    "report": "report",
    "runs": "runs.commands",
    "expectations": "nightly.expectations",
    "golden": "golden.commands",
    "bisect": "nightly.bisect",
    "explain": "nightly.explain",
}
"""The module of each command, whose ``add_command`` adds it to the command line."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that ``arguments`` (default: those of the process) name; the exit status.

    0 is success, 1 a failure that was explained in words (another status where the command has
    set ``failed``), 2 a command that cannot be understood.
    """
    _open_closed_streams()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A path may have characters that the terminal's encoding lacks.
        sys.stdout.reconfigure(errors="backslashreplace")
    words = sys.argv[1:] if arguments is None else arguments
    chosen = main_parser(words[0] if words else "").parse_args(words)
    failed: int = getattr(chosen, "failed", FAILED)
    try:
        status: int = chosen.run(chosen)
        sys.stdout.flush()
    except HarnessError as error:
        if isinstance(error, SanitizerReported):
            print(printable(error.text), file=sys.stderr)
        print(printable(f"xharness: {error}"), file=sys.stderr)
        return failed
    except KeyboardInterrupt:
        print("xharness: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Its reader has seen enough.
        _drop_output()
        return FAILED
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(printable(f"xharness: {where}{error.strerror or error}"), file=sys.stderr)
        _drop_output()
        return failed
    return status


class _Parser(argparse.ArgumentParser):
    """Answers a command line without a command with the list of commands."""

    def error(self, message: str) -> NoReturn:
        if message.endswith("required: COMMAND"):
            self.print_help(sys.stderr)
            self.exit(2, f"\n{self.prog}: error: name a command of these\n")
        super().error(printable(message))


def _open_closed_streams() -> None:
    """Open /dev/null for each standard stream that was closed before Python started (`>&-`).

    Otherwise the next file or socket would be what programs that are started here read or write.
    """
    for stream in range(3):
        try:
            os.fstat(stream)
        except OSError:
            # The lowest free number is that of the stream.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    # Python has none for a stream that was closed.
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115


def _drop_output() -> None:
    """Drop what is left for stdout, or the interpreter complains at its exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main_parser(command: str = "") -> argparse.ArgumentParser:
    """The command line with all commands, or with ``command`` alone where there is such a one.

    Modules of the others, which take longer to load than most commands to run, are not loaded.
    """
    parser: argparse.ArgumentParser = _Parser(
        prog="xharness",
        description="What stands around the suites, which pytest runs (pytest suites/): bring X "
        "servers and see what they can show, record and judge any client, look at runs, find "
        "out what made a test fail.",
        epilog="xharness COMMAND --help says more.",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name in [command] if command in COMMANDS else COMMANDS:
        import_module(f"harness.cli.{COMMANDS[name]}").add_command(commands)
    return parser
