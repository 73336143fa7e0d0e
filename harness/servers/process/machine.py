# SPDX-License-Identifier: MIT
"""What every start of a server needs of this machine."""

import os
import stat
from pathlib import Path

from harness.servers.errors import MachineUnsuitable
from harness.x11.address import SOCKETS


def check_machine() -> None:
    """Raise MachineUnsuitable when no X server could be started here, whatever its kind.

    A few system calls, while a server that cannot listen tries every display for seconds.
    """
    _check_pidfd()
    folder = SOCKETS.parent
    if not SOCKETS.exists():
        _check_writable(folder, f"make {SOCKETS}, which is missing,")
        return
    _check_writable(folder, "make their lock files")
    _check_writable(SOCKETS, "listen")


def _check_pidfd() -> None:
    """The harness waits for the ends of servers by pidfd_open (Linux 5.3)."""
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else "this Python was built without"
        raise MachineUnsuitable(
            f"xharness needs the system call pidfd_open to watch servers: {reason}; expected "
            f"Linux 5.3 or newer; in a container, update its runtime, or run it with "
            f"--security-opt seccomp=unconfined"
        ) from None


def _check_writable(folder: Path, purpose: str) -> None:
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        room = os.statvfs(folder)
        # Some file systems, btrfs for one, count no inodes.
        if room.f_files and not room.f_ffree:
            raise MachineUnsuitable(
                f"X servers cannot {purpose} in {folder}: its file system has no inode left for a "
                f"new file; remove files there"
            )
        return
    try:
        status = folder.stat()
        read_only = os.statvfs(folder).f_flag & os.ST_RDONLY
    except OSError as error:
        found = error.strerror or str(error)
    else:
        # The owner by number: it may have no name.
        found = f"owner uid {status.st_uid}, mode {stat.filemode(status.st_mode)}"
        found += ", on a file system that is mounted read-only" if read_only else ""
    raise MachineUnsuitable(
        f"X servers cannot {purpose} in {folder} ({found}); expected a folder that uid "
        f"{os.geteuid()} can write: mount it read-write, or as root: chmod 1777 {folder}"
    )
