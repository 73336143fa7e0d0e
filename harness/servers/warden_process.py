# SPDX-License-Identifier: MIT
"""The warden: a process that ends the servers of a harness that died without doing so.

Started as a program of its own, it reads commands from its standard input, one a line:

    server PID LOG      a server runs as leader of process group PID and writes LOG
    gone PID            it is gone
    folder PATH         a folder of private files
    removed PATH        it is removed

When the input ends, the harness is gone, however that came about.  Whatever is left then
gets SIGTERM, after a while SIGKILL, and the folders are removed.  Unlike the kernel's
parent-death signal this reaches servers behind wrapper scripts, does not hang on the life
of the thread that forked, and leaves no files.

Meanwhile the warden keeps the logs bounded: a log of more than 64 MiB is cut to nothing
(its writers append).  A limit on file size would kill the server instead, and would count
its frame buffer and shared memory too.

It imports little, for it is started once per session: about 15 ms of one core.
"""

import os
import select
import signal
from pathlib import Path
from time import monotonic

LOG_BYTES = 64 * 1024 * 1024
LOOK_MS = 500
PATIENCE = 5.0
LOCK_FOLDER = Path("/tmp")


def sweep(*pids: int) -> None:
    """Remove the lock and socket of each display whose lock names one of ``pids``, all dead."""
    for lock in LOCK_FOLDER.glob(".X*-lock"):
        try:
            owner = int(lock.read_text())
        except (OSError, ValueError):
            continue
        if owner in pids:
            number = lock.name.removeprefix(".X").removesuffix("-lock")
            (LOCK_FOLDER / ".X11-unix" / f"X{number}").unlink(missing_ok=True)
            lock.unlink(missing_ok=True)


def bound(log: str) -> None:
    """Cut ``log`` to a note when it is too long."""
    try:
        if Path(log).stat().st_size > LOG_BYTES:
            os.truncate(log, 0)
            with Path(log).open("ab") as file:
                file.write(b"[xharness cut this log: the server wrote more than 64 MiB]\n")
    except OSError:
        return


def end(groups: list[int]) -> None:
    """End the process groups, politely first."""
    handles = []
    for group in groups:
        try:
            handles.append(os.pidfd_open(group))
            os.killpg(group, signal.SIGTERM)
        except OSError:
            continue
    deadline = monotonic() + PATIENCE
    for handle in handles:
        poller = select.poll()
        poller.register(handle, select.POLLIN)
        poller.poll(max(0.0, deadline - monotonic()) * 1000)
    for group in groups:
        try:
            os.killpg(group, signal.SIGKILL)
        except OSError:
            continue


def remove(folder: str) -> None:
    """Remove a folder and all in it."""
    for path, folders, files in os.walk(folder, topdown=False):
        for name in files:
            (Path(path) / name).unlink(missing_ok=True)
        for name in folders:
            inner = Path(path) / name
            if inner.is_symlink():
                inner.unlink(missing_ok=True)
            elif inner.is_dir():
                inner.rmdir()
    if Path(folder).is_dir():
        Path(folder).rmdir()


def main() -> None:
    """Serve until the input ends, then tidy up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    logs: dict[int, str] = {}
    folders: dict[str, None] = {}
    poller = select.poll()
    poller.register(0, select.POLLIN | select.POLLHUP)
    pending = b""
    while True:
        if poller.poll(LOOK_MS if logs else None):
            data = os.read(0, 65536)
            if not data:
                break
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                verb, _, rest = os.fsdecode(line).partition(" ")
                if verb == "server":
                    pid, _, log = rest.partition(" ")
                    logs[int(pid)] = log
                elif verb == "gone":
                    logs.pop(int(rest), None)
                elif verb == "folder":
                    folders[rest] = None
                elif verb == "removed":
                    folders.pop(rest, None)
        for log in logs.values():
            bound(log)
    end(list(logs))
    sweep(*logs)
    for folder in folders:
        try:
            remove(folder)
        except OSError:
            continue


if __name__ == "__main__":
    main()
