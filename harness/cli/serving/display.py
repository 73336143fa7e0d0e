# SPDX-License-Identifier: MIT
"""A display that a command serves: its options, and the time until its client has ended."""

import argparse
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from typing import TextIO

from harness.cli.serving import client_command
from harness.cli.serving.server import UsageError, server_of
from harness.faults.errors import ScriptError
from harness.faults.script import Script
from harness.faults.scripted import Scripted
from harness.faults.written import fault_written
from harness.inputs import given, printable
from harness.proxy.display import local_numbers
from harness.proxy.hidden_extensions import HiddenExtensions
from harness.proxy.layer import Layer
from harness.proxy.proxied_server import ProxiedServer
from harness.proxy.tap import Tap
from harness.servers.server import Server

NUMBERS = range(65536)
"""Display numbers that can be given."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the display, and COMMAND, its client."""
    parser.add_argument(
        "--number",
        type=int,
        metavar="N",
        help="serve display :N (default: a free one, below 10 if there is one)",
    )
    parser.add_argument(
        "--hide",
        type=given,
        action="append",
        default=[],
        metavar="EXTENSION",
        help="behave as a server without this extension (repeatable)",
    )
    parser.add_argument(
        "--fault",
        type=_fault,
        action="append",
        default=[],
        metavar="FAULT",
        help='behave as a server with this fault, as a test has it: \'Drop("PresentIdleNotify", '
        "nth=2)' (repeatable)",
    )
    parser.add_argument("command", nargs="*", metavar="COMMAND", help="after --: a client to run")


def _fault(text: str) -> Scripted:
    try:
        return fault_written(given(text))
    except ScriptError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def hiding(arguments: argparse.Namespace) -> list[Layer]:
    """The layer of ``--hide``, if it was given."""
    return [HiddenExtensions(*arguments.hide)] if arguments.hide else []


def serve(
    arguments: argparse.Namespace,
    layers: Iterable[Layer],
    tap: Callable[[Server], Tap] | None = None,
) -> int:
    """Serve the display until the command has ended, or this process is interrupted; the status.

    ``tap`` makes the one of the proxy.  How often each fault was triggered is said at the end.
    Raises UsageError, and what the proxy raises.
    """
    numbers: Iterable[int] = local_numbers()
    if arguments.number is not None:
        if arguments.number not in NUMBERS:
            raise UsageError(f"--number {arguments.number}: expected 0 to {NUMBERS[-1]}")
        numbers = [arguments.number]
    # Next to the clients, as in tests: a trace shows what the server said.
    script = Script(*arguments.fault) if arguments.fault else None
    layers = [*([script] if script else []), *layers]
    with server_of(arguments) as server:
        front = ProxiedServer(server, layers, numbers, tap(server) if tap else None)
        try:
            environment = {"DISPLAY": front.display}
            if front.authority is not None:
                environment["XAUTHORITY"] = str(front.authority)
            status = _wait(arguments.command, environment)
            front.check_alive()
        finally:
            front.proxy.close()
            if script is not None:
                print(printable(script.report), file=sys.stderr, flush=True)
    return status


def _wait(command: list[str], environment: dict[str, str]) -> int:
    if command:
        # What the command prints is its own: it may be a picture.
        _print(environment, sys.stderr)
        return client_command.run(command, environment)
    ended = threading.Event()
    # Before the display is printed: a reader of it may end us at once.
    with client_command.handling((signal.SIGTERM, signal.SIGHUP), lambda *_: ended.set()):
        # Ctrl-C raises here; it ends us as SIGTERM does.
        try:
            _print(environment, sys.stdout)
            ended.wait()
        except KeyboardInterrupt:
            print(file=sys.stderr)
    return 0


def _print(environment: dict[str, str], stream: TextIO) -> None:
    for name, value in environment.items():
        print(f"{name}={value}", file=stream, flush=True)
