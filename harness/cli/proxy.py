# SPDX-License-Identifier: MIT
"""``xharness proxy``: a display in front of a server, with a trace and drafts of new protocol."""

import argparse
import os
import re
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from harness.cli import client_command
from harness.errors import HarnessError
from harness.inputs import given
from harness.proposals.catalogue import Proposal
from harness.proxy.display import local_numbers
from harness.proxy.hidden_extensions import HiddenExtensions
from harness.proxy.layer import Layer
from harness.proxy.proxied_server import ProxiedServer
from harness.proxy.tracing.trace import Trace
from harness.proxy.tracing.trace_file import TRACES
from harness.servers.attached import attach
from harness.servers.builds import find_on_path
from harness.servers.host import virtual_host
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.server import Server
from harness.servers.spec import ServerSpec
from harness.servers.wrapper import Wrappers

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

NUMBERS = range(65536)
"""Display numbers that can be given."""


class ProxyUsage(HarnessError):
    """The command line asks for something impossible."""


def add_command(commands: "Commands") -> None:
    """Add ``proxy`` to the commands of ``xharness``."""
    parser = commands.add_parser(
        "proxy",
        help="serve a display in front of a server: trace its protocol, try drafts",
        description="Serve a display that passes everything on to a server. Prints DISPLAY and "
        "XAUTHORITY for its clients and serves until it is interrupted; or prints them to its "
        "standard error, runs COMMAND as a client and ends with COMMAND's status.",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--display",
        type=given,
        metavar=":N",
        help="the server to stand before (default: that of DISPLAY)",
    )
    where.add_argument(
        "--server", choices=[str(kind) for kind in ServerKind], help="start a server of this kind"
    )
    parser.add_argument(
        "--server-wrapper",
        type=given,
        action="append",
        default=[],
        metavar="COMMAND",
        help="run the server of --server under this command: 'valgrind --error-exitcode=99'",
    )
    parser.add_argument(
        "--size", type=given, default="1280x1024", metavar="WxH", help="of the screen of --server"
    )
    parser.add_argument(
        "--number",
        type=int,
        metavar="N",
        help="serve display :N (default: a free one, below 10 if there is one)",
    )
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
        "--hide",
        type=given,
        action="append",
        default=[],
        metavar="EXTENSION",
        help="behave as a server without this extension (repeatable)",
    )
    parser.add_argument("command", nargs="*", metavar="COMMAND", help="after --: a client to run")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    layers: list[Layer] = []
    if arguments.protocol_trace is not None:
        folder = Path(arguments.protocol_trace)
        if any(folder.glob(TRACES)):
            raise ProxyUsage(
                f"--protocol-trace {folder}: expected a folder without traces, and it has those "
                f"of an earlier run, which would be overwritten or mixed with new ones; name "
                f"another one, or remove them"
            )
        layers.append(Trace(folder))
    if arguments.hide:
        layers.append(HiddenExtensions(*arguments.hide))
    layers += map(_layer, arguments.proposal)
    numbers: Iterable[int] = local_numbers()
    if arguments.number is not None:
        if arguments.number not in NUMBERS:
            raise ProxyUsage(f"--number {arguments.number}: expected 0 to {NUMBERS[-1]}")
        numbers = [arguments.number]
    with _server(arguments) as server:
        front = ProxiedServer(server, layers, numbers)
        try:
            environment = {"DISPLAY": front.display}
            if front.authority is not None:
                environment["XAUTHORITY"] = str(front.authority)
            status = _serve(arguments.command, environment)
            front.check_alive()
        finally:
            front.proxy.close()
    return status


def _serve(command: list[str], environment: dict[str, str]) -> int:
    if command:
        # What the command prints is its own: it may be a picture.
        _print(environment, sys.stderr)
        return client_command.run(command, environment)
    ended = threading.Event()
    # Before the display is printed: a reader of it may end us at once.
    with client_command.handling((signal.SIGTERM, signal.SIGHUP), lambda *_: ended.set()):
        _print(environment, sys.stdout)
        # Ctrl-C raises here; it ends us as SIGTERM does.
        try:
            ended.wait()
        except KeyboardInterrupt:
            print(file=sys.stderr)
    return 0


def _print(environment: dict[str, str], stream: TextIO) -> None:
    for name, value in environment.items():
        print(f"{name}={value}", file=stream, flush=True)


@contextmanager
def _server(arguments: argparse.Namespace) -> Iterator[Server]:
    wrappers = Wrappers(arguments.server_wrapper)
    if arguments.server is None:
        if arguments.server_wrapper:
            raise ProxyUsage("--server-wrapper runs a server that is started: give --server too")
        display = arguments.display or os.environ.get("DISPLAY")
        if not display:
            raise ProxyUsage(
                "no server to stand before: DISPLAY is not set; give --display :N for one that "
                "runs, or --server xvfb to start one"
            )
        with attach(display) as server:
            yield server
        return
    size = re.fullmatch(r"(\d+)x(\d+)", arguments.size)
    if size is None:
        raise ProxyUsage(f"--size {arguments.size}: expected WIDTHxHEIGHT such as 1280x1024")
    build = find_on_path(ServerKind(arguments.server))
    wrappers.check([build.kind])
    width, height = map(int, size.groups())
    with virtual_host(width, height) if build.kind.info.needs_host else nullcontext() as host:
        spec = ServerSpec(
            build=build,
            width=width,
            height=height,
            lean=False,
            host=host,
            wrapper=wrappers.of(build.kind),
        )
        with launch(spec) as launched:
            yield launched
        launched.stop().check_reports(launched.name)


def _layer(text: str) -> Layer:
    """The emulation of the draft that ``NAME,KNOB=VALUE,...`` names."""
    name, *knobs = text.split(",")
    values: dict[str, object] = {}
    for knob in knobs:
        key, separator, value = knob.partition("=")
        if not separator:
            raise ProxyUsage(f"--proposal {text}: expected KNOB=VALUE, got {knob!r}")
        values[key] = int(value) if value.isdecimal() else value
    return Proposal.named(name).emulation(**values)
