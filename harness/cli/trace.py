# SPDX-License-Identifier: MIT
"""``xharness trace``: the traces of several clients as one."""

import argparse
import heapq
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.inputs import given
from harness.proxy.tracing.trace_file import TRACES, TracedMessage, read_trace

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


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
    files = [file for path in map(Path, arguments.paths) for file in _files(path)]
    traces = [(file, read_trace(file)) for file in files]
    for file, trace in traces:
        if trace.cut_short:
            print(f"xharness: {file}: its last line is incomplete and left out", file=sys.stderr)
    merged = heapq.merge(*(trace.messages for _, trace in traces), key=lambda one: one.milliseconds)
    for message in merged:
        print(_line(message, with_bytes=arguments.bytes))
    return 0


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    files = sorted(path.glob(TRACES))
    if not files:
        raise HarnessError(f"{path} has no protocol trace: expected files client-N.txt in it")
    yield from files


def _line(message: TracedMessage, *, with_bytes: bool) -> str:
    line = (
        f"{message.milliseconds:10.3f}  {message.client:<9} {message.sequence:>5} "
        f"{message.direction} {message.words}"
    )
    return f"{line} | {message.data.hex()}" if with_bytes and message.data else line
