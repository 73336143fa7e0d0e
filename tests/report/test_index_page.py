# SPDX-License-Identifier: MIT
"""The list of tests in a browser: what it shows first, filters, search, order, keys."""

from harness.report.html.rows import ORDER
from harness.results.run import Outcome

BAD = [outcome for outcome in ORDER if outcome.bad]


def rows(page):
    """The outcomes in words, in the order of the list."""
    return [text.split(" ", 1)[1] for text in page.locator("#tests .badge").all_inner_texts()]


def press(page, name):
    """Press the button whose words begin so."""
    page.locator(f"button:has-text('{name}')").first.click()


def test_it_opens_with_the_failures_the_worst_first(pages):
    """A reader comes for them; all others are counted."""
    page = pages.open("index.html")
    assert page.locator("h1").inner_text() == "9 of 44 tests failed"
    assert rows(page) == [str(outcome) for outcome in BAD]
    assert page.locator("#shown").inner_text() == "9 of 44"
    chips = page.locator("#outcomes .chip").all_inner_texts()
    assert chips[0].split() == ["✗", "all", "failures", "9"]
    assert chips[-1].split() == ["✓", "passed", "31"]
    assert "Xvfb ended badly after the last test" in page.locator(".top").inner_text()


def test_chips_choose_outcomes_and_servers(pages):
    """Several of a kind add up, kinds limit each other, and none means all."""
    page = pages.open("index.html")
    press(page, "all failures")
    assert page.locator("#shown").inner_text() == "all 44"
    press(page, "crashed")
    press(page, "skipped")
    assert rows(page) == ["crashed", "skipped"]
    press(page, "xwayland@trixie")
    assert page.locator("#nothing").is_visible()
    press(page, "Show all tests")
    assert page.locator("#shown").inner_text() == "all 44"


def test_what_is_chosen_stands_in_the_address(pages):
    """A reload, and a link sent to somebody, show the same."""
    page = pages.open("index.html")
    press(page, "all failures")
    press(page, "xwayland@trixie")
    page.locator("#search").fill("-1")
    page.locator("#order").select_option("slow")
    page.locator("#suite").select_option("composite")
    chosen, shown = page.url, page.locator("#tests").inner_text()
    other = pages.open(f"index.html#{chosen.partition('#')[2]}")
    assert other.locator("#tests").inner_text() == shown
    assert other.locator("#search").input_value() == "-1"
    assert other.locator("#tests li").count() == 11


def test_search_looks_into_names_messages_and_causes(pages):
    """All words must occur, whatever their case."""
    page = pages.open("index.html#all")
    search = page.locator("#search")
    for words, expected in {
        "TEST_HUNG.PY": ["hung"],
        "it is rule": ["rule violated"],
        "idle-once randr": ["rule violated"],
        "<b>2</b>": ["crashed"],
        "2 crtcs": ["skipped"],
    }.items():
        search.fill(words)
        assert rows(page) == expected, words


def test_a_cause_shows_its_tests_whatever_their_outcome(pages):
    """Also a known bug, whose tests are no failures."""
    page = pages.open("index.html")
    press(page, "xserver!1461")
    assert rows(page) == ["expected failure"]
    press(page, "idle-once")
    assert rows(page) == ["rule violated"]
    assert page.locator("#causes a").get_attribute("href").startswith("https://gitlab")


def test_keys_move_search_and_open(pages):
    """j and k by rows, Enter opens, / searches, Esc shows all."""
    page = pages.open("index.html")
    for keys, expected in (("j", 0), ("jj", 2), ("k", 1), ("kkk", 0)):
        for key in keys:
            page.keyboard.press(key)
        links = page.locator("#tests a")
        assert links.nth(expected).evaluate("link => link === document.activeElement")
    page.keyboard.press("/")
    page.keyboard.type("jk/")
    assert page.locator("#search").input_value() == "jk/"
    page.keyboard.press("Escape")
    assert page.locator("#search").input_value() == ""
    assert page.locator("#shown").inner_text() == "all 44"
    page.locator("#tests a").nth(1).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/test.html#1")
    assert "test_ends_hung" in page.locator("h1").inner_text()


def test_slowest_first(pages):
    """Durations are in the rows, and can be the order."""
    page = pages.open("index.html#all")
    page.locator("#order").select_option("slow")
    times = page.locator("#tests .time").all_inner_texts()
    assert times[0] == "6.5 s"
    assert times[-1] == "0 ms"


def test_names_and_messages_are_text(pages):
    """No markup in them acts."""
    page = pages.open("index.html")
    assert page.locator("#tests img, #tests .name b b").count() == 0
    assert "test_ends_crashed[xvfb-<b>2</b>]" in page.locator("#tests .name").first.inner_text()


def test_no_outcome_is_told_by_colour_alone(pages):
    """Each has a word and a sign; what passed has another sign than what failed."""
    page = pages.open("index.html#all")
    texts = set(page.locator("#tests .badge").all_inner_texts())
    assert texts == {f"{sign(outcome)} {outcome}" for outcome in Outcome}


def sign(outcome):
    """As a reader expects it."""
    return (
        "✗"
        if outcome.bad
        else {"passed": "✓", "skipped": "○", "expected failure": "≈"}.get(outcome, "!")
    )
