# SPDX-License-Identifier: MIT
"""The file of a protocol trace: what is written is read back, what is damaged is named."""

import pytest

from harness.cli.main import main
from harness.proxy.tracing.trace_file import (
    TracedMessage,
    TraceError,
    TraceHead,
    read_trace,
    trace_line,
)
from harness.recordings.pcapng.writer import RecordingWriter
from harness.recordings.recording import RecordingHead
from harness.x11.extensions import Extension

HEAD = TraceHead("<", (Extension("Generic Event Extension", 128, 0, 0),))
LINES = [
    ("     0.125  client-1      1 -> InternAtom name='a | 00'", b"\x10\0\2\0"),
    ("     7.250  client-1  70000 <- reply to InternAtom atom=7", b"\1\0\x70\x11"),
    ("     9.000  client-1  70000 -- connection closed", b""),
]


@pytest.fixture
def written(tmp_path):
    """The trace of a client, as it is written."""
    path = tmp_path / "client-1.txt"
    path.write_bytes(HEAD.text().encode() + b"".join(trace_line(*line) for line in LINES))
    return path


def test_what_is_written_is_read_back(written):
    """Head, times, sequence numbers, words and bytes; words may look like bytes."""
    trace = read_trace(written)
    assert trace.head == HEAD
    assert not trace.cut_short
    assert trace.messages == (
        TracedMessage(0.125, "client-1", 1, "->", "InternAtom name='a | 00'", b"\x10\0\2\0"),
        TracedMessage(7.25, "client-1", 70000, "<-", "reply to InternAtom atom=7", b"\1\0\x70\x11"),
        TracedMessage(9.0, "client-1", 70000, "--", "connection closed", b""),
    )


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_an_incomplete_last_line_is_left_out(written, cut, capfd):
    """Its writer died: the rest counts, and the reader says so."""
    written.write_text(written.read_text()[:-cut])
    trace = read_trace(written)
    assert trace.cut_short
    assert [one.sequence for one in trace.messages] == [1, 70000][: 2 if cut < 60 else 1]
    assert main(["trace", str(written)]) == 0
    assert "its last line is incomplete" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("line", "text", "complaint"),
    [
        (0, "DISPLAY=:7", "no protocol trace of this version"),
        (1, "# byte order: middle", "line 2: expected the byte order"),
        (2, "# extension Present", "line 3: expected an extension"),
        (3, "     0.125  client-1      1 -> InternAtom | 1", "line 4: expected time, client"),
        (4, "     7.250  client-1  seven <- reply | 01", "line 5: expected time, client"),
        (5, "     9.000  client-1  70000 -- closed | 00", "line 6: expected time, client"),
        (4, "\xe9", "is not ASCII"),
    ],
)
def test_a_damaged_file_is_named_with_its_line(written, line, text, complaint, capfd):
    """What was expected, and what stands there."""
    lines = written.read_text().splitlines()
    lines[line] = text
    written.write_text("".join(f"{one}\n" for one in lines))
    with pytest.raises(TraceError, match=complaint):
        read_trace(written)
    assert main(["trace", str(written)]) == 1
    assert str(written) in capfd.readouterr().err


@pytest.mark.parametrize("content", ["", "no trace"])
def test_another_file_is_no_trace(tmp_path, content):
    """Also one that is empty."""
    (tmp_path / "x").write_text(content)
    with pytest.raises(TraceError, match="no protocol trace"):
        read_trace(tmp_path / "x")


def test_a_recording_is_named_as_one(tmp_path, capfd):
    """With the commands that show its messages."""
    path = tmp_path / "session.pcapng"
    with RecordingWriter(path, RecordingHead("Xvfb 21.1.7", ())):
        pass
    assert main(["trace", str(path)]) == 1
    said = capfd.readouterr().err
    assert f"{path} is a recording" in said
    assert f"tshark -r {path} -Y x11, or xharness judge {path} -o DIR" in said


def test_clients_are_merged_by_time(written, capfd):
    """In words, or with the bytes."""
    head = TraceHead(">", ()).text().encode()
    bell = trace_line("     3.000  client-2      1 -> Bell", b"h\0\0\1")
    (written.parent / "client-2.txt").write_bytes(head + bell)
    assert main(["trace", str(written.parent)]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["client-1", "client-2", "client-1", "client-1"]
    assert lines[1] == "     3.000  client-2      1 -> Bell"
    assert main(["trace", "--bytes", str(written.parent)]) == 0
    assert capfd.readouterr().out.splitlines()[1].endswith("-> Bell | 68000001")


def test_a_folder_without_traces_is_named(tmp_path, capfd):
    """What a typing mistake leads to."""
    assert main(["trace", str(tmp_path)]) == 1
    assert "expected files client-*.txt in it" in capfd.readouterr().err
    assert main(["trace", str(tmp_path / "none")]) == 1
    assert str(tmp_path / "none") in capfd.readouterr().err
