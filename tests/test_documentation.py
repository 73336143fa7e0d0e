# SPDX-License-Identifier: MIT
"""README and the pages of docs/: their links lead somewhere, and their examples run."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    page for pages in ("*.md", "docs/**/*.md", "findings/*.md") for page in ROOT.glob(pages)
)


def words_of(page: Path) -> str:
    """The page without its blocks of code, whose brackets are no links."""
    return re.sub(r"^(```.*?^```|    .*?)$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)


def anchors_of(page: Path) -> set[str]:
    """The places of a page that links can name, as forges make them of its headings."""
    headings = re.findall(r"^#+ (.*)$", words_of(page), re.MULTILINE)
    plain = [re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading) for heading in headings]
    named = re.findall(r'<a (?:id|name)="([^"]+)"', page.read_text())
    made = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain]
    return {*made, *named}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings_that_exist(page):
    """Within the repository; those into the network are not asked for."""
    dead = []
    for link in re.findall(r"\]\(([^)\s]+)\)", words_of(page)):
        file, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        target = (page.parent / file).resolve() if file else page
        there = target.exists()
        if not there or (anchor and target.suffix == ".md" and anchor not in anchors_of(target)):
            dead.append(link)
    assert not dead


def test_every_page_is_in_the_list_of_the_readme():
    """Whoever begins there finds it."""
    linked = set(re.findall(r"\]\(docs/([\w-]+\.md)\)", (ROOT / "README.md").read_text()))
    assert {page.name for page in (ROOT / "docs").glob("*.md")} - linked == set()


def test_the_readme_can_be_read_in_some_minutes():
    """What is longer belongs into a page of docs/."""
    assert len((ROOT / "README.md").read_text().splitlines()) <= 220


def test_the_compositor_of_the_documentation_passes(run_pytest, tmp_path):
    """As it stands."""
    page = (ROOT / "docs" / "writing-tests.md").read_text()
    _, _, section = page.partition("\n## A compositing manager\n")
    example = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert example is not None
    (tmp_path / "test_it.py").write_text(example[1])
    done = run_pytest("--server", "xvfb", folder=tmp_path)
    assert done.status == 0, done.text
