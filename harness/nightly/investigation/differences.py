# SPDX-License-Identifier: MIT
"""What has changed between two nights: commits, packages, goldens."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.results.run import Run, ServerIdentity

_COMMITS_SHOWN = 50
_GIT_SECONDS = 30.0
_NONE = "none"


@dataclass(frozen=True, slots=True)
class NightChange:
    """One thing that is another one now: ``what`` it is, ``before`` and ``now``."""

    what: str
    before: str
    now: str

    def __str__(self) -> str:
        return f"{self.what}: {self.before} -> {self.now}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NightDifferences:
    """What differs from the last good night.

    ``server_commits`` and ``suite_commits`` are those in between, in one line each; ``goldens`` the
    files of the golden folder that changed.  ``unknown`` says what could not be compared, and why.
    """

    servers: tuple[NightChange, ...] = ()
    packages: tuple[NightChange, ...] = ()
    server_commits: tuple[str, ...] = ()
    suite_commits: tuple[str, ...] = ()
    goldens: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def differences_between(
    good: Run,
    now: Run,
    *,
    servers: Sequence[str],
    suites: Path,
    repositories: Mapping[str, Path],
    goldens: str = "golden",
) -> NightDifferences:
    """What differs between the runs, of these ``servers``.

    ``suites`` is the folder of the tests, ``repositories`` have the sources of servers by name;
    ``goldens`` is the folder of goldens, relative to ``suites``.
    """
    unknown: list[str] = []
    commits: list[str] = []
    changed: list[NightChange] = []
    for name in servers:
        before, after = good.servers.get(name), now.servers.get(name)
        if before is None or after is None:
            unknown.append(f"{name}: the last good night has not judged it")
            continue
        changed += _of_server(before, after)
        if before.commit != after.commit:
            commits += _log(repositories.get(name), before.commit, after.commit)
    old, new = good.suites.get("commit", ""), now.suites.get("commit", "")
    if not old or not new:
        unknown.append("suites: they are not in a git repository, or an old release judged")
    for run, when in ((good, "then"), (now, "now")):
        if run.suites.get("changed"):
            unknown.append(f"suites: {when} they had changes that are in no commit")
    packages = _of_packages(good, now)
    if not good.packages or not now.packages:
        unknown.append("packages: an old release of xharness judged, which does not keep them")
        packages = _changed("", good.versions, now.versions)
    same = not old or not new or old == new
    return NightDifferences(
        servers=tuple(changed),
        packages=tuple(packages),
        server_commits=tuple(commits),
        suite_commits=() if same else tuple(_log(suites, old, new)),
        goldens=() if same else tuple(_changed_files(suites, old, new, goldens)),
        unknown=tuple(unknown),
    )


def _of_server(before: ServerIdentity, now: ServerIdentity) -> list[NightChange]:
    fields = ("version", "package", "commit", "wrapper")
    pairs = [(name, getattr(before, name), getattr(now, name)) for name in fields]
    return [
        NightChange(f"{now.name} {name}", old or _NONE, new or _NONE)
        for name, old, new in pairs
        if old != new
    ]


def _of_packages(before: Run, now: Run) -> list[NightChange]:
    found: list[NightChange] = []
    for manager in sorted(before.packages.keys() | now.packages.keys()):
        old, new = before.packages.get(manager, {}), now.packages.get(manager, {})
        found += _changed(f"{manager} ", old, new)
    old_machine, new_machine = dict(before.machine), dict(now.machine)
    return found + _changed("machine ", old_machine, new_machine)


def _changed(prefix: str, old: Mapping[str, str], new: Mapping[str, str]) -> list[NightChange]:
    return [
        NightChange(f"{prefix}{name}", old.get(name, _NONE), new.get(name, _NONE))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]


def _log(repository: Path | None, old: str, new: str) -> list[str]:
    """The commits from ``old`` to ``new``, the newest first; none where that is not known."""
    if repository is None or not old or not new:
        return []
    lines = _git(repository, "log", "--oneline", f"-{_COMMITS_SHOWN + 1}", f"{old}..{new}")
    if len(lines) > _COMMITS_SHOWN:
        count = _git(repository, "rev-list", "--count", f"{old}..{new}")
        lines[_COMMITS_SHOWN:] = [f"... {int(count[0]) - _COMMITS_SHOWN} more"]
    return lines


def _changed_files(repository: Path, old: str, new: str, folder: str) -> list[str]:
    return _git(repository, "diff", "--name-only", f"{old}..{new}", "--", folder)


def _git(repository: Path, *words: str) -> list[str]:
    try:
        done = subprocess.run(
            ["git", "-C", str(repository), *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_GIT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [] if done.returncode else done.stdout.splitlines()
