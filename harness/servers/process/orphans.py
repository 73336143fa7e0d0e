# SPDX-License-Identifier: MIT
"""Processes whose parent, a server or its helper, ended before them.

The kernel gives them to process 1, which in many containers collects nothing: they stay as
zombies.  Weston leaves two, a wrapper script its server.
"""

import ctypes
import os
import select
from contextlib import suppress
from pathlib import Path

from harness.deadlines import Deadline

COLLECT_SECONDS = 5.0
RETRY_MS = 2

_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Become the parent of all orphans among this process's descendants from now on.

    Where the kernel refuses, they go to process 1 as ever.
    """
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def collect_orphans(group: int) -> None:
    """Collect the members of a process group that was killed, until none is left.

    Gives up after COLLECT_SECONDS (s, scaled), for a member may be stuck in the kernel.
    """
    deadline, pause = Deadline.after(COLLECT_SECONDS), select.poll()
    try:
        while not deadline.passed:
            if os.waitpid(-group, os.WNOHANG) == (0, 0):
                # Orphans that are not dead yet have no descriptor to wait for.
                pause.poll(RETRY_MS)
    except ChildProcessError:
        return
    finally:
        _collect_strangers()


def _collect_strangers() -> None:
    """Collect dead orphans that programs outside of the harness have left.

    A child in a session that is neither ours nor its own was not started by this process, so
    that nobody here waits for its status.  Of others this is not certain: they stay.
    """
    ours = os.getsid(0)
    for pid in _children():
        try:
            state, session = _state(pid)
            if state == "Z" and session not in (ours, pid):
                os.waitpid(pid, os.WNOHANG)
        except (OSError, ValueError):
            # Collected meanwhile.
            continue


def _children() -> list[int]:
    """The children of all threads; none where the kernel does not list them."""
    lists = Path("/proc/self/task").glob("*/children")
    found: list[int] = []
    for path in lists:
        with suppress(OSError):
            found += map(int, path.read_text().split())
    return found


def _state(pid: int) -> tuple[str, int]:
    """The state and session of a process; its name, which may hold anything, is in brackets."""
    fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    return fields[0].decode(), int(fields[3])
