# SPDX-License-Identifier: MIT
"""Builds in words, and how much of the disk they take."""

from pathlib import Path
from typing import TYPE_CHECKING

from harness.inputs import printable

if TYPE_CHECKING:
    from harness.nightly.builds.cache import Built


def described(built: "Built") -> str:
    """What was built, of what, and its size."""
    record = built.record
    kinds = [kind for kind in record.kinds if kind not in record.lacks]
    size = megabytes(used_bytes(built.folder.parent))
    return f"{record.version} {record.origin}: {', '.join(kinds)} ({size})"


def print_lacks(name: str, built: "Built") -> None:
    """Print the kinds of ``built`` that cannot be judged, and why."""
    for kind, reason in built.record.lacks.items():
        print(printable(f"{name}: {kind} cannot be judged: {reason}"), flush=True)


def used_bytes(folder: Path) -> int:
    """Bytes that ``folder`` takes of the disk."""
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*"))


def megabytes(size: int) -> str:
    """``size`` bytes in words."""
    return f"{size / 1e6:.0f} MB"
