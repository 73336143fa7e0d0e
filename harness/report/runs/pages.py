# SPDX-License-Identifier: MIT
"""Static pages of comparisons and of the table of verdicts; they open from the disk."""

import jinja2

from harness.report.runs.text import SECTIONS, letters
from harness.results.comparing.comparison import RunComparison
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


def _page(name: str, **values: object) -> str:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("harness.report.runs", "assets"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template(name).render(**values)
