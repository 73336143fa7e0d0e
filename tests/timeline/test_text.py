# SPDX-License-Identifier: MIT
"""Timelines and violations as text for a terminal."""

from harness.timeline.rules import Family, check
from harness.timeline.text import COLUMNS, timeline_text, violations_text
from harness.x11.present import Notify
from tests.timeline.script import OTHER_WINDOW, Actor, started


def _busy() -> Actor:
    a = (
        started()
        .request("PolyFillRectangle")
        .present(1, target=2**63, idle_fence=5, options=15, notifies=(Notify(OTHER_WINDOW, 5),) * 9)
    )
    return a.error("Match").sync().idle(1).complete(1, 11).close()


def test_each_entry_is_one_line_of_at_most_a_terminals_width() -> None:
    """One line per entry, none longer than 100 columns."""
    lines = timeline_text(_busy().timeline).splitlines()
    assert len(lines) == len(_busy().timeline.entries)
    assert max(map(len, lines)) <= COLUMNS


def test_lines_tell_time_client_sequence_direction_and_fields() -> None:
    """The first line is at 0 ms; Present's fields are spelled out."""
    lines = timeline_text(_busy().timeline).splitlines()
    assert lines[0].split() == ["0.000", "a", "1", "->", "CreateWindow"]
    assert "<- Complete serial=1 mode=COPY ust=183337 msc=11 window=0x200001" in (lines[-2])
    assert "<- error Match" in timeline_text(_busy().timeline)


def test_present_only_leaves_other_requests_and_replies_out() -> None:
    """Errors and closes stay."""
    text = timeline_text(_busy().timeline, present_only=True)
    assert "PolyFill" not in text
    assert "GetInputFocus" not in text
    assert "error Match" in text
    assert "closed" in text


def test_long_timelines_keep_both_ends() -> None:
    """The middle is counted, not shown."""
    a = started()
    for _ in range(316):
        a.sync()
    lines = timeline_text(a.timeline, limit=10).splitlines()
    assert len(lines) == 11
    assert "... 626 entries left out ..." in lines[5]
    assert lines[-1].endswith("reply to GetInputFocus")


def test_violations_show_sentence_clause_and_entries() -> None:
    """What happened, which promise it breaks, and the entries involved."""
    a = started().present(1, target=20).idle(1).complete(1, 19)
    text = violations_text(check(a.timeline, Family.COPY), a.timeline)
    assert text.splitlines()[0] == (
        "CompleteNotify(PIXMAP, COPY) of serial 1 to a on window 0x200001 has MSC 19, "
        "before its target 20."
    )
    assert "(PRE-065" in text
    assert "-> Pixmap serial=1 target=20 window=0x200001 pixmap=0x200010" in text
    assert "<- Complete serial=1" in text


def test_no_more_violations_than_a_screen_holds() -> None:
    """The rest is counted."""
    a = started()
    for serial in range(1, 21):
        a.idle(serial)
    text = violations_text(check(a.timeline, Family.COPY), a.timeline, limit=3)
    assert text.count("clause") == 3
    assert "17 more violations left out" in text


def test_empty_timeline_is_empty_text() -> None:
    """Nothing happened, nothing is said."""
    a = started()
    a.timeline.entries.clear()
    assert timeline_text(a.timeline) == ""
    assert violations_text([], a.timeline) == ""
