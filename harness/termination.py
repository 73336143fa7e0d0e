# SPDX-License-Identifier: MIT
"""How a process ends that is told to: as by Ctrl-C, so that it ends what it has started."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_ENDING = (signal.SIGTERM, signal.SIGHUP)
"""How a runner ends a job, and a terminal that is closed."""


@contextmanager
def terminated_as_interrupted() -> Iterator[None]:
    """Let SIGTERM and SIGHUP raise KeyboardInterrupt where they would end this process alone.

    Outside the main thread, which alone gets signals, it changes nothing.
    """
    replaced = []
    if threading.current_thread() is threading.main_thread():
        replaced = [one for one in _ENDING if signal.getsignal(one) is signal.SIG_DFL]
    for number in replaced:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number in replaced:
            signal.signal(number, signal.SIG_DFL)
