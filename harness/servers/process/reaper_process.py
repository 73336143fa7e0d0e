# SPDX-License-Identifier: MIT
"""The reaper: a process that ends the servers of a harness that died without doing so.

Started as a program of its own, it reads commands from its standard input, one a line:

    server GROUP LOG            a server runs in this process group and writes LOG
    display GROUP NUMBER PID    it serves this display, in this process
    ended GROUP                 it ended
    folder PATH                 a folder of private files, or one file
    removed PATH                it is removed

When the input ends, the harness has ended, for whatever reason.  The servers that are left
get SIGTERM, after a while SIGKILL, and the folders are removed.  Unlike the kernel's
parent-death signal this reaches servers behind wrapper scripts, does not depend on the life
of the thread that forked, and leaves no files.

Meanwhile the reaper limits the logs: one of more than 64 MiB is cut to nothing (its writers
append).  A limit on file size would kill the server instead, and would count its frame
buffer and shared memory too.

It imports little, for it is started once per session: about 15 ms of one core.
"""

import os
import select
import signal
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

LOG_BYTES = 64 * 1024 * 1024
LOG_CHECK_MS = 500
END_SECONDS = 5.0
"""From SIGTERM to SIGKILL, and from SIGKILL until a server is given up."""
REPEAT_SECONDS = 0.5
"""Between two signals: of one that comes just before it sleeps a server knows when it wakes."""


def sweep(number: int, *pids: int) -> None:
    """Remove what a server that was killed left of its display: socket and lock.

    Only a socket without a listener, and a lock that names one of ``pids``, all dead.
    Meanwhile we hold the display's abstract socket, which a server takes first: if another
    process has it, the display has a new owner, and else none can come in between.
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
            # X servers end it with a newline, wlroots with NUL.
            if int(lock.read_text().rstrip("\0")) in pids:
                lock.unlink()
        except (OSError, ValueError):
            pass


def limit_log(log: str) -> None:
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


def end(servers: dict[int, WatchedServer]) -> None:
    """End the process groups, by SIGTERM if that is enough, and remove what they leave."""
    handles = {group: _handles(server.pids) for group, server in servers.items()}
    for number in (signal.SIGTERM, signal.SIGKILL):
        left, deadline = list(handles), monotonic() + END_SECONDS
        while left and monotonic() < deadline:
            for group in left:
                try:
                    os.killpg(group, number)
                except OSError:
                    continue
            again = min(deadline, monotonic() + REPEAT_SECONDS)
            left = [
                group
                for group in left
                if not all([ended(one, max(0.0, again - monotonic())) for one in handles[group]])
            ]
    for server in servers.values():
        for display in server.displays:
            sweep(display, *server.pids)


def _handles(pids: Iterable[int]) -> list[int]:
    """A pidfd of each of these processes that has not been collected yet."""
    found = []
    for pid in pids:
        try:
            found.append(os.pidfd_open(pid))
        except OSError:
            continue
    return found


def ended(handle: int, seconds: float) -> bool:
    """Whether the process behind a pidfd ends within ``seconds``."""
    poller = select.poll()
    poller.register(handle, select.POLLIN)
    return bool(poller.poll(seconds * 1000))


def remove(path: str) -> None:
    """Remove a folder and all in it, or a file."""
    if Path(path).is_dir():
        # Imported late, for it takes as long as the rest of the start and is seldom needed.
        import shutil

        shutil.rmtree(path, ignore_errors=True)
    else:
        Path(path).unlink(missing_ok=True)


def obey(lines: Iterable[bytes], servers: dict[int, WatchedServer], folders: set[str]) -> None:
    """Carry out commands on what is watched."""
    for line in lines:
        verb, _, rest = os.fsdecode(line).partition(" ")
        if verb == "server":
            group, _, log = rest.partition(" ")
            servers[int(group)] = WatchedServer(log, [int(group)])
        elif verb == "display":
            leader, display, pid = map(int, rest.split())
            servers[leader].displays.append(display)
            servers[leader].pids.append(pid)
        elif verb == "ended":
            servers.pop(int(rest), None)
        elif verb == "folder":
            folders.add(rest)
        elif verb == "removed":
            folders.discard(rest)


def main() -> None:
    """Obey commands until the input ends, then end and remove what is left."""
    for unwanted in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(unwanted, signal.SIG_IGN)
    servers: dict[int, WatchedServer] = {}
    folders: set[str] = set()
    poller = select.poll()
    poller.register(0, select.POLLIN | select.POLLHUP)
    pending = b""
    while True:
        if poller.poll(LOG_CHECK_MS if servers else None):
            data = os.read(0, 65536)
            if not data:
                break
            *lines, pending = (pending + data).split(b"\n")
            obey(lines, servers, folders)
        for server in servers.values():
            limit_log(server.log)
    end(servers)
    for folder in folders:
        try:
            remove(folder)
        except OSError:
            continue


if __name__ == "__main__":
    main()
