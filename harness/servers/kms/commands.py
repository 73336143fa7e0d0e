# SPDX-License-Identifier: MIT
"""The commands of the guest: plugs, scanout, virtual terminals.  A process beside the server.

A command is a line of words, its answer one too, ``ok`` or ``error`` in front: as the driver of
``xorg-flip`` has them.
"""

import fcntl
import os
import select
import socket
import struct
import subprocess
import traceback
from collections.abc import Callable
from pathlib import Path

from harness.servers.kms import drm, vkms
from harness.servers.kms.words import Guest
from harness.servers.monitors.scanned_out import CURSOR_SIZE, CursorPlane, ScannedOut, content_of

SOCKET = "/run/commands"
SETTLE_SECONDS = 5.0
OWN_TERMINAL, OTHER_TERMINAL = 7, 2

UDEV = ("/usr/lib/systemd/systemd-udevd", "/lib/systemd/systemd-udevd", "/sbin/udevd")

_UDEV_EVENTS, _UEVENTS = 2, 15
"""The group of what udev has done with an event, and the protocol of kernel events (netlink)."""

_VT_ACTIVATE, _VT_WAIT_ACTIVE = 0x5606, 0x5607
_XRGB8888, _XRGB2101010, _RGB565 = b"XR24", b"XR30", b"RG16"
_FORMATS = {_XRGB8888: (24, 32), _XRGB2101010: (30, 32), _RGB565: (16, 16)}
"""Depth and bits of a pixel."""


class Refused(Exception):
    """A command that cannot be done, in words."""


class Commands:
    """The commands for the server at the socket ``display``."""

    def __init__(self, guest: Guest, display: str) -> None:
        self._folder, self._cookie = Path(guest.folder), bytes.fromhex(guest.cookie)
        self._crtcs, self._display = guest.crtcs, display
        self._udev: subprocess.Popen[bytes] | None = None
        self._commands: dict[str, Callable[[int], str]] = {
            "plug": lambda number: self._plug(number, True),
            "unplug": lambda number: self._plug(number, False),
            "clock": self._clock,
            "scanout": self._scanout,
            "sum": self._sum,
            "vt": lambda number: self._switch(OWN_TERMINAL if number else OTHER_TERMINAL),
        }

    def answer(self, line: str) -> str:
        """What to answer to the command ``line``."""
        try:
            return f"ok {self._do(line)}".rstrip()
        except (Refused, OSError, ValueError) as error:
            return f"error {' '.join(str(error).split())}"

    def _do(self, line: str) -> str:
        word, *numbers = line.split()
        command = self._commands.get(word)
        if command is None or len(numbers) != 1:
            raise Refused(f"expected {', '.join(self._commands)} and a number, got {line!r}")
        number = int(numbers[0])
        if not 0 <= number < self._crtcs:
            raise Refused(f"there are CRTCs and outputs 0 to {self._crtcs - 1}, not {number}")
        return command(number)

    def _plug(self, number: int, connected: bool) -> str:
        """The server has told its clients when the answer goes."""
        if vkms.plugged(number) is connected:
            return ""
        self._start_udev()
        with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _UEVENTS) as events:
            events.bind((0, _UDEV_EVENTS))
            vkms.plug(number, connected)
            if not select.select([events], [], [], SETTLE_SECONDS)[0]:
                raise Refused("udev told of no change of the monitors")
        self._round_trips()
        return ""

    def _start_udev(self) -> None:
        """Xorg hears of monitors from udev only, and few servers have one plugged."""
        if self._udev is None:
            program = next((path for path in UDEV if Path(path).exists()), None)
            if program is None:
                raise Refused(f"no udev found: {' or '.join(UDEV)} (Debian, Ubuntu: udev)")
            self._udev = subprocess.Popen([program, "--children-max=2"], stdin=subprocess.DEVNULL)
            ping = ["udevadm", "control", "--ping", f"--timeout={SETTLE_SECONDS:.0f}"]
            while subprocess.run(ping, check=False, capture_output=True).returncode:
                if self._udev.poll() is not None:
                    raise Refused(f"{program} ended with status {self._udev.returncode}")

    def _round_trips(self) -> None:
        """Wait until the server has looked at all that had come before, and has sent its events."""
        name = b"MIT-MAGIC-COOKIE-1"
        with socket.socket(socket.AF_UNIX) as stream:
            stream.settimeout(SETTLE_SECONDS)
            stream.connect(self._display)
            setup = struct.pack("=BxHHHHxx", ord("l"), 11, 0, len(name), len(self._cookie))
            stream.sendall(setup + name + bytes(-len(name) % 4) + self._cookie)
            accepted, length = struct.unpack("=B5xH", _read(stream, 8))
            _read(stream, 4 * length)
            if accepted != 1:
                raise Refused("the server does not accept the guest's own cookie")
            for _ in range(2):
                # GetInputFocus
                stream.sendall(struct.pack("=BxH", 43, 1))
                _read(stream, 32)

    def _clock(self, number: int) -> str:
        with drm.opened(vkms.CARD) as device:
            crtc = device.crtc(number)
        return f"{crtc.sequence} {crtc.time // 1000} 0"

    def _scanout(self, number: int) -> str:
        with drm.opened(vkms.CARD) as device:
            shown = scanned_out(device, number)
        path = self._folder / f"scanout.{number}"
        with path.open("wb") as file:
            file.write(content_of(shown))
            file.flush()
            os.fsync(file.fileno())
        return ""

    def _sum(self, number: int) -> str:
        """The check sum of the next frame of a CRTC, with the cursor."""
        folder = vkms.DEBUG / f"crtc-{number}/crc"
        (folder / "control").write_text("auto")
        with (folder / "data").open() as data:
            return data.readline()

    def _switch(self, number: int) -> str:
        console = os.open("/dev/tty0", os.O_RDWR | os.O_NOCTTY)
        try:
            fcntl.ioctl(console, _VT_ACTIVATE, number)
            fcntl.ioctl(console, _VT_WAIT_ACTIVE, number)
        finally:
            os.close(console)
        self._round_trips()
        return ""


def scanned_out(device: drm.Device, number: int) -> ScannedOut:
    """What the CRTC with this number scans out, its cursor beside it.  Raises Refused, OSError."""
    crtc, cursor = device.crtc(number), device.cursor(number)
    buffer = device.read(crtc.buffer) if crtc.on else drm.FrameBuffer(0, 0, 0, _XRGB8888, b"")
    if buffer.format not in _FORMATS:
        raise Refused(f"a buffer has the format {buffer.format!r}, which is not known here")
    depth, bits = _FORMATS[buffer.format]
    start = crtc.y * buffer.stride + crtc.x * bits // 8
    stride = crtc.width * bits // 8
    rows = (start + row * buffer.stride for row in range(crtc.height if crtc.on else 0))
    return ScannedOut(
        *(crtc.on, 0, crtc.sequence, crtc.time // 1000, 0, False, False, 1, crtc.x, crtc.y),
        *(crtc.width, crtc.height if crtc.on else 0, stride, depth, bits),
        cursor=_cursor_plane(cursor),
        gamma=device.gamma(number),
        data=b"".join(buffer.data[row : row + stride] for row in rows),
    )


def _cursor_plane(cursor: drm.CursorState | None) -> CursorPlane:
    if cursor is None:
        return CursorPlane(False, 0, 0, bytes(CURSOR_SIZE * CURSOR_SIZE * 4))
    image, row = cursor.buffer, CURSOR_SIZE * 4
    rows = (image.data[y * image.stride : y * image.stride + row] for y in range(CURSOR_SIZE))
    return CursorPlane(True, cursor.x, cursor.y, b"".join(rows))


def _read(stream: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        chunk = stream.recv(size - len(data))
        if not chunk:
            raise Refused("the server closed the connection")
        data += chunk
    return data


def start(guest: Guest, display: str) -> None:
    """Take commands at SOCKET from now on, in a process of their own."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(SOCKET)
    listener.listen()
    if os.fork():
        listener.close()
        return
    try:
        serve(listener, Commands(guest, display))
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def serve(listener: socket.socket, commands: Commands) -> None:
    """Answer one connection after another."""
    while True:
        connection, _ = listener.accept()
        with connection, connection.makefile("rw", encoding="utf-8") as lines:
            for line in lines:
                if line.strip():
                    lines.write(commands.answer(line.strip()) + "\n")
                    lines.flush()
