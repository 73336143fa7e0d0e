# SPDX-License-Identifier: MIT
"""Static pages of comparisons, of histories and of the table of verdicts; each is one file."""

from harness.report.html.rows import tone
from harness.report.html.templates import environment, style
from harness.report.runs.text import SECTIONS, letters
from harness.results.comparing.comparison import RunComparison
from harness.results.comparing.history import History
from harness.results.run import Outcome
from harness.results.verdict_table import Holding, VerdictTable


def comparison_page(comparison: RunComparison) -> str:
    """The comparison as one HTML page."""
    sections = [
        (name, title, getattr(comparison, name))
        for name, title in SECTIONS
        if getattr(comparison, name)
    ]
    return _page(
        "compare.html", comparison=comparison, sections=sections, letters=letters(comparison)
    )


def verdicts_page(table: VerdictTable) -> str:
    """The table of verdicts as one HTML page."""
    return _page("verdicts.html", table=table, holdings=list(Holding))


def history_page(history: History) -> str:
    """The history as one HTML page."""
    seen = {outcome for test in history.tests for outcome in test.outcomes}
    tones = {str(one): tone(one) for one in Outcome}
    return _page("history.html", history=history, seen=seen, tones=tones)


def _page(name: str, **values: object) -> str:
    return environment(__package__).get_template(name).render(style=style(), **values)
