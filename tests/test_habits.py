# SPDX-License-Identifier: MIT
"""What contributors run before a commit, in make lint and in continuous integration is the same."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_hooks_run_what_lint_runs() -> None:
    """A commit that the hooks let pass is one that make lint lets pass, and the reverse."""
    hooks = re.findall(
        r"^ +entry: (.+)$", (ROOT / ".pre-commit-config.yaml").read_text(), re.MULTILINE
    )
    recipe = re.search(r"^lint:.*\n((?:\t.+\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe is not None
    assert hooks == [line.strip() for line in recipe[1].splitlines()]


def test_released_versions_have_a_dated_section() -> None:
    """The version of the package stands in the changelog, with the day of its release."""
    (version,) = re.findall(
        r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE
    )
    sections = re.findall(
        r"^## \[(.+)\] - \d{4}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    assert version in sections


def test_one_template_asks_for_what_the_doctor_says() -> None:
    """Who reports a wrong verdict is asked which servers are there and what they can show."""
    templates = (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.md")
    assert any("xharness doctor" in template.read_text() for template in templates)
