# SPDX-License-Identifier: MIT
"""The history of a repository: its commits, and ``git bisect`` in a repository beside it."""

import os
import re
import subprocess
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import HarnessError

_BY_BISECT = re.compile(r"^# (?:possible )?first bad commit: \[([0-9a-f]+)\]", re.MULTILINE)
OWN_SEARCH, SAID_TO = "BISECT_BY_XHARNESS", 9
"""In a search of ours, which the variable tells, a step says what it does on this descriptor."""

_SEARCH = f'exec git --git-dir "$0" bisect run "$1" {SAID_TO}>&2 2>&1'
_FIELDS = "%H%x00%an <%ae>%x00%aI%x00%s%x00%b"


class HistoryError(HarnessError):
    """A commit or a repository is not as a bisection needs it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitDetails:
    """A commit as a person names it; ``changes`` is its diffstat, ``date`` as in RFC 3339."""

    commit: str
    author: str
    date: str
    subject: str
    body: str = ""
    changes: str = ""

    def __str__(self) -> str:
        return f"{self.commit[:12]} {self.subject}"


class CommitHistory:
    """The commits that the git directory ``folder`` knows."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def beside(cls, commits: Path, folder: Path) -> "CommitHistory":
        """A bare repository in ``folder`` that reads the commits of the one in ``commits``.

        Nothing is written there.  Raises HistoryError.
        """
        if not (folder / "HEAD").exists():
            words = ["clone", "--quiet", "--bare", "--shared", "--", str(commits), str(folder)]
            done = _git(words)
            if done.returncode:
                raise HistoryError(f"{commits}: expected a git repository: {_said(done)}")
        return cls(folder)

    def between(self, good: str, bad: str) -> int:
        """How many commits are in ``bad`` and not in ``good``."""
        return int(self._run("rev-list", "--count", bad, f"^{good}"))

    def details(self, commit: str) -> CommitDetails:
        """Author, date, subject and diffstat of the commit."""
        fields = self._run("show", "--no-patch", f"--format={_FIELDS}", commit).split("\0")
        changes = self._run("show", "--format=", "--stat=100", commit)
        name, author, date, subject, body = fields
        return CommitDetails(
            commit=name,
            author=author,
            date=date,
            subject=subject,
            body=body.strip(),
            changes=changes.strip("\n"),
        )

    def search(self, good: str, bad: str, step: Path, log: Path) -> list[str]:
        """``git bisect run`` with the program ``step``: the commits that may be the first bad one.

        What git prints goes to ``log``, what the steps say on standard error to our own.  Raises
        HistoryError when git finds none, and KeyboardInterrupt when a step was interrupted.
        """
        self._run("bisect", "reset", check=False)
        # git wants to know where it may go back to.
        self._run("update-ref", "--no-deref", "HEAD", bad)
        self._run("bisect", "start", "--no-checkout", bad, good)
        with log.open("wb") as output:
            done = subprocess.run(
                ["sh", "-c", _SEARCH, str(self._folder), str(step)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                env=_environment() | {OWN_SEARCH: "1"},
                check=False,
            )
        found: list[str] = _BY_BISECT.findall(self._run("bisect", "log"))
        if not found:
            last = "\n".join(log.read_text("utf-8", "replace").strip().splitlines()[-5:])
            raise HistoryError(
                f"git bisect run ended with status {done.returncode} and names no commit; "
                f"the last lines of {log}:\n{last}"
            )
        return found

    def midpoints(self, known: Collection[str], wanted: int) -> list[str]:
        """The commits that git will ask for next, as far as the verdicts to come are not known.

        They are at most ``wanted``, without those that are ``known``: the first is the next one,
        then come those of both its verdicts, and so on.
        """
        refs = self._run("for-each-ref", "--format=%(refname) %(objectname)", "refs/bisect/")
        marks = [line.split() for line in refs.splitlines()]
        good = [commit for name, commit in marks if "/good-" in name]
        bad = next((commit for name, commit in marks if name.endswith("/bad")), "")
        skipped = {commit for name, commit in marks if "/skip-" in name}
        found: list[str] = []
        waiting: list[tuple[str, list[str]]] = [(bad, good)] if bad else []
        while waiting and len(found) < wanted:
            worst, best = waiting.pop(0)
            middle = self._middle(worst, best, skipped)
            if middle is None:
                continue
            if middle not in known and middle not in found:
                found.append(middle)
            waiting += [(middle, best), (worst, [*best, middle])]
        return found

    def _middle(self, bad: str, good: Sequence[str], skipped: Collection[str]) -> str | None:
        """The commit that halves what is between; None if only ``bad`` is left."""
        ends = (bad, *(f"^{one}" for one in good))
        if not skipped:
            # As git bisect chooses; --bisect itself would add the ends of the search that runs.
            variables = self._run("rev-list", "--bisect-vars", *ends)
            found = re.search(r"^bisect_rev='([0-9a-f]+)'", variables, re.MULTILINE)
            return found[1] if found is not None and found[1] != bad else None
        lines = self._run("rev-list", "--bisect-all", *ends).splitlines()
        commits = [line.split()[0] for line in lines]
        return next((one for one in commits if one != bad and one not in skipped), None)

    def _run(self, *words: str, check: bool = True) -> str:
        done = _git(["--git-dir", str(self._folder), *words])
        if check and done.returncode:
            raise HistoryError(f"git {words[0]} in {self._folder}: {_said(done)}")
        return done.stdout


def _git(words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["git", *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env=_environment(),
            check=False,
        )
    except FileNotFoundError:
        raise HistoryError(
            "git not found on PATH, which a bisection needs (Debian: apt-get install git)"
        ) from None


def _environment() -> dict[str, str]:
    """Without the variables of a hook, which would name another repository; in English."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**kept, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}


def _said(done: subprocess.CompletedProcess[str]) -> str:
    return done.stderr.strip() or done.stdout.strip() or f"git ended with status {done.returncode}"
