# SPDX-License-Identifier: MIT
"""What stands behind a file descriptor, as far as the system says it."""

import os
import stat
from pathlib import Path

from harness.recordings.recording import DescriptorKind

_FENCES = ("anon_inode:sync_file", "anon_inode:syncobj_file", "/memfd:xshmfence")
_BUFFERS = ("/dmabuf:", "anon_inode:dmabuf")


def describe(fd: int) -> tuple[DescriptorKind, int]:
    """The kind of what ``fd`` stands for, and the size of memory (bytes), 0 where there is none."""
    state, name = os.fstat(fd), str(Path(f"/proc/self/fd/{fd}").readlink())
    size = state.st_size if stat.S_ISREG(state.st_mode) else 0
    if name.startswith(_FENCES):
        return DescriptorKind.FENCE, size
    if name.startswith(_BUFFERS):
        return DescriptorKind.BUFFER, 0
    return (DescriptorKind.MEMORY, size) if size else (DescriptorKind.OTHER, 0)
