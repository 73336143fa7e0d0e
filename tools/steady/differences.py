# SPDX-License-Identifier: MIT
"""What failed and what differed between runs of the same tests."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from harness.fixtures.summary import NOT_TESTED, OBSERVED, RETRIED
from tools.steady.recorder import Outcome
from tools.steady.runner import Run

ABSENT = Outcome("not run")


def differing(runs: Sequence[Run]) -> dict[str, list[tuple[Run, Outcome]]]:
    """For each test that failed, or did not always end alike, its outcome in each run.

    A skip for another reason is a difference; that the machine was too slow to test something
    is none, as it is counted apart.
    """
    outcomes: dict[str, list[tuple[Run, Outcome]]] = defaultdict(list)
    tests = dict.fromkeys(test for run in runs for test in run.outcomes)
    for test in tests:
        for run in runs:
            if test in run.outcomes or run.whole:
                outcomes[test].append((run, run.outcomes.get(test, ABSENT)))
    return {
        test: found
        for test, found in sorted(outcomes.items())
        if len({_alike(outcome) for _, outcome in found} - {None}) > 1
        or any(outcome.bad for _, outcome in found)
    }


def _alike(outcome: Outcome) -> tuple[str, str] | None:
    """What must be the same in all runs; None for a test that a slow machine kept from testing."""
    if outcome.kind == "skipped" and outcome.reason.startswith(NOT_TESTED):
        return None
    return (outcome.kind, outcome.reason if outcome.kind in ("skipped", "xfailed") else "")


def steady(runs: Sequence[Run]) -> bool:
    """Whether every run was good and all were alike."""
    return all(run.good for run in runs) and not differing(runs)


def progress(run: Run, runs: int) -> str:
    """One line about a run that is over."""
    kinds = Counter(outcome.kind for outcome in run.outcomes.values())
    counts = [f"{len(run.outcomes)} tests"]
    counts += [f"{kinds[kind]} {kind}" for kind in ("failed", "error") if kinds[kind]]
    counts += [f"{count} {name}" for name, count in _properties([run]).items()]
    where = "" if run.good else f", kept in {run.kept}.log"
    ending = f", {run.ending}" if run.ending else ""
    said = f"{', '.join(counts)}, {run.seconds:.0f} s, seed {run.seed}"
    return f"run {run.number} of {runs}: {said}{ending}{where}"


def _properties(runs: Iterable[Run]) -> Counter[str]:
    return Counter(
        name
        for run in runs
        for outcome in run.outcomes.values()
        for name, _ in outcome.properties
        if name in (NOT_TESTED, RETRIED)
    )


def table(runs: Sequence[Run]) -> list[str]:
    """The lines to print at the end."""
    if not runs:
        return ["no run"]
    bad = [run for run in runs if not run.good]
    whole = [run for run in runs if run.whole]
    seconds = sum(run.seconds for run in runs)
    lines = [f"{_runs(len(runs))} in {seconds:.0f} s, {len(bad) or 'none'} with a failure"]
    lines += [f"run {run.number}, seed {run.seed}: {run.ending}" for run in runs if run.ending]
    sizes = Counter(len(run.outcomes) for run in whole)
    lines += [f"{size} tests in {_runs(count)}" for size, count in sizes.most_common()]
    differences = differing(runs)
    lines += _section("tests that failed or did not always end alike", _different(differences))
    lines += _section(f"{NOT_TESTED}, as the machine was too slow", _counted(runs, NOT_TESTED))
    lines += _section(f"{RETRIED}, as a frame may have been late", _counted(runs, RETRIED))
    lines += _section("observed", _observed(runs))
    lines += _section("kept", [f"{run.kept}.log" for run in bad])
    lines.append("" if differences or bad else "no failure, and no difference between runs")
    return lines


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return [f"--- {title}", *lines] if lines else []


def _different(found: dict[str, list[tuple[Run, Outcome]]]) -> list[str]:
    lines = []
    for test, outcomes in found.items():
        kinds = Counter(outcome.kind for _, outcome in outcomes)
        lines.append(f"{', '.join(f'{n} {kind}' for kind, n in kinds.most_common())}: {test}")
        usual = Counter(_alike(outcome) for _, outcome in outcomes).most_common(1)[0][0]
        shown: dict[tuple[str, str], list[Run]] = defaultdict(list)
        for run, outcome in outcomes:
            if outcome.bad or _alike(outcome) not in (usual, None):
                shown[outcome.kind, outcome.reason].append(run)
        for (kind, reason), where in shown.items():
            seeds = ", ".join(f"run {run.number} (seed {run.seed})" for run in where[:5])
            lines.append(f"    {kind} in {seeds}{' ...' if len(where) > 5 else ''}: {reason}")
    return lines


def _counted(runs: Sequence[Run], name: str) -> list[str]:
    """How often each test has the property ``name``, and the range for a whole run."""
    tests = Counter(
        test
        for run in runs
        for test, outcome in run.outcomes.items()
        for found, _ in outcome.properties
        if found == name
    )
    if not tests:
        return []
    each = [_properties([run])[name] for run in runs]
    return [
        f"{sum(each)} in all, {min(each)} to {max(each)} a run",
        *(f"    {count}: {test}" for test, count in tests.most_common()),
    ]


def _observed(runs: Sequence[Run]) -> list[str]:
    """Each thing that was observed, with the values seen and how often each."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for run in runs:
        for outcome in run.outcomes.values():
            for name, value in outcome.properties:
                if name.startswith(OBSERVED):
                    seen[name.removeprefix(OBSERVED)][value] += 1
    return [
        f"{name}: {', '.join(f'{value} ({count})' for value, count in values.most_common())}"
        for name, values in sorted(seen.items())
    ]


def _runs(count: int) -> str:
    return f"{count} {'run' if count == 1 else 'runs'}"
