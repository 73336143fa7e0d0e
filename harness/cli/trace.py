# SPDX-License-Identifier: MIT
"""``xharness trace``: the traces of several clients as one."""

import argparse
import heapq
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.inputs import given, printable
from harness.proxy.tracing.trace_file import TRACES, TracedMessage, TraceFile, read_trace

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

RECORDING = b"\n\r\r\n"
"""How a recording, a pcapng file, begins."""


def add_command(commands: "Commands") -> None:
    """Add ``trace`` to the commands of ``xharness``."""
    parser = commands.add_parser(
        "trace",
        help="print protocol traces, the messages of all clients in the order of their times",
        description="Print what --protocol-trace wrote, the messages of all clients in the order "
        "of their times, in words.",
    )
    parser.add_argument(
        "paths", type=given, nargs="+", metavar="PATH", help="a client's file, or a folder of them"
    )
    parser.add_argument("--bytes", action="store_true", help="each message with all its bytes")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    paths = [Path(path) for path in arguments.paths]
    for path in paths:
        _refuse_recording(path)
    traces = trace_files(paths)
    merged = heapq.merge(*(trace.messages for trace in traces), key=lambda one: one.milliseconds)
    for message in merged:
        print(printable(_line(message, with_bytes=arguments.bytes)))
    return 0


def _refuse_recording(path: Path) -> None:
    """Raise HarnessError for a recording, of which other commands print the messages."""
    if path.is_file():
        with path.open("rb") as file:
            if file.read(len(RECORDING)) == RECORDING:
                raise HarnessError(
                    f"{path} is a recording, and expected was a protocol trace: its messages are "
                    f"shown by tshark -r {path} -Y x11, or xharness judge {path} -o DIR"
                )


def trace_files(paths: Iterable[Path]) -> list[TraceFile]:
    """The traces in files and folders; says on stderr which of them are cut short.

    Raises HarnessError for a folder without traces, TraceError for what is none.
    """
    traces = []
    for file in [file for path in paths for file in _files(path)]:
        traces.append(read_trace(file))
        if traces[-1].cut_short:
            print(f"xharness: {file}: its last line is incomplete and left out", file=sys.stderr)
    return traces


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    files = sorted(path.glob(TRACES))
    if not files:
        raise HarnessError(
            f"{path} has no protocol trace: expected files {TRACES} in it, such as in the folder "
            f"trace of a test that ran with --protocol-trace"
        )
    yield from files


def _line(message: TracedMessage, *, with_bytes: bool) -> str:
    line = (
        f"{message.milliseconds:10.3f}  {message.client:<9} {message.sequence:>5} "
        f"{message.direction} {message.words}"
    )
    return f"{line} | {message.data.hex()}" if with_bytes and message.data else line
