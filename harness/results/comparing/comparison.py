# SPDX-License-Identifier: MIT
"""What differs between runs: verdicts, observations, frames, durations."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.errors import HarnessError
from harness.results.comparing.parting import parting
from harness.results.run import FrameResult, Outcome, Run, TestResult
from harness.results.test_names import with_server
from harness.timeline.record import Timeline

ABSENT = ""
"""In place of the outcome of a test that a run does not have."""

SLOWER_BY = 0.1
"""Seconds: what is less is noise."""


_GOOD = (Outcome.PASSED, Outcome.UNEXPECTED_PASS)


class CompareError(HarnessError):
    """These runs cannot be compared."""


@dataclass(frozen=True, slots=True)
class Column:
    """A run, or what it found on one server: ``server`` is empty for all."""

    run: str
    server: str = ""
    title: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """A test, and a value of it for each column in words, empty where there is none.

    ``what`` is the observation or the frame, ``message`` the last failure.
    """

    test: str
    values: tuple[str, ...]
    what: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunComparison:
    """How the last of the ``columns`` differs from those before.

    ``regressions`` are bad now and were not in all before, ``fixes`` pass now and did not in all
    before, ``excused`` ones fail as before and are expected now, ``flakes`` failed now and passed
    on a fresh server; ``changed`` verdicts are none of these.
    ``new`` tests are not in the first run, ``gone`` ones not in the last.  ``slower`` has seconds.
    ``partings`` have the first entry at which the timelines of a test part.
    """

    columns: tuple[Column, ...]
    regressions: tuple[Row, ...] = ()
    fixes: tuple[Row, ...] = ()
    excused: tuple[Row, ...] = ()
    flakes: tuple[Row, ...] = ()
    changed: tuple[Row, ...] = ()
    new: tuple[Row, ...] = ()
    gone: tuple[Row, ...] = ()
    slower: tuple[Row, ...] = ()
    observations: tuple[Row, ...] = ()
    frames: tuple[Row, ...] = ()
    partings: tuple[Row, ...] = ()


Tests = Mapping[str, TestResult]
Timelines = Callable[[int, TestResult], Timeline | None]
"""The timeline of a test in the run with this number, None where it was not kept."""


def compare_runs(
    runs: Sequence[Run],
    servers: Sequence[str] = (),
    *,
    slower: float = 2.0,
    timelines: Timelines = lambda run, test: None,
) -> RunComparison:
    """Compare the tests of ``runs``, in their order.

    With ``servers`` the columns are what each run found on each of them, and tests are the same
    when they differ by the server alone; so they are where runs have no test in common and each
    judges one server.  A test is slower that takes ``slower`` times as long, and SLOWER_BY more.
    Raises CompareError for a server that is in no run, and for fewer than two columns.
    """
    columns, tables, owners = _columns(runs, servers)
    names = sorted({name for table in tables for name in table})
    kinds = ("regressions", "fixes", "excused", "flakes", "changed", "new", "gone", "slower")
    found: dict[str, list[Row]] = {kind: [] for kind in kinds}
    observations: list[Row] = []
    frames: list[Row] = []
    partings: list[Row] = []
    for name in names:
        results = [table.get(name) for table in tables]
        present = [result for result in results if result is not None]
        row = Row(
            name,
            tuple(ABSENT if result is None else str(result.outcome) for result in results),
            message=next((one.message for one in reversed(present) if _failed(one)), ""),
        )
        if (kind := _kind(results)) is not None:
            found[kind].append(row)
        if len(present) < 2:
            continue
        seconds = [
            None if one is None or one.outcome is Outcome.SKIPPED else one.durations.whole
            for one in results
        ]
        if _slower([one for one in seconds if one is not None], slower):
            took = tuple("" if one is None else f"{one:.2f}" for one in seconds)
            found["slower"].append(Row(name, took))
        observations += _differing(name, results, lambda result: result.observations)
        frames += _differing(name, results, _frames)
        kept = [
            None if one is None else timelines(owner, one)
            for owner, one in zip(owners, results, strict=True)
        ]
        partings += _parting(name, kept)
    return RunComparison(
        columns=tuple(columns),
        **{kind: tuple(rows) for kind, rows in found.items()},
        observations=tuple(observations),
        frames=tuple(frames),
        partings=tuple(partings),
    )


def _parting(test: str, timelines: Sequence[Timeline | None]) -> list[Row]:
    """Where the first and the last timeline that were kept part, if they do."""
    kept = [number for number, timeline in enumerate(timelines) if timeline is not None]
    if len(kept) < 2:
        return []
    first, last = timelines[kept[0]], timelines[kept[-1]]
    assert first is not None
    assert last is not None
    found = parting(first, last)
    if found is None:
        return []
    values = [""] * len(timelines)
    values[kept[0]], values[kept[-1]] = found.first, found.second
    return [Row(test, tuple(values))]


def _columns(
    runs: Sequence[Run], servers: Sequence[str]
) -> tuple[list[Column], list[Tests], list[int]]:
    """The columns, the tests of each by their names, and the number of its run."""
    columns: list[Column] = []
    tables: list[Tests] = []
    owners: list[int] = []
    for server in servers:
        if not any(server in _judged(run) for run in runs):
            known = ", ".join(sorted({name for run in runs for name in _judged(run)}))
            raise CompareError(f"no run judges {server}; they judge {known or 'no server'}")
    if not servers and len(runs) > 1 and not _any_common(runs):
        single = [_judged(run) for run in runs]
        if all(len(names) == 1 for names in single):
            for number, (run, names) in enumerate(zip(runs, single, strict=True)):
                _add(columns, tables, run, names[0])
                owners.append(number)
            return columns, tables, owners
    for number, run in enumerate(runs):
        for server in servers or ("",):
            if not server or server in _judged(run):
                _add(columns, tables, run, server)
                owners.append(number)
    if len(columns) < 2:
        raise CompareError(
            "there is one thing only to compare; name two runs, or two servers of one: "
            "--server xvfb --server xephyr"
        )
    return columns, tables, owners


def _add(columns: list[Column], tables: list[Tests], run: Run, server: str) -> None:
    tests = [test for test in run.tests if not server or test.server == server]
    counts: dict[str, int] = {}
    for test in tests:
        counts[str(test.outcome)] = counts.get(str(test.outcome), 0) + 1
    identity = run.servers.get(server)
    version = f" {identity.version}" if identity and identity.version else ""
    title = f"{server}{version} in {run.id}" if server else run.id
    columns.append(Column(run.id, server, title, counts, run.complete))
    tables.append({with_server(test.id, server): test for test in tests})


def _judged(run: Run) -> list[str]:
    return list(dict.fromkeys(test.server for test in run.tests if test.server))


def _any_common(runs: Sequence[Run]) -> bool:
    first, *others = ({test.id for test in run.tests if test.server} for run in runs)
    return bool(first.intersection(*others))


def _kind(results: Sequence[TestResult | None]) -> str | None:
    """What a test is; None when nothing about its verdict differs."""
    last = results[-1]
    if last is None:
        return "gone"
    if last.outcome is Outcome.FLAKY:
        return "flakes"
    if results[0] is None:
        return "new"
    outcomes = [result.outcome for result in results if result is not None]
    bad = {outcome.bad for outcome in outcomes[:-1]}
    if last.outcome.bad and False in bad:
        return "regressions"
    if True in bad and last.outcome in _GOOD:
        return "fixes"
    if True in bad and last.outcome is Outcome.EXPECTED:
        return "excused"
    return "changed" if len(set(outcomes)) > 1 else None


def _slower(seconds: Sequence[float], factor: float) -> bool:
    """Whether the last of the runs that ran a test took longer for it than the first."""
    if not seconds:
        return False
    first, last = seconds[0], seconds[-1]
    return last >= factor * first and last - first >= SLOWER_BY


def _failed(result: TestResult) -> bool:
    return result.outcome.bad or result.outcome is Outcome.FLAKY


def _differing(
    test: str,
    results: Sequence[TestResult | None],
    values: Callable[[TestResult], Mapping[str, str]],
) -> list[Row]:
    """A row for each thing that is not alike in all runs that have the test."""
    said = [values(result) if result is not None and result.judged else None for result in results]
    rows = []
    for what in dict.fromkeys(name for one in said if one is not None for name in one):
        found = [None if one is None else one.get(what, "") for one in said]
        if len({value for value in found if value is not None}) > 1:
            rows.append(Row(test, tuple(value or "" for value in found), what))
    return rows


def _frames(result: TestResult) -> dict[str, str]:
    return {frame.name: _frame(frame) for frame in result.frames}


def _frame(frame: FrameResult) -> str:
    """Equal texts are equal frames, as far as goldens and digests tell."""
    numbers = f" {frame.differing} of {frame.total} pixels" if frame.differing else ""
    return f"{frame.verdict}{numbers}{f' ({frame.digest[:12]})' if frame.digest else ''}"
