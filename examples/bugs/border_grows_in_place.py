"""A window whose border grows around its inside keeps what it shows in its new pixmap.

Ends with status 0 where the server is sound, 1 where it shows the bug, 125 where that cannot be
told. Give the command that starts the server, as in `python script.py Xvfb -screen 0 640x480x24`;
without one the server of DISPLAY is judged.
"""

import hashlib
import os
import select
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import xcffib
import xcffib.composite
import xcffib.xproto
from xcffib.xproto import CW, ConfigWindow, WindowClass

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


def picture(conn: Client, drawable: int, x: int, y: int, width: int, height: int) -> list[int]:
    """The pixels that a part of a window or pixmap shows, without unused bits."""
    conn.sync()
    image = conn.core.GetImage(2, drawable, x, y, width, height, 0xFFFFFFFF).reply()
    pixels = struct.unpack(f"={width * height}I", bytes(image.data))
    return [one & ((1 << image.depth) - 1) for one in pixels]


def digest(pixels: list[int]) -> str:
    """What tells pictures apart."""
    return hashlib.sha256(struct.pack(f"<{len(pixels)}I", *pixels)).hexdigest()


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


def main() -> int:
    """The status: 0 the server is sound, 1 it shows the bug."""
    conn = Client()
    root = conn.setup.roots[0].root
    composite = conn(xcffib.composite.key)
    composite.QueryVersion(0, 4)
    window = conn.generate_id()
    conn.core.CreateWindow(
        0, window, root, 20, 20, 16, 16, 0, WindowClass.InputOutput, 0, CW.BackPixel, [255]
    )
    composite.RedirectWindow(window, xcffib.composite.Redirect.Manual)
    conn.core.MapWindow(window)
    # the window moves by its new border, so that its inside stays where it is
    conn.core.ConfigureWindow(
        window, ConfigWindow.X | ConfigWindow.Y | ConfigWindow.BorderWidth, [17, 17, 3]
    )
    pixmap = conn.generate_id()
    composite.NameWindowPixmap(window, pixmap)
    pixels = picture(conn, pixmap, 3, 3, 16, 16)
    print(f"(10, 10): {pixels[119]:#x}, right is 0xff")
    wrong = digest(pixels) != "89f67314d42d6a98d6362eaefd20aa132754dd5c77e927e16b7cb929d99bb81c"
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
