# SPDX-License-Identifier: MIT
"""docs/reports has whole reports, listed, linked from docs/server-bugs.md, and without harm."""

import re
from pathlib import Path

import pytest

from tools import reports

ROOT = reports.FOLDER.parent.parent
PAGE = ROOT / "docs" / "server-bugs.md"
LINK = re.compile(r"\]\(([^)#:]+)\)")
REPORTS = reports.reports()

each = pytest.mark.parametrize("report", REPORTS, ids=lambda one: one.path.stem)


def test_the_list_is_what_the_reports_say(monkeypatch, tmp_path, capsys):
    """It is up to date, and one that is stale is told."""
    assert reports.main(["--check"]) == 0
    monkeypatch.setattr(reports, "INDEX", tmp_path / "README.md")
    assert reports.main(["--check"]) == 1
    assert "--write" in capsys.readouterr().err
    assert reports.main(["--write"]) == 0


@each
def test_links_lead_somewhere(report):
    """To tests, scripts and other reports."""
    text = report.path.read_text(encoding="utf-8")
    for link in LINK.findall(text):
        assert (report.path.parent / link).exists(), link


@each
def test_a_report_is_linked_from_its_entry(report):
    """But for those about the text of a protocol, of which no server is guilty."""
    if not report.rows["component"].startswith("randrproto"):
        assert f"(reports/{report.path.name})" in PAGE.read_text(encoding="utf-8")


@each
def test_a_report_without_harm_has_steps_and_others_have_none(report):
    """What a server does not survive stands among the fatal bugs, and has neither steps nor a
    script."""
    fatal = PAGE.read_text(encoding="utf-8").partition("## Wrong answers")[0]
    listed = f"(reports/{report.path.name})" in fatal
    assert listed == (not report.harmless)
    if not report.harmless:
        assert "script" not in report.rows
        assert "1. " not in report.sections["Steps"]


@pytest.mark.parametrize(
    "text",
    [
        "no title",
        "# A title\n\n| | |\n|---|---|\n| component | a |\n\n## Steps\n\nOne.\n",
        "# A title\n\n| component | a |\n| versions | b |\n| protocol | c |\n\n## Steps\n\n"
        "## Expected\n\nE.\n\n## Seen\n\nS.\n\n## Cause\n\nC.\n",
    ],
    ids=["no title", "rows missing", "no steps"],
)
def test_a_report_that_lacks_something_is_refused(tmp_path, text):
    """With its name."""
    path: Path = tmp_path / "odd.md"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(reports.ReportError, match=r"^odd\.md: expected "):
        reports.read(path)
