# SPDX-License-Identifier: MIT
"""The history of tests as text for a terminal."""

from itertools import groupby

from harness.inputs import printable
from harness.report.runs.text import SHOWN
from harness.results.comparing.history import History, TestHistory


def history_text(history: History, shown: int = SHOWN) -> str:
    """The history with at most ``shown`` tests, 0 for all."""
    runs = history.runs
    lines = [
        f"runs      {len(runs)}, {runs[0].started} ({runs[0].run}) to "
        f"{runs[-1].started} ({runs[-1].run})",
        f"tests     {history.known}: {history.unsteady} bad in one run and not in another, "
        f"{len(history.tests) - history.unsteady} ended otherwise (skipped, flaky, ...)",
        *(f"note      {run.run} is not complete" for run in runs if not run.complete),
    ]
    for test in history.tests[: shown or None]:
        lines += ["", test.test, *(f"  {line}" for line in _test(history, test))]
    if shown and len(history.tests) > shown:
        lines += ["", f"... {len(history.tests) - shown} more (--all)"]
    return printable("\n".join(lines))


def _test(history: History, test: TestHistory) -> list[str]:
    stretches = [(outcome or "-", len([*same])) for outcome, same in groupby(test.outcomes)]
    lines = [", ".join(_stretch(outcome, count) for outcome, count in stretches)]
    if test.first is not None and test.last is not None:
        first, last = history.runs[test.first], history.runs[test.last]
        lines.append(
            f"bad in {test.bad} of {test.judged} ({test.rate:.0%}), "
            f"first {first.started} ({first.run}), last {last.started} ({last.run})"
        )
    if test.flaky:
        lines.append(f"flaky in {test.flaky} of {test.judged} ({test.flaky / test.judged:.0%})")
    return lines + list(filter(None, (test.message.partition("\n")[0], test.reference)))


def _stretch(outcome: str, count: int) -> str:
    return outcome if count == 1 else f"{outcome} {count} times"
