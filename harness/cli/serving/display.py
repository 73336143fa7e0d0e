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
from harness.inputs import given
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
    parser.add_argument("command", nargs="*", metavar="COMMAND", help="after --: a client to run")


def hiding(arguments: argparse.Namespace) -> list[Layer]:
    """The layer of ``--hide``, if it was given."""
    return [HiddenExtensions(*arguments.hide)] if arguments.hide else []


def serve(
    arguments: argparse.Namespace,
    layers: Iterable[Layer],
    tap: Callable[[Server], Tap] | None = None,
) -> int:
    """Serve the display until the command has ended, or this process is interrupted; the status.

    ``tap`` makes the one of the proxy.  Raises UsageError, and what the proxy raises.
    """
    numbers: Iterable[int] = local_numbers()
    if arguments.number is not None:
        if arguments.number not in NUMBERS:
            raise UsageError(f"--number {arguments.number}: expected 0 to {NUMBERS[-1]}")
        numbers = [arguments.number]
    with server_of(arguments) as server:
        front = ProxiedServer(server, tuple(layers), numbers, tap(server) if tap else None)
        try:
            environment = {"DISPLAY": front.display}
            if front.authority is not None:
                environment["XAUTHORITY"] = str(front.authority)
            status = _wait(arguments.command, environment)
            front.check_alive()
        finally:
            front.proxy.close()
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
