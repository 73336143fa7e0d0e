# SPDX-License-Identifier: MIT
"""A program: Xvfb by PyVirtualDisplay, with the command line of Xvfb.

PyVirtualDisplay starts Xvfb in its caller's process group, changes the environment, and waits
for 600 s.  In a process of its own, which is launched and ended as any server is, that does
not matter.

    host_program.py -displayfd FD -screen 0 WIDTHxHEIGHTxDEPTH FURTHER...
"""

import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

FAILED = 1


def serve(make: Callable[[int, int, int, list[str]], Any], arguments: list[str]) -> int:
    """Start the display that ``make`` makes, write its number to FD, and end as it ends.

    ``make`` gets width, height (pixels), depth (bits) and further arguments of Xvfb.
    """
    # What Xvfb prints is known to PyVirtualDisplay alone, which logs it in the end.
    logging.basicConfig(level=logging.DEBUG, format="%(message)s")
    [number_fd] = _take(arguments, "-displayfd", 1)
    [_, screen] = _take(arguments, "-screen", 2)
    width, height, depth = map(int, screen.split("x"))
    display = make(width, height, depth, arguments)
    try:
        display.start()
    except Exception as error:
        logging.error("PyVirtualDisplay could not start Xvfb: %s", error)
        return FAILED
    os.write(int(number_fd), f"{display.display}\n".encode())
    os.close(int(number_fd))
    end = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
    display.stop()
    if end is not None and end.si_code != os.CLD_EXITED:
        with suppress(OSError):
            signal.signal(end.si_status, signal.SIG_DFL)
        os.kill(os.getpid(), end.si_status)
    return FAILED if end is None else end.si_status


def _take(arguments: list[str], option: str, count: int) -> list[str]:
    """Remove ``option`` and its ``count`` values from ``arguments``; the values."""
    at = arguments.index(option)
    values = arguments[at + 1 : at + 1 + count]
    del arguments[at : at + 1 + count]
    return values


def _pyvirtualdisplay(width: int, height: int, depth: int, arguments: list[str]) -> Any:
    from pyvirtualdisplay.display import Display

    return Display(
        backend="xvfb",
        size=(width, height),
        color_depth=depth,
        manage_global_env=False,
        extra_args=arguments,
    )


if __name__ == "__main__":
    sys.exit(serve(_pyvirtualdisplay, sys.argv[1:]))
