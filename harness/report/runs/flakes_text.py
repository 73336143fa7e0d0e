# SPDX-License-Identifier: MIT
"""Flakes, their budget and their files as text for a terminal."""

from harness.inputs import printable
from harness.results.comparing.flakes import Flakes, FlakesLine


def flakes_text(flakes: Flakes) -> str:
    """Whether the budget is kept, then tests and lines by their rates, and lines to delete."""
    budget = flakes.budget
    verdict = "within" if budget.kept else "BEYOND"
    lines = [
        f"runs      {flakes.runs}",
        f"budget    {len(budget.flakes)} of {budget.allowed} since {budget.since}: "
        f"{verdict} the budget",
    ]
    for flake in budget.flakes:
        lines += ["", f"{flake.started}  {flake.test}", f"  {flake.failed_as}: {flake.message}"]
    if flakes.tests:
        lines += ["", "flaky tests, in all runs"]
        lines += [
            f"  {_rate(test.flaky, test.judged)}  {test.test}, last {test.last}"
            for test in flakes.tests
        ]
    if flakes.lines:
        lines += ["", "lines of flakes files"]
        lines += [_line(one) for one in flakes.lines]
    if flakes.steady:
        lines += ["", "lines to delete: their tests fail no more"]
        for one in flakes.steady:
            lines.append(f"  {one.line.place}: {one.line.text}")
    return printable("\n".join(lines))


def _line(one: FlakesLine) -> str:
    clean = f"clean in the last {one.clean}" if one.clean else "not clean"
    return f"  {_rate(one.flaky, one.judged)}  {one.line.place}, {clean}: {one.line.text}"


def _rate(flaky: int, judged: int) -> str:
    return f"{flaky} of {judged} ({flaky / max(judged, 1):.0%})"
