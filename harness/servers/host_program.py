# SPDX-License-Identifier: MIT
"""A program: Xvfb by pytest-xvfb or PyVirtualDisplay, with the command line of Xvfb.

Both start Xvfb in the caller's process group, change its environment, and wait for 600 s.
In a process of its own, which is launched and ended as any server is, none of that matters.

    host_program.py STARTER -displayfd FD -screen 0 WIDTHxHEIGHTxDEPTH FURTHER...
"""

import logging
import os
import signal
import sys
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

PYTEST_XVFB = "pytest-xvfb"
PYVIRTUALDISPLAY = "PyVirtualDisplay"


def main(starter: str, arguments: list[str]) -> int:
    """Start the display, write its number to FD, and end as it ends."""
    # What Xvfb prints is known to PyVirtualDisplay alone, which logs it in the end.
    logging.basicConfig(level=logging.DEBUG, format="%(message)s")
    [number_fd] = _take(arguments, "-displayfd", 1)
    [_, screen] = _take(arguments, "-screen", 2)
    width, height, depth = map(int, screen.split("x"))
    display = _display(starter, width, height, depth, arguments)
    try:
        display.start()
    except Exception as error:
        print(f"{starter} could not start Xvfb: {error}", file=sys.stderr)
        return 1
    os.write(int(number_fd), f"{display.display}\n".encode())
    os.close(int(number_fd))
    end = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
    display.stop()
    if end is not None and end.si_code != os.CLD_EXITED:
        with suppress(OSError):
            signal.signal(end.si_status, signal.SIG_DFL)
        os.kill(os.getpid(), end.si_status)
    return 0 if end is None else end.si_status


def _take(arguments: list[str], option: str, count: int) -> list[str]:
    """Remove ``option`` and its ``count`` values from ``arguments``; the values."""
    at = arguments.index(option)
    values = arguments[at + 1 : at + 1 + count]
    del arguments[at : at + 1 + count]
    return values


def _display(starter: str, width: int, height: int, depth: int, arguments: list[str]) -> Any:
    if starter == PYTEST_XVFB:
        import pytest_xvfb

        settings = {
            "xvfb_width": width,
            "xvfb_height": height,
            "xvfb_colordepth": depth,
            "xvfb_args": arguments,
            "xvfb_xauth": False,
        }
        config = SimpleNamespace(getini=settings.__getitem__, getoption=lambda _name: None)
        return pytest_xvfb.Xvfb(config)
    from pyvirtualdisplay.display import Display

    return Display(
        backend="xvfb",
        size=(width, height),
        color_depth=depth,
        manage_global_env=False,
        extra_args=arguments,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
