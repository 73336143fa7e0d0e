# SPDX-License-Identifier: MIT
"""The report on small screens, in the dark, for keyboards and readers of screens."""

import pytest

from harness.report.html.rows import ORDER
from harness.results.run import Outcome

ADDRESSES = {
    "index": "index.html#all",
    "golden": f"test.html#{ORDER.index(Outcome.GOLDEN)}",
    "rule": f"test.html#{ORDER.index(Outcome.RULE)}",
    "watched": f"test.html#{ORDER.index(Outcome.HUNG)}",
    "passed": f"test.html#{len(ORDER) - 1}",
}


def opened(pages, address, **options):
    """A page with all that folds up folded out."""
    page = pages.open(address, **options)
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    return page


@pytest.mark.parametrize("name", ADDRESSES)
def test_nothing_is_wider_than_a_small_screen(pages, name):
    """360 pixels: what is wider scrolls by itself."""
    page = opened(pages, ADDRESSES[name], width=360)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    outside = page.evaluate(
        """[...document.querySelectorAll('button, a, select, input, summary, h1, h2, canvas')]
        .filter(e => !e.closest('.wide, .stage, .hidden') && e.getBoundingClientRect().right > 360)
        .map(e => e.outerHTML)"""
    )
    assert outside == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ADDRESSES)
def test_axe_finds_nothing(pages, name, scheme):
    """Names, contrasts, order of headings, regions: by axe-core's rules, best practices too."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not in this environment"
    )
    page = opened(pages, ADDRESSES[name], scheme=scheme)
    # It would read style sheets, which no script may on file://.
    found = axe.Axe().run(page, options={"preload": False})
    assert found.violations_count == 0, found.generate_report()


def test_dark_where_the_system_is(pages):
    """Without a switch of its own."""
    colours = {}
    for scheme in ("light", "dark"):
        page = pages.open("index.html", scheme=scheme)
        text = page.evaluate("getComputedStyle(document.body).backgroundColor")
        colours[scheme] = sum(map(int, text.removeprefix("rgb(").rstrip(")").split(",")))
    assert colours["dark"] < 150
    assert colours["light"] > 700


def test_the_whole_page_works_from_the_keyboard(pages):
    """Tab reaches each control, and what has the focus is seen."""
    page = pages.open(ADDRESSES["golden"])
    reached = set()
    for _ in range(16):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.textContent.slice(0, 12)"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    assert {"All tests", "Previous", "Next", "Accept", "Swipe", "Toggle"} <= reached
