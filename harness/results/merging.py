# SPDX-License-Identifier: MIT
"""One run made of several: the shards of a suite, or runs on several machines."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path, PurePosixPath

from harness.errors import HarnessError
from harness.results.folder import Results, new_session
from harness.results.run import Ended, Outcome, Run, ServerIdentity, TestResult, UsedLine
from harness.results.run_file import read_run, write_run
from harness.results.run_files import RunFiles
from harness.results.shards.joining import joined, lacking

_ENDINGS = (Ended.FINISHED, Ended.INTERRUPTED, Ended.BROKEN_OFF)
"""From the best to the worst."""


class MergeError(HarnessError):
    """These runs are not parts of one."""


def merge(paths: Sequence[Path], folder: Path) -> Run:
    """The run that those of ``paths`` make together, written into ``folder`` with their files.

    Raises RunFileError, MergeError, NotOneSuite, ResultsError for a folder of other files, OSError.
    """
    runs = [read_run(path) for path in paths]
    sources = [path if path.is_dir() else path.parent for path in paths]
    for source in sources:
        # The folder is emptied before it is written.
        if source.resolve().is_relative_to(folder.resolve()):
            what = "is" if source.resolve() == folder.resolve() else "holds"
            raise MergeError(
                f"{folder} {what} one of the runs to merge; name another folder to write into"
            )
    merged, owners = merge_runs(runs)
    for test in merged.tests:
        _check_files(test, sources[owners[test.id]])
    results = Results(folder)
    results.clear()
    try:
        found = [RunFiles(source) for source in sources]
        tests = [_copied(test, found[owners[test.id]], folder) for test in merged.tests]
        merged = replace(merged, tests=tuple(tests))
        write_run(folder, merged)
    finally:
        results.close()
    return merged


def merge_runs(runs: Sequence[Run]) -> tuple[Run, Mapping[str, int]]:
    """``runs`` as one, and for each test by its id which of them its verdict is of.

    Of a test that several runs have, a verdict counts more than none, a flaky one more than
    another, a bad one most, and else the first: what failed once has failed.
    Raises MergeError when runs judge different servers by one name, NotOneSuite for shards of
    different suites.
    """
    shard = joined(runs)
    found: dict[str, TestResult] = {}
    owners: dict[str, int] = {}
    began = min(_time(run) for run in runs)
    for number, run in enumerate(runs):
        later = _time(run) - began
        for test in run.tests:
            if test.id not in found or _weight(test) > _weight(found[test.id]):
                found[test.id] = replace(test, started=round(test.started + later, 3))
                owners[test.id] = number
    first = min(runs, key=_time)
    notes = [
        f"{run.id}: {note}"
        for run in runs
        for note in run.notes
        # What a merge of some shards lacked, that of all may have.
        if note not in lacking(run.shard, run.tests)
    ]
    merged = Run(
        id=new_session(Path()).name,
        started=first.started,
        seconds=round(max(_time(run) - began + run.seconds for run in runs), 3),
        complete=all(run.complete for run in runs),
        ended=max((run.ended for run in runs), key=_ENDINGS.index),
        command=first.command if len({run.command for run in runs}) == 1 else (),
        versions=_joined(run.versions for run in runs),
        machine=_joined(run.machine for run in runs),
        packages={
            manager: _joined(run.packages.get(manager, {}) for run in runs)
            for manager in dict.fromkeys(name for run in runs for name in run.packages)
        },
        suites=_joined(run.suites for run in runs),
        seed=", ".join(dict.fromkeys(run.seed for run in runs if run.seed)),
        notes=tuple(dict.fromkeys([*notes, *lacking(shard, found.values())])),
        shards=tuple(dict.fromkeys(shard for run in runs for shard in run.shards or (run.id,))),
        expectations=_lines(runs),
        shard=shard,
        servers=_servers(runs),
        tests=tuple(found.values()),
    )
    return merged, owners


def _weight(test: TestResult) -> int:
    if test.outcome is Outcome.NOT_FINISHED:
        return 0
    if test.outcome is Outcome.FLAKY:
        return 2
    return 3 if test.outcome.bad else 1


def _time(run: Run) -> float:
    """Seconds of the epoch.  Raises MergeError."""
    try:
        return datetime.fromisoformat(run.started).timestamp()
    except (ValueError, OverflowError):
        raise MergeError(
            f"the run {run.id} started at {run.started!r}; expected a time such as "
            f"2026-11-29T14:23:01Z"
        ) from None


def _joined(all_values: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """What all say of a key, each thing once."""
    found: dict[str, dict[str, None]] = {}
    for values in all_values:
        for key, value in values.items():
            found.setdefault(key, {})[value] = None
    return {key: ", ".join(values) for key, values in found.items()}


def _lines(runs: Sequence[Run]) -> tuple[UsedLine, ...]:
    """The lines of all runs; a shard has collected all tests, runs on other servers have others."""
    found: dict[tuple[str, str], UsedLine] = {}
    for line in (line for run in runs for line in run.expectations):
        before = found.setdefault((line.place, line.text), line)
        counts = [one.tests for one in (before, line) if one.tests is not None]
        found[line.place, line.text] = replace(before, tests=max(counts, default=None))
    return tuple(found.values())


def _servers(runs: Sequence[Run]) -> dict[str, ServerIdentity]:
    found: dict[str, ServerIdentity] = {}
    for run in runs:
        for name, server in run.servers.items():
            before = found.setdefault(name, server)
            # The program may lie elsewhere on another machine.
            if replace(before, program="") != replace(server, program=""):
                raise MergeError(
                    f"{name} is {_named(before)} in one run and {_named(server)} in {run.id}: "
                    f"expected one server; compare them, or make a table of them"
                )
    return found


def _named(server: ServerIdentity) -> str:
    origin = server.package or server.commit
    return " ".join(filter(None, (server.vendor, server.version, origin, server.wrapper)))


def _check_files(test: TestResult, source: Path) -> None:
    """Raise MergeError for a file outside of its run: a results file may come from anywhere."""
    pictures = (file for frame in test.frames for file in frame.pictures.values())
    earlier = (file for attempt in test.attempts for file in attempt.files.values())
    for file in (*test.files.values(), *pictures, *earlier):
        path = PurePosixPath(file)
        if path.is_absolute() or ".." in path.parts:
            raise MergeError(f"{source} names the file {file!r}; expected one below its own folder")


def _copied(test: TestResult, source: RunFiles, folder: Path) -> TestResult:
    """``test`` with those of its files that are there, which are in ``folder`` now."""

    def copied(files: Mapping[str, str]) -> dict[str, str]:
        return {name: file for name, file in files.items() if _copy(file, source, folder)}

    return replace(
        test,
        files=copied(test.files),
        frames=tuple(replace(one, pictures=copied(one.pictures)) for one in test.frames),
        attempts=tuple(replace(one, files=copied(one.files)) for one in test.attempts),
    )


def _copy(file: str, source: RunFiles, folder: Path) -> bool:
    """Whether ``file``, relative to both folders, is in ``folder`` now."""
    place = source.find(file)
    if place is None:
        return False
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    if place.is_dir():
        shutil.copytree(place, folder / file, dirs_exist_ok=True, ignore=_no_plain_files)
    else:
        shutil.copyfile(place, folder / file)
    return True


def _no_plain_files(folder: str, names: list[str]) -> list[str]:
    """What is not to be copied from a folder of a run: links, pipes, devices."""
    files = RunFiles(Path(folder))
    return [name for name in names if files.find(name) is None]
