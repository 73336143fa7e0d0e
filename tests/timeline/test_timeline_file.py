# SPDX-License-Identifier: MIT
"""The file of a timeline: nothing of the record is lost, what is damaged is named."""

import json
import sys
from dataclasses import replace

import pytest

from harness.timeline import rules
from harness.timeline.record import Request, Timeline
from harness.timeline.timeline_file import TimelineFileError, read_timeline, timeline_bytes
from tests.timeline.script import started
from tests.timeline.test_rules import BROKEN, LEGAL


@pytest.fixture
def path(tmp_path):
    """Where the file goes."""
    return tmp_path / "timeline.jsonl"


@pytest.mark.parametrize("case", [*BROKEN, *LEGAL], ids=lambda case: case.label)
def test_what_is_written_is_read_back(case, path):
    """Every entry, with its bytes and its content; the rules find the same in both."""
    timeline = case.build().timeline
    path.write_bytes(timeline_bytes(timeline, case.family))
    recorded = read_timeline(path)
    assert recorded.timeline.entries == timeline.entries
    assert recorded.family is case.family
    assert not recorded.cut_short
    found = [rules.check(one, case.family) for one in (timeline, recorded.timeline)]
    assert found[0] == found[1]


def test_the_pixels_of_a_picture_take_little_room(path):
    """A long request is compressed, and its bytes come back."""
    request = started().timeline.entries[0]
    assert isinstance(request, Request)
    timeline = Timeline([replace(request, data=bytes(1_000_000))])
    path.write_bytes(timeline_bytes(timeline))
    assert path.stat().st_size < 5_000
    assert read_timeline(path).timeline.entries == timeline.entries
    assert read_timeline(path).family is None


@pytest.mark.parametrize("cut", [1, 30])
def test_an_incomplete_last_line_is_left_out(path, cut):
    """Its writer died: the rest counts, and the reader can say so."""
    timeline = started().present(1).timeline
    path.write_bytes(timeline_bytes(timeline)[:-cut])
    recorded = read_timeline(path)
    assert recorded.cut_short
    assert recorded.timeline.entries == timeline.entries[:-1]


@pytest.mark.parametrize(
    ("line", "changes", "complaint"),
    [
        (0, {"format": "other"}, "is no timeline"),
        (0, {"version": 99}, "version 99, expected 1"),
        (0, {"family": "TEAR"}, "line 1: family 'TEAR' is unknown"),
        (2, {"kind": "wish"}, "line 3: expected an entry"),
        (2, {"time": "late"}, "line 3: .*time is 'late', expected float"),
        (2, {"data": "xyz"}, "line 3: expected an entry"),
        (2, {"data": "94"}, "line 3: expected an entry"),
        (2, {"content": "PresentNothing"}, "line 3: .*no message of Present"),
        (2, {"unknown": 1}, "line 3: expected an entry"),
    ],
)
def test_a_damaged_file_is_named_with_its_line(path, line, changes, complaint):
    """What was expected, what stands there, and what to do."""
    lines = timeline_bytes(started().timeline).splitlines(keepends=True)
    lines[line] = json.dumps(json.loads(lines[line]) | changes).encode() + b"\n"
    path.write_bytes(b"".join(lines))
    with pytest.raises(TimelineFileError, match=complaint):
        read_timeline(path)


@pytest.mark.parametrize("text", ["", "\n", "[1]\n", "no JSON\n", "\xff\n"])
def test_what_is_no_timeline_is_refused(path, text):
    """The error says what to name instead."""
    path.write_text(text, encoding="latin-1")
    with pytest.raises(TimelineFileError, match=r"name the timeline\.jsonl"):
        read_timeline(path)


def test_a_file_of_another_byte_order_is_refused(path):
    """Its bytes would be misread."""
    other = {"little": "big", "big": "little"}[sys.byteorder]
    data = timeline_bytes(started().timeline)
    path.write_bytes(data.replace(sys.byteorder.encode(), other.encode(), 1))
    with pytest.raises(TimelineFileError, match=f"on a {other}-endian machine"):
        read_timeline(path)
