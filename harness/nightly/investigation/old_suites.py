# SPDX-License-Identifier: MIT
"""The suites of an earlier night: a checkout of that commit, beside the user's own."""

import subprocess
import sys
from pathlib import Path

from harness.errors import HarnessError
from harness.nightly.sessions.session import Suites


class NoOldSuites(HarnessError):
    """The suites of an earlier night cannot be had."""


def suites_in(folder: Path) -> Suites:
    """The suites in ``folder``, with the Python of its own environment if it has one."""
    own = folder / ".venv/bin/python"
    return Suites(str(folder), str(own) if own.exists() else sys.executable)


def suites_of(repository: Path, commit: str, below: Path) -> Suites:
    """The suites of ``repository`` as ``commit`` has them, in a folder ``below`` that is made once.

    The repository and its work tree stay as they are.  Raises NoOldSuites.
    """
    folder = below / f"suites-{commit[:12]}"
    if not (folder / ".whole").exists():
        place = str(folder)
        _git("clone", "--quiet", "--shared", "--no-checkout", "--", str(repository), place)
        _git("-C", place, "checkout", "--quiet", "--detach", "--force", commit)
        (folder / ".whole").touch()
    return Suites(str(folder), commit=commit)


def _git(*words: str) -> None:
    try:
        done = subprocess.run(
            ["git", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise NoOldSuites("git not found on PATH, which has the suites of earlier nights") from None
    if done.returncode:
        raise NoOldSuites(f"the suites of the last good night: {done.stderr.strip()}")
