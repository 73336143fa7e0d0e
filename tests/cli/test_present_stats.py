# SPDX-License-Identifier: MIT
"""``xharness present-stats``: from timelines and from protocol traces, in three forms."""

import csv
import io
import json
from dataclasses import replace

import pytest

from harness.cli.main import main
from harness.cli.timelines import find_timeline
from harness.proxy.tracing.trace_file import TraceHead, trace_line
from harness.timeline.record import Close, Request
from harness.timeline.text import entry_text
from harness.timeline.timeline_file import timeline_bytes
from harness.x11.extensions import Extension
from tests.report import scenes
from tests.timeline.script import MAJOR, Script, started


@pytest.fixture
def timeline(tmp_path):
    """A file with two presentations, of which none has a UST."""
    a = Script().client("a").create().select()
    a.present(1, target=20).idle(1).complete(1, 0, ust=0).present(2).complete(2, 0, ust=0)
    path = tmp_path / "timeline.jsonl"
    path.write_bytes(timeline_bytes(a.timeline))
    return path


def _trace(timeline, client, path):
    """Write what ``client`` did as the proxy writes its trace."""
    head = TraceHead("<", (Extension("Present", MAJOR, 0, 0),))
    start = timeline.entries[0].time
    path.write_bytes(
        head.text().encode()
        + b"".join(
            trace_line(entry_text(one, start, None), b"" if isinstance(one, Close) else one.data)
            for one in timeline.entries
            if one.client == client
        )
    )


def test_the_table_sums_up_each_window(timeline, capsys):
    """What is not known is NA."""
    assert main(["present-stats", str(timeline)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "window 0x200001 of a: 2 presents, 0 dropped, 0 reused before idle"
    assert lines[1] == "  modes: copy 2"
    cells = {line[:36].strip(): line[36:].split() for line in lines[3:]}
    assert cells["time between presents, ms"] == ["3", "3", "3", "1"]
    assert cells["time between display changes, ms"] == ["NA", "NA", "NA", "0"]
    assert cells["until displayed, ms"] == ["NA", "NA", "NA", "0"]
    assert cells["lateness, frames (MSC)"] == ["NA", "NA", "NA", "0"]
    assert cells["until idle, ms"] == ["1", "1", "1", "1"]
    assert cells["queue depth"] == ["1", "1", "1", "2"]


def test_csv_has_a_line_for_each_presentation(timeline, capsys):
    """With the names of the columns."""
    assert main(["present-stats", "--csv", str(timeline)]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["serial"] for row in rows] == ["1", "2"]
    assert rows[0]["window"] == "0x200001"
    assert rows[0]["mode"] == "copy"
    assert [row["until_idle"] for row in rows] == ["1.0", "NA"]
    assert {row["until_displayed"] for row in rows} == {"NA"}


def test_json_has_all_of_it(timeline, capsys):
    """Sums and presentations; null for what is not known."""
    assert main(["present-stats", "--json", str(timeline)]) == 0
    (window,) = json.loads(capsys.readouterr().out)
    assert (window["modes"], window["dropped"], window["reused_before_idle"]) == ({"copy": 2}, 0, 0)
    assert [one["until_idle"] for one in window["presents"]] == [1.0, None]


def test_protocol_traces_give_the_same(tmp_path, capsys):
    """A folder of them is one timeline."""
    timeline = scenes.composited()
    # A trace calls its clients so.
    names = {"app": "client-1", "compositor": "client-2"}
    timeline.entries = [replace(one, client=names[one.client]) for one in timeline.entries]
    for number, client in enumerate(names.values(), 1):
        _trace(timeline, client, tmp_path / f"client-{number}.txt")
    path = tmp_path / "timeline.jsonl"
    path.write_bytes(timeline_bytes(timeline))
    times = [entry.time for entry in find_timeline([tmp_path]).entries]
    assert times == sorted(times)
    outputs = []
    for argument in (tmp_path, path):
        assert main(["present-stats", "--csv", str(argument)]) == 0
        outputs.append(list(csv.DictReader(io.StringIO(capsys.readouterr().out))))
    assert len(outputs[0]) == 2
    assert outputs[0] == outputs[1]


def test_the_bytes_of_a_trace_are_understood_as_its_client_sent_them(tmp_path, capsys):
    """One of the other byte order too."""
    a = started().present(1)
    head = TraceHead(">", (Extension("Present", MAJOR, 0, 0),))
    lines = [
        trace_line(entry_text(one, 0, None), one.content.encode(MAJOR, ">"))
        for one in a.timeline.entries
        if isinstance(one, Request) and one.content is not None
    ]
    path = tmp_path / "client-1.txt"
    path.write_bytes(head.text().encode() + b"".join(lines))
    assert main(["present-stats", "--csv", str(path)]) == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (row["window"], row["pixmap"], row["serial"]) == ("0x200001", "0x200010", "1")


def test_nothing_presented_is_no_success(tmp_path, capsys):
    """It says so."""
    path = tmp_path / "timeline.jsonl"
    path.write_bytes(timeline_bytes(started().timeline))
    assert main(["present-stats", str(path)]) == 1
    assert "no window was presented to" in capsys.readouterr().out


def test_a_cut_timeline_counts_as_far_as_it_goes(timeline, capsys):
    """And stderr says that it is cut."""
    timeline.write_bytes(timeline.read_bytes()[:-1])
    assert main(["present-stats", str(timeline)]) == 0
    assert "its last line is incomplete" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["{}\n", "hello\n", ""])
def test_what_is_neither_is_refused(tmp_path, text, capsys):
    """The error says what was expected."""
    path = tmp_path / "file"
    path.write_text(text)
    assert main(["present-stats", str(path)]) == 2
    said = capsys.readouterr().err
    assert "is no timeline" in said or "is neither a recording" in said


def test_the_folder_of_a_test_will_do(timeline, capsys):
    """Its name has a digest, which a pattern of the shell completes."""
    assert main(["present-stats", str(timeline.parent)]) == 0
    assert "2 presents" in capsys.readouterr().out


def test_the_folder_of_a_session_is_refused(tmp_path, capsys):
    """The error says which folders are taken."""
    assert main(["present-stats", str(tmp_path)]) == 2
    assert "expected the folder of one test" in capsys.readouterr().err


def test_two_timelines_are_refused(timeline, capsys):
    """Their clients may have the same names and ids."""
    assert main(["present-stats", str(timeline), str(timeline)]) == 2
    assert "name one at a time" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_named(tmp_path, capfd):
    """By its path."""
    assert main(["present-stats", str(tmp_path / "none")]) == 2
    assert "none: No such file" in capfd.readouterr().err
