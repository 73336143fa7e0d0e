# SPDX-License-Identifier: MIT
"""A program: one half of the way from sway to an Xwayland that it did not start.

    sway_program.py give SOCKET OPTION...      in sway's place for Xwayland
    sway_program.py take SOCKET COMMAND...     becomes COMMAND, which starts that Xwayland

The first listens at SOCKET until the second comes, and hands over what sway made: the connection
of a Wayland client, the sockets of a display, the connection of its window manager.  It reports
the display's number to the reader of COMMAND's ``-displayfd`` when sway manages windows.  It
imports little, for it runs once for each server.
"""

import os
import socket
import sys

PASSED_ON = ("-listenfd", "-listenfd", "-wm")
"""The options of Xwayland whose descriptors the two halves exchange in this order."""

HANDED_OVER = 2 + len(PASSED_ON)

IPC_MAGIC, IPC_GET_VERSION = b"i3-ipc", 7


def _take_value(words: list[str], option: str) -> int:
    """Remove ``option`` and its number from ``words``; the number."""
    at = words.index(option)
    value = int(words[at + 1])
    del words[at : at + 2]
    return value


def give(path: str, options: list[str]) -> None:
    """Hand over what sway made for the Xwayland that it started with ``options``."""
    display, report = options[0], _take_value(options, "-displayfd")
    reading, writing = os.pipe()
    given = [int(os.environ["WAYLAND_SOCKET"]), writing]
    given += [_take_value(options, option) for option in PASSED_ON]
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        to_harness: list[int] = []
        while not to_harness:
            taker, _ = listener.accept()
            with taker:
                # Who only looks whether anybody listens sends nothing.
                _, to_harness, _, _ = socket.recv_fds(taker, 1, 1)
                if to_harness:
                    socket.send_fds(taker, [display.encode()], given)
    for descriptor in given:
        os.close(descriptor)
    number = b""
    while not number.endswith(b"\n"):
        chunk = os.read(reading, 64)
        if not chunk:
            return
        number += chunk
    os.write(report, number)
    os.close(report)
    _wait_for_sway()
    os.write(to_harness[0], number)


def _wait_for_sway() -> None:
    """Return when sway has done what it was sent before, for it does one thing at a time."""
    with socket.socket(socket.AF_UNIX) as sway:
        sway.connect(os.environ["SWAYSOCK"])
        words = (0, IPC_GET_VERSION)
        sway.sendall(IPC_MAGIC + b"".join(word.to_bytes(4, sys.byteorder) for word in words))
        sway.recv(1)


def take(path: str, command: list[str]) -> None:
    """Run ``command`` in place of this process, with what ``give`` hands over."""
    report = _take_value(command, "-displayfd")
    with socket.socket(socket.AF_UNIX) as giver:
        giver.connect(path)
        socket.send_fds(giver, [b"x"], [report])
        display, taken, _, _ = socket.recv_fds(giver, 64, HANDED_OVER)
    if len(taken) != HANDED_OVER:
        sys.exit("sway handed nothing over")
    os.close(report)
    for descriptor in taken:
        os.set_inheritable(descriptor, True)
    wayland, ready, *passed_on = taken
    os.environ["WAYLAND_SOCKET"] = str(wayland)
    command += [display.decode(), "-displayfd", str(ready)]
    for option, descriptor in zip(PASSED_ON, passed_on, strict=True):
        command += [option, str(descriptor)]
    os.execv(command[0], command)


if __name__ == "__main__":
    {"give": give, "take": take}[sys.argv[1]](sys.argv[2], sys.argv[3:])
