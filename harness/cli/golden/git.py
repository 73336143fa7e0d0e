# SPDX-License-Identifier: MIT
"""Whether git could bring back what a command overwrites or deletes."""

import subprocess
from pathlib import Path

from harness.errors import HarnessError

_SHOWN = 5
"""How many changed files an error names."""


def require_clean(folder: Path) -> None:
    """Raise HarnessError unless every file in ``folder`` is as git has it."""
    if not any(folder.rglob("*.png")):
        return
    command = ["git", "status", "--porcelain", "--untracked-files=all", "--ignored", "--", "."]
    try:
        done = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        problem = done.stderr.strip() if done.returncode else ""
    except FileNotFoundError:
        problem = "git is not installed"
    if problem:
        raise HarnessError(
            f"{folder} is not in a git repository, which would keep what is overwritten: {problem}"
        )
    changed = done.stdout.splitlines()
    if changed:
        more = f"\n  and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
        raise HarnessError(
            f"{folder} has changes that git does not have; commit or restore them first:\n  "
            + "\n  ".join(changed[:_SHOWN])
            + more
        )
