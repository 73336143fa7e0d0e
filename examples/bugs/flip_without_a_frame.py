# SPDX-License-Identifier: MIT
"""A presentation for a CRTC that is off has the MSC and the UST of a frame.

Ends with status 0 where the server is sound, 1 where it shows the bug, 125 where that cannot be
told. Give the command that starts the server, as in `python script.py Xvfb -screen 0 640x480x24`;
without one the server of DISPLAY is judged.
"""

import io
import os
import select
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import xcffib
import xcffib.present
import xcffib.randr
import xcffib.xproto
from xcffib.xproto import WindowClass

SECONDS = 5.0
"""How long the server may take for what it should do."""


class Client(xcffib.Connection):
    """A connection that keeps its events, and the errors of requests that nothing checks."""

    def __init__(self) -> None:
        try:
            super().__init__()
        except xcffib.ConnectionException as error:
            raise OSError(f"no server can be reached: {error}") from None
        self.events: list = []
        self.errors: list = []

    def take(self, seconds: float = 0.0) -> None:
        """Read what has come; wait at most so long for it."""
        self.flush()
        select.select([self.get_file_descriptor()], [], [], seconds)
        while True:
            try:
                if (event := self.poll_for_event()) is None:
                    return
                self.events.append(event)
            except xcffib.Error as error:
                self.errors.append(error)
            except (IndexError, KeyError):
                self.events.append(None)  # of a type that xcffib does not know

    def sync(self) -> None:
        """Wait until the server has carried out all requests so far."""
        self.core.GetInputFocus().reply()
        self.take()

    def find(self, kind: type, /, **fields: int) -> list:
        """The events of this kind so far, with these fields."""
        return [
            one
            for one in self.events
            if isinstance(one, kind) and all(getattr(one, k) == v for k, v in fields.items())
        ]

    def until(self, holds: Callable[[], object], seconds: float = SECONDS) -> bool:
        """Take events until this holds, at most so long; whether it does."""
        end = time.monotonic() + seconds
        while not holds() and time.monotonic() < end:
            self.take(0.02)
        return bool(holds())

    def wait(self, kind: type, /, **fields: int) -> Any:
        """The last event of this kind with these fields, which comes if it is not there yet."""
        if not self.until(lambda: self.find(kind, **fields)):
            sys.exit(cannot_tell(f"no {kind.__name__} came with {fields}"))
        return self.find(kind, **fields)[-1]


def cannot_tell(why: str) -> int:
    """Say why the server cannot be judged; the exit status that says so."""
    print(f"cannot tell: {why}", file=sys.stderr)
    return 125


class CompleteNotify:
    """Present's event, which xcffib lacks: it knows no fields of 64 bits."""

    def __init__(self, unpacker: Any) -> None:
        # libxcb has put its own sequence number behind the first 32 bytes.
        data = bytes(xcffib.ffi.buffer(unpacker.cdata, 44))
        self.kind, self.mode, self.event, self.window, self.serial, self.ust = struct.unpack_from(
            "=10xBBIIIQ", data
        )
        (self.msc,) = struct.unpack_from("=Q", data, 36)


xcffib.present._events[1] = CompleteNotify


def notify_msc(
    conn: Client,
    window: int,
    serial: int,
    *,
    target_msc: int = 0,
    divisor: int = 0,
    remainder: int = 0,
) -> None:
    """NotifyMSC, which xcffib lacks: it knows no fields of 64 bits."""
    body = struct.pack("=4xII4xQQQ", window, serial, target_msc, divisor, remainder)
    conn(xcffib.present.key).send_request(2, io.BytesIO(body))


def start(command: list[str]) -> subprocess.Popen:
    """Start the server; DISPLAY names it when it is ready."""
    reading, writing = os.pipe()
    server = subprocess.Popen([*command, "-displayfd", str(writing)], pass_fds=[writing])
    os.close(writing)
    with os.fdopen(reading) as stream:
        number = stream.readline().strip()
    if not number:
        raise OSError(f"{command[0]} did not start: its status is {server.wait()}")
    os.environ["DISPLAY"] = f":{number}"
    return server


def present_pixmap(conn: Client, window: int, pixmap: int, serial: int, crtc: int) -> None:
    """PresentPixmap, which xcffib lacks: it knows no fields of 64 bits."""
    body = struct.pack(
        "=4x5I2h5I3Q", window, pixmap, serial, 0, 0, 0, 0, crtc, *(0, 0, 0, 0), *(0, 0, 0)
    )
    conn(xcffib.present.key).send_request(1, io.BytesIO(body))


def second_crtc(conn: Client, root: int, used: int) -> int:
    """A CRTC other than ``used`` that shows the screen on a free output; 0 where there is none."""
    randr = conn(xcffib.randr.key)
    resources = randr.GetScreenResources(root).reply()
    mode = randr.GetCrtcInfo(used, 0).reply().mode
    for output in resources.outputs:
        told = randr.GetOutputInfo(output, 0).reply()
        free = [one for one in told.crtcs if one != used]
        if told.crtc or not free:
            continue
        if mode not in told.modes:
            randr.AddOutputMode(output, mode)
        place = (0, 0, mode, xcffib.randr.Rotation.Rotate_0, 1, [output])
        if randr.SetCrtcConfig(free[0], 0, 0, *place).reply().status == 0:
            return int(free[0])
    return 0


def main() -> int:
    """The status: 0 the server is sound, 1 it shows the bug."""
    conn = Client()
    screen = conn.setup.roots[0]
    root = screen.root
    present = conn(xcffib.present.key)
    randr = conn(xcffib.randr.key)
    resources = randr.GetScreenResources(root).reply()
    lit = [one for one in resources.crtcs if randr.GetCrtcInfo(one, 0).reply().mode]
    if len(lit) != 1:
        return cannot_tell(f"{len(lit)} CRTCs are on, not one")
    other = second_crtc(conn, root, lit[0])
    if not other:
        return cannot_tell("no second CRTC can be switched on")
    size = conn.core.GetGeometry(root).reply()
    window, pixmaps = conn.generate_id(), (conn.generate_id(), conn.generate_id())
    area = (0, 0, size.width, size.height)
    conn.core.CreateWindow(
        *(0, window, root, *area, 0, WindowClass.InputOutput, 0),
        *(xcffib.xproto.CW.OverrideRedirect, [1]),
    )
    conn.core.MapWindow(window)
    for pixmap in pixmaps:
        conn.core.CreatePixmap(screen.root_depth, pixmap, root, size.width, size.height)
    mask = xcffib.present.EventMask.CompleteNotify
    present.SelectInput(conn.generate_id(), window, mask)
    # A driver may count from 0: let some frames pass.
    notify_msc(conn, window, 1)
    notify_msc(conn, window, 2, target_msc=conn.wait(CompleteNotify, serial=1).msc + 10)
    conn.wait(CompleteNotify, serial=2)
    randr.SetCrtcConfig(other, 0, 0, 0, 0, 0, xcffib.randr.Rotation.Rotate_0, 0, []).reply()
    told = []
    for serial in range(3, 9):
        present_pixmap(conn, window, pixmaps[serial % 2], serial, other)
        told.append(conn.wait(CompleteNotify, serial=serial))
    print("; ".join(f"mode {one.mode}, MSC {one.msc}, UST {one.ust}" for one in told))
    wrong = any(one.ust == 0 for one in told)
    print(f"bug: {__doc__.splitlines()[0]}" if wrong else "sound")
    return 1 if wrong else 0


def run(command: list[str]) -> int:
    """Judge the server that this command starts, or without one that of DISPLAY."""
    try:
        server = start(command) if command else None
        try:
            return main()
        finally:
            if server is not None:
                server.terminate()
                server.wait()
    except Exception as error:  # whatever it is, it says nothing of the server
        return cannot_tell(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
