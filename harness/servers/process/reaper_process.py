# SPDX-License-Identifier: MIT
"""The reaper: a process that ends the servers of a harness that died without doing so.

Started as a program of its own, it reads commands from its standard input, one a line:

    server GROUP LOG            a server runs in this process group and writes LOG
    display GROUP NUMBER PID    it serves this display, in this process
    gone GROUP                  it is gone
    folder PATH                 a folder of private files, or one file
    removed PATH                it is removed

When the input ends, the harness is gone, however that came about.  Whatever is left then
gets SIGTERM, after a while SIGKILL, and the folders are removed.  Unlike the kernel's
parent-death signal this reaches servers behind wrapper scripts, does not hang on the life
of the thread that forked, and leaves no files.

Meanwhile the reaper keeps the logs bounded: a log of more than 64 MiB is cut to nothing
(its writers append).  A limit on file size would kill the server instead, and would count
its frame buffer and shared memory too.

It imports little, for it is started once per session: about 15 ms of one core.
"""

import os
import select
import signal
import socket
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

LOG_BYTES = 64 * 1024 * 1024
LOOK_MS = 500
PATIENCE = 5.0


def sweep(number: int, *pids: int) -> None:
    """Remove what a server that was killed left of its display: socket and lock.

    Only a socket that nobody listens at, and a lock that names one of ``pids``, all dead.
    Meanwhile we hold the display's abstract socket, which a server takes first: if another
    has it, the display has a new owner, and else none can come in between.
    """
    path = f"/tmp/.X11-unix/X{number}"
    lock = Path(f"/tmp/.X{number}-lock")
    with socket.socket(socket.AF_UNIX) as guard, socket.socket(socket.AF_UNIX) as visitor:
        try:
            guard.bind(f"\0{path}")
        except OSError:
            return
        try:
            visitor.settimeout(1.0)
            visitor.connect(path)
        except ConnectionRefusedError:
            Path(path).unlink(missing_ok=True)
        except OSError:
            pass
        try:
            if int(lock.read_text()) in pids:
                lock.unlink()
        except (OSError, ValueError):
            pass


def bound(log: str) -> None:
    """Cut ``log`` to a note when it is too long."""
    try:
        if Path(log).stat().st_size > LOG_BYTES:
            os.truncate(log, 0)
            with Path(log).open("ab") as file:
                file.write(b"[xharness cut this log: the server wrote more than 64 MiB]\n")
    except OSError:
        return


@dataclass(slots=True)
class WatchedServer:
    """A server to end: its log, its processes, and its displays once they are known."""

    log: str
    pids: list[int]
    displays: list[int] = field(default_factory=list)


def end(wards: dict[int, WatchedServer]) -> None:
    """End the process groups, politely first, and remove what they leave."""
    handles = []
    for group, ward in wards.items():
        for pid in ward.pids:
            try:
                handles.append(os.pidfd_open(pid))
            except OSError:
                continue
        try:
            os.killpg(group, signal.SIGTERM)
        except OSError:
            continue
    wait(handles, PATIENCE)
    for group in wards:
        try:
            os.killpg(group, signal.SIGKILL)
        except OSError:
            continue
    wait(handles, PATIENCE)
    for ward in wards.values():
        for number in ward.displays:
            sweep(number, *ward.pids)


def wait(handles: list[int], seconds: float) -> None:
    """Wait for the end of all processes."""
    deadline = monotonic() + seconds
    for handle in handles:
        poller = select.poll()
        poller.register(handle, select.POLLIN)
        poller.poll(max(0.0, deadline - monotonic()) * 1000)


def remove(folder: str) -> None:
    """Remove a folder and all in it, or a file."""
    if not Path(folder).is_dir():
        Path(folder).unlink(missing_ok=True)
        return
    for path, folders, files in os.walk(folder, topdown=False):
        for name in files:
            (Path(path) / name).unlink(missing_ok=True)
        for name in folders:
            inner = Path(path) / name
            if inner.is_symlink():
                inner.unlink(missing_ok=True)
            elif inner.is_dir():
                inner.rmdir()
    Path(folder).rmdir()


def main() -> None:
    """Serve until the input ends, then tidy up."""
    for unwanted in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(unwanted, signal.SIG_IGN)
    wards: dict[int, WatchedServer] = {}
    folders: dict[str, None] = {}
    poller = select.poll()
    poller.register(0, select.POLLIN | select.POLLHUP)
    pending = b""
    while True:
        if poller.poll(LOOK_MS if wards else None):
            data = os.read(0, 65536)
            if not data:
                break
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                verb, _, rest = os.fsdecode(line).partition(" ")
                if verb == "server":
                    group, _, log = rest.partition(" ")
                    wards[int(group)] = WatchedServer(log, [int(group)])
                elif verb == "display":
                    leader, display, pid = map(int, rest.split())
                    wards[leader].displays.append(display)
                    wards[leader].pids.append(pid)
                elif verb == "gone":
                    wards.pop(int(rest), None)
                elif verb == "folder":
                    folders[rest] = None
                elif verb == "removed":
                    folders.pop(rest, None)
        for ward in wards.values():
            bound(ward.log)
    end(wards)
    for folder in folders:
        try:
            remove(folder)
        except OSError:
            continue


if __name__ == "__main__":
    main()
