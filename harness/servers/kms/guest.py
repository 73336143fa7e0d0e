# SPDX-License-Identifier: MIT
"""The first process of the guest: it prepares the machine, runs Xorg, and carries connections.

    python -m harness.servers.kms.guest FOLDER

The files of the host are the root, read-only; FOLDER is the private folder of the server, which
can be written, and holds ``guest.json``.
"""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import traceback
import tty
from pathlib import Path
from typing import NoReturn

from harness.servers.kms import commands, vkms
from harness.servers.kms.stream import Multiplexer, StreamClosed
from harness.servers.kms.words import GUEST_FILE, Guest, Service, Tell, status_number

BIND = 4096
POWER_OFF = 0x4321FEDC
HOST = Path("/run/host")
"""Where the whole of the host's files is, also what the guest's own folders hide."""

LINE, LOG = "/dev/ttyS1", "/dev/ttyS0"

_libc = ctypes.CDLL(None, use_errno=True)


def mount(kind: str, place: Path, source: str = "none", flags: int = 0, data: str = "") -> None:
    """Mount a file system.  Raises OSError."""
    words = [os.fsencode(word) for word in (source, place, kind)]
    if _libc.mount(*words, ctypes.c_ulong(flags), os.fsencode(data)):
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), str(place))


def mount_all(folder: Path, kept: list[Path]) -> None:
    """Mount what programs expect; ``folder`` for writing, and what is ``kept`` of /tmp."""
    for kind, name in (
        ("proc", "/proc"),
        ("sysfs", "/sys"),
        ("debugfs", "/sys/kernel/debug"),
        ("configfs", "/sys/kernel/config"),
        ("devtmpfs", "/dev"),
        ("tmpfs", "/run"),
    ):
        mount(kind, Path(name))
    HOST.mkdir()
    mount("", HOST, "/", BIND)
    for place in (Path("/tmp"), Path("/var/log"), Path("/var/lib/xkb")):
        if place.is_dir():
            mount("tmpfs", place)
    Path("/dev/shm").mkdir(exist_ok=True)
    mount("tmpfs", Path("/dev/shm"))
    for path in kept:
        if path.is_relative_to("/tmp") and not path.exists():
            path.mkdir(parents=True)
            mount("", path, str(HOST / path.relative_to("/")), BIND)
    folder.mkdir(parents=True, exist_ok=True)
    mount("hostfs", folder, data=str(folder))
    Path("/tmp").chmod(0o1777)
    Path("/tmp/.X11-unix").mkdir(mode=0o1777)


def start_server(guest: Guest, log: int) -> tuple[subprocess.Popen[bytes], int]:
    """Xorg, and its display's number once it accepts clients; -1 when it ended instead."""
    reading, writing = os.pipe()
    command = [word if word != guest.display_word else str(writing) for word in guest.command]
    server = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env=guest.environment,
        cwd=guest.folder,
        pass_fds=[writing],
    )
    os.close(writing)
    text = b""
    while not text.endswith(b"\n"):
        chunk = os.read(reading, 64)
        if not chunk:
            return server, -1
        text += chunk
    os.close(reading)
    return server, int(text)


def serve(guest: Guest, line: int, log: int) -> None:
    """Run the server and carry its connections until it ends, or the host does."""

    def connect(service: int) -> socket.socket:
        end = socket.socket(socket.AF_UNIX)
        end.connect(display if service == Service.DISPLAY else commands.SOCKET)
        return end

    def told(what: int, _number: int) -> None:
        if what == Tell.STOP:
            server.terminate()

    carried = Multiplexer(line, connect=connect, told=told, acknowledges=True)
    woken, waking = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(waking, False)
    signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    carried.selector.register(woken, 1, lambda _: os.read(woken, 4096))
    server, number = start_server(guest, log)
    display = f"/tmp/.X11-unix/X{number}"
    if number >= 0:
        commands.start(guest, display)
        carried.tell(Tell.READY)
    try:
        while server.poll() is None:
            carried.turn()
        carried.tell(Tell.ENDED, status_number(server.returncode))
        while not carried.idle:
            carried.turn()
    except StreamClosed:
        server.kill()


def power_off() -> NoReturn:
    """End the guest, and with it the program on the host that it is."""
    os.sync()
    _libc.reboot(ctypes.c_uint(POWER_OFF))
    os._exit(1)


def main() -> None:
    """As process 1: its end would be a panic of the kernel, so it never ends by itself."""
    folder = Path(sys.argv[1])
    try:
        guest = Guest(**json.loads((folder / GUEST_FILE).read_text(encoding="utf-8")))
        mount_all(folder, [Path(place) for place in guest.kept])
        log, line = (os.open(path, os.O_RDWR | os.O_NOCTTY) for path in (LOG, LINE))
        tty.setraw(log)
        tty.setraw(line)
        os.dup2(log, 1)
        os.dup2(log, 2)
        vkms.make(guest.crtcs)
        serve(guest, line, log)
    except Exception:
        traceback.print_exc()
    power_off()


if __name__ == "__main__":
    main()
