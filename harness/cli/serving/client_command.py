# SPDX-License-Identifier: MIT
"""A command that runs as a client of a display: its signals, and its status as a shell says it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType

NOT_SERVED = 125
"""Of what failed beside the command: no server, no file, no display."""
NOT_EXECUTABLE = 126
NOT_FOUND = 127
SIGNALLED = 128
"""Added to the number of the signal that ended a command."""

_OF_TERMINALS = (signal.SIGINT, signal.SIGQUIT)
"""Signals that a terminal sends to the command itself as well."""
_PASSED_ON = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, *_OF_TERMINALS)

Handler = Callable[[int, FrameType | None], object]


def run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run ``command`` until it ends; its exit status, as a shell says it.

    That is 128 + N after signal N, 126 for what cannot be executed, 127 for what is not there.
    ``environment`` is added to that of this process.  Signals that this process gets meanwhile
    go to the command, which decides what becomes of both.
    """
    early: list[int] = []
    process: subprocess.Popen[bytes] | None = None

    def pass_on(number: int, _: FrameType | None) -> None:
        if number in _OF_TERMINALS and _in_foreground():
            return
        if process is None:
            early.append(number)
        else:
            process.send_signal(number)

    with handling(_PASSED_ON, pass_on):
        try:
            process = subprocess.Popen(command, env=os.environ | environment)
        except OSError as error:
            print(
                f"xharness: {command[0]} cannot be run: {error.strerror}; expected a program on "
                f"PATH, or its path, and its arguments",
                file=sys.stderr,
            )
            return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE
        for number in early:
            process.send_signal(number)
        status = process.wait()
    return SIGNALLED - status if status < 0 else status


@contextmanager
def handling(numbers: Sequence[int], handler: Handler) -> Iterator[None]:
    """Signals ``numbers`` are handled by ``handler``, those that were ignored stay so."""
    before = {number: signal.getsignal(number) for number in numbers}
    # As under nohup.
    changed = [number for number in numbers if before[number] is not signal.SIG_IGN]
    for number in changed:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number in changed:
            signal.signal(number, before[number])


def _in_foreground() -> bool:
    """Whether the terminal sends its signals to this process, and so to the command too."""
    try:
        terminal = os.open(os.ctermid(), os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
