# SPDX-License-Identifier: MIT
"""How large a server is."""

from pathlib import Path
from resource import getpagesize


def address_space(pid):
    """That of a process of this machine (bytes)."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * getpagesize()


def open_descriptors(pid):
    """How many descriptors a process of this machine has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))
