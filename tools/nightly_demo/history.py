# SPDX-License-Identifier: MIT
"""A bare repository of the distribution's X server, with 30 commits of which two plant faults."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.errors import HarnessError

COMMITS = 30
BRANCH = "main"

_DAY = 24 * 3600
_BEGIN = 1_767_225_600
"""The first commit is of 2026-01-01: the same sources give the same names of commits."""


class DemoError(HarnessError):
    """The demonstration cannot be given, or did not show what it should."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of one file: in each pair the second text for the first, which is there once."""

    subject: str
    file: str
    changes: tuple[tuple[str, str], ...]


FAULTS = {
    11: Edit(
        "present: compute the target of a divisor in one step",
        "present/present.c",
        (("(crtc_msc % divisor) + remainder;", "(crtc_msc % divisor);"),),
    ),
    23: Edit(
        "randr: order the ways to change a property",
        "randr/rrproperty.c",
        (
            ("case PropModeAppend:", "case  PropModePrepend:"),
            ("case PropModePrepend:", "case PropModeAppend:"),
        ),
    ),
}
"""The faulty commits by their number, from 1."""

_TOUCHED = (
    *("present/present_event.c", "randr/rrmonitor.c", "composite/compwindow.c"),
    *("present/present_fence.c", "randr/rrmode.c", "damageext/damageext.c"),
    *("present/present_notify.c", "randr/rrtransform.c", "hw/vfb/InitOutput.c"),
)
"""Files that harmless commits change, in turn."""


def make_history(source: Path, bare: Path) -> list[str]:
    """Commit the sources in ``source``, which is used up; the names of all commits.

    ``bare`` is the new repository, whose branch stands at the last one.
    Raises DemoError where the sources are not those that the faults fit.
    """
    git = GitRepository(source)
    git("init", "--quiet", f"--initial-branch={BRANCH}")
    commits = [git.commit("Import of the distribution's sources", 0)]
    for number in range(2, COMMITS + 1):
        edit = FAULTS.get(number)
        subject = _edited(source, edit) if edit else _touched(source, number)
        commits.append(git.commit(subject, number))
    git("clone", "--quiet", "--bare", ".", str(bare.absolute()))
    shutil.rmtree(source)
    return commits


@dataclass(frozen=True, slots=True)
class GitRepository:
    """A git repository."""

    folder: Path

    def __call__(self, *words: str, **variables: str) -> str:
        """What ``git`` prints.  Raises DemoError when it fails."""
        done = subprocess.run(
            ["git", "-C", self.folder, *words],
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise DemoError(f"git {' '.join(words)} failed: {done.stderr.strip()}")
        return done.stdout.strip()

    def commit(self, subject: str, day: int = 0) -> str:
        """Commit all that changed; the name of the commit."""
        self("add", "--all", "--force")
        who = dict(_identity(_BEGIN + day * _DAY))
        self("commit", "--quiet", "--no-verify", "-m", subject, **who)
        return self("rev-parse", "HEAD")


def _identity(time: int) -> Iterator[tuple[str, str]]:
    for role in ("AUTHOR", "COMMITTER"):
        yield f"GIT_{role}_NAME", "A Developer"
        yield f"GIT_{role}_EMAIL", "developer@example.org"
        yield f"GIT_{role}_DATE", f"{time} +0000"


def _edited(source: Path, edit: Edit) -> str:
    path = source / edit.file
    text = path.read_text("latin-1")
    for old, new in edit.changes:
        if text.count(old) != 1:
            raise DemoError(
                f"{edit.file}: expected {old!r} once, got it {text.count(old)} times: the sources "
                f"are of a release that the demonstration does not know"
            )
        text = text.replace(old, new)
    path.write_text(text, "latin-1")
    return edit.subject


def _touched(source: Path, number: int) -> str:
    name = _TOUCHED[number % len(_TOUCHED)]
    path = source / name
    text = path.read_text("latin-1")
    path.write_text(f"{text}\n/* Reviewed, part {number}. */\n", "latin-1")
    return f"{name.partition('/')[0]}: say that {Path(name).name} was reviewed (part {number})"
