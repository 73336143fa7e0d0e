# SPDX-License-Identifier: MIT
"""The folder of all nights: the earlier ones, what is kept of them, and a lock."""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from harness.errors import HarnessError
from harness.nightly.night import night as night_file
from harness.nightly.night import plan as plan_file
from harness.nightly.night.night import Night, read_night
from harness.nightly.night.plan import NightPlan, read_plan
from harness.results.file_format import RunFileError
from harness.results.run import Run, TestResult
from harness.results.run_file import NAME as RUN_NAME
from harness.results.run_file import read_run, write_run

JOBS, BUILDS, RESULTS, SCRIPTS = "jobs", "builds", "results", "scripts"
"""Folders in the folder of a night; RESULTS is what the runs of its jobs are merged into."""

SUMMARY = "summary.md"

_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")
_LOCK = ".lock"
_KEPT = (night_file.NAME, plan_file.NAME, SUMMARY, RESULTS)


class NightsError(HarnessError):
    """The folder of nights cannot be used."""


@dataclass(frozen=True)
class PastNight:
    """A night that is over, and what its runs found together."""

    folder: Path
    night: Night

    @cached_property
    def run(self) -> Run:
        """Raises RunFileError."""
        return read_run(self.folder / RESULTS)

    @property
    def plan(self) -> NightPlan:
        """Raises PlanError, RunFileError."""
        return read_plan(self.folder)


class Nights:
    """The nights below ``folder``, each in a folder that is named by its id."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def locked(self) -> Iterator[None]:
        """No other process has a night here meanwhile.  Raises NightsError."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.folder / _LOCK, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC)
        except OSError as error:
            raise NightsError(
                f"the folder of nights {self.folder}: {error.strerror}; name another one: "
                f"nights = DIR in [night], or --nights DIR"
            ) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise NightsError(
                f"another process has a night in {self.folder}: wait for its end, or name another "
                f"folder: --nights DIR"
            ) from None
        finally:
            os.close(descriptor)

    def before(self, night: str) -> tuple[list[PastNight], list[str]]:
        """The nights that ended before ``night`` began, the oldest first; what cannot be read."""
        found, unreadable = [], []
        for folder in self._folders():
            if folder.name >= night or not (folder / night_file.NAME).exists():
                continue
            try:
                past = PastNight(folder, read_night(folder))
                # One whose results are lost says nothing of any test.
                assert past.run is not None
            except RunFileError as error:
                unreadable.append(f"the night {folder.name} counts no more: {error}")
                continue
            found.append(past)
        return found, unreadable

    def unfinished(self) -> Path | None:
        """The folder of the night that began last, if it has no verdict yet."""
        folders = self._folders()
        last = folders[-1] if folders else None
        return last if last is not None and not (last / SUMMARY).exists() else None

    def file(self, night: Path) -> None:
        """Keep of the night in the folder ``night``, which is elsewhere, what later ones need."""
        plan = read_plan(night)
        place = self.folder / plan.id
        if place.resolve() == night.resolve():
            return
        beside = self.folder / f".{plan.id}.{os.getpid()}.tmp"
        try:
            beside.mkdir(parents=True)
            for name in (night_file.NAME, plan_file.NAME, SUMMARY):
                shutil.copyfile(night / name, beside / name)
            write_run(beside / RESULTS, thinned(read_run(night / RESULTS)))
            if place.exists():
                shutil.rmtree(place)
            beside.rename(place)
        finally:
            shutil.rmtree(beside, ignore_errors=True)

    def prune(self, keep: int, keep_evidence: int) -> None:
        """Of older nights delete the evidence and pages, of still older ones all."""
        folders = [one for one in self._folders() if (one / night_file.NAME).exists()]
        for folder in folders[:-keep]:
            shutil.rmtree(folder, ignore_errors=True)
        for folder in folders[-keep:-keep_evidence]:
            _thin(folder)

    def _folders(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return sorted(one for one in self.folder.iterdir() if _ID.fullmatch(one.name))


def thinned(run: Run) -> Run:
    """What later nights need of ``run``: outcomes, causes and durations."""
    return replace(run, tests=tuple(map(_thinned, run.tests)))


def _thinned(test: TestResult) -> TestResult:
    attempts = tuple(replace(one, files={}) for one in test.attempts)
    return replace(test, frames=(), files={}, observations={}, command="", attempts=attempts)


def _thin(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name not in _KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    results = folder / RESULTS
    others = [path for path in results.iterdir() if path.name != RUN_NAME]
    if not others:
        return
    try:
        write_run(results, thinned(read_run(results)))
    except RunFileError:
        return
    for path in others:
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
