# SPDX-License-Identifier: MIT
"""Processes whose parent, a server or its helper, ended before them.

The kernel gives them to process 1, which in many containers collects nothing: they stay as
zombies.  Weston leaves two, a wrapper script its server.
"""

import ctypes
import os
import select

from harness.deadlines import Deadline

COLLECT_SECONDS = 1.0
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
