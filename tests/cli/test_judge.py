# SPDX-License-Identifier: MIT
"""``xharness judge`` and ``xharness proxy --judge``: what they print, and how they end."""

import os
import subprocess
import sys

import pytest

from harness.cli.main import main
from harness.recordings.pcapng.writer import RecordingWriter
from harness.recordings.recording import Opened, Passed, RecordingHead, Sender
from harness.timeline.rules import Family
from harness.timeline.timeline_file import timeline_bytes
from harness.x11 import setup
from tests.doubles.faults import write_launcher
from tests.timeline.script import Script, started

CLIENT = """
import os
from harness.clients.present.presenter import Presenter
from harness.servers.attached import attach
with attach(os.environ["DISPLAY"]) as server, Presenter(server) as client:
    window = client.window(16, 16)
    for _ in range(2):
        window.present(window.pixmap("red")).wait_complete()
    client.sync()
"""


def xharness(*words, fault="honest", folder=None):
    """Run the command; ``Xvfb`` is the double with this fault."""
    path = os.environ["PATH"]
    if folder is not None:
        (folder / "bin").mkdir(exist_ok=True)
        write_launcher(folder / "bin" / "Xvfb", fault)
        real = os.environ["PATH"]
        launcher = (folder / "bin" / "Xvfb").read_text()
        restored = f"import os, sys\nos.environ['PATH'] = {real!r}\n"
        (folder / "bin" / "Xvfb").write_text(launcher.replace("import os, sys\n", restored, 1))
        path = f"{folder / 'bin'}:{path}"
    command = [sys.executable, "-m", "harness.cli", *map(str, words)]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env=os.environ | {"PATH": path},
    )


@pytest.fixture
def written(tmp_path):
    """``written(actor)``: the file of its timeline."""

    def write(actor, family=None):
        path = tmp_path / "timeline.jsonl"
        path.write_bytes(timeline_bytes(actor.timeline, family))
        return path

    return write


def test_nothing_wrong_is_status_0(written, capsys):
    """The last line says what was judged, and as what."""
    path = written(started().present(1).idle(1).complete(1, 11).sync())
    assert main(["judge", str(path)]) == 0
    assert "judged as one that copies: 9 messages, 0 violations" in capsys.readouterr().out


def test_what_holds_no_message_is_not_judged(tmp_path, capsys):
    """Status 2: a recording that nobody connected to, or whose beginning alone was kept."""
    path = tmp_path / "nobody.pcapng"
    RecordingWriter(path, RecordingHead("Xvfb 21.1.7", ())).close()
    assert main(["judge", str(path)]) == 2
    assert "has no message of a client: nothing was judged" in capsys.readouterr().err


def test_a_violation_is_printed_with_what_is_around_it(written, capsys):
    """As in a test; the status is 1."""
    path = written(started().present(1).idle(1).idle(1).complete(1, 11).sync())
    assert main(["judge", str(path)]) == 1
    said = capsys.readouterr().out
    assert "rule     idle-once" in said
    assert "\n  around it\n" in said
    assert said.rstrip().endswith(", 1 violation")


def test_of_one_rule_the_first_are_printed(written, capsys):
    """All are counted."""
    a = started()
    for serial in range(1, 31):
        a.present(serial).idle(serial).idle(serial).complete(serial, 10 + serial).sync()
    assert main(["judge", str(written(a))]) == 1
    said = capsys.readouterr().out
    assert said.count("rule     idle-once") == 10
    assert said.count("... more violations of idle-once ...") == 1
    assert "30 violations" in said


def test_the_family_can_be_given(written, capsys):
    """It may flip: fewer rules hold."""
    a = started().present(1, target=11)
    for serial in range(2, 30):
        a.present(serial).idle(serial).complete(serial, 10 + serial).sync()
    path = written(a, Family.COPY)
    assert main(["judge", str(path)]) == 1
    assert "rule     overdue" in capsys.readouterr().out
    assert main(["judge", "--family", "flips", str(path)]) == 0


def test_pictures_are_written(written, tmp_path, capsys):
    """Each file is named."""
    path = written(started().present(1).idle(1).idle(1).complete(1, 11).sync())
    assert main(["judge", str(path), "-o", str(tmp_path / "out")]) == 1
    assert (tmp_path / "out" / "timeline.svg").read_text().startswith("<svg")
    said = capsys.readouterr().out
    assert str(tmp_path / "out" / "timeline.svg") in said
    assert "no timeline.svg" not in said
    assert "no monitors.svg: no CRTC was read or set up\n" in said


def test_where_nothing_was_presented_no_picture_is_said(written, tmp_path, capsys):
    """The timeline is written all the same."""
    assert (
        main(
            [
                "judge",
                str(written(Script().client("a").create().sync())),
                "-o",
                str(tmp_path / "out"),
            ]
        )
        == 0
    )
    assert "no timeline.svg: nothing was presented\n" in capsys.readouterr().out
    assert not list((tmp_path / "out").glob("*.svg"))
    assert (tmp_path / "out" / "timeline.jsonl").exists()


def test_a_server_that_breaks_its_stream_is_at_fault(tmp_path, capsys):
    """A violation in words, and status 1; what other commands make of it is an error."""
    path = tmp_path / "broken.pcapng"
    with RecordingWriter(path, RecordingHead("Xvfb 21.1.7", ())) as writer:
        writer.write(Opened(0, 1))
        writer.write(Passed(1, 1, Sender.CLIENT, setup.greeting(b"", "<")))
        writer.write(Passed(2, 1, Sender.SERVER, b"\1\0\x0b\0\0\0\1\0abcd"))
        writer.write(Passed(3, 1, Sender.SERVER, b"\1\0\7" + bytes(29)))
    assert main(["judge", str(path)]) == 1
    said = capsys.readouterr().out
    assert said.startswith("client 1 gets a message with the sequence number 7, and has sent 0")
    assert "rule     message-stream" in said
    assert said.endswith(", 1 violation\n")
    assert main(["present-stats", str(path)]) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is neither a recording"),
        (b"DISPLAY=:7", "is neither a recording"),
        (b"\n\r\r\n" + bytes(40), "FILE"),
        (b"{}", "is no timeline"),
    ],
)
def test_another_file_is_status_2(content, said, tmp_path, capfd):
    """The error names it."""
    path = tmp_path / "other"
    path.write_bytes(content)
    assert main(["judge", str(path)]) == 2
    error = capfd.readouterr().err
    assert str(path) in error
    assert said.replace("FILE", str(path)) in error


def test_a_file_that_is_not_there_is_status_2(tmp_path, capfd):
    """It cannot be read."""
    assert main(["judge", str(tmp_path / "none")]) == 2
    assert "No such file" in capfd.readouterr().err


def test_a_recording_is_judged_and_measured(tmp_path):
    """Of a server that is at fault, up to where the file is damaged, too."""
    path = tmp_path / "recording.pcapng"
    words = ("record", "--server", "xvfb", "-o", path, "--", sys.executable, "-c", CLIENT)
    done = xharness(*words, fault="repeats-idle", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    judged = xharness("judge", path)
    assert judged.returncode == 1, judged.stderr
    assert judged.stdout.count("rule     idle-once") == 2
    assert "Xvfb" in judged.stdout.splitlines()[-1]
    stats = xharness("present-stats", path)
    assert "2 presents, 0 dropped" in stats.stdout
    whole = path.read_bytes()
    path.write_bytes(whole[:-600] + b"\xff" * 400)
    damaged = xharness("judge", path)
    assert damaged.returncode == 2
    assert "rule     idle-once" in damaged.stdout
    assert str(path) in damaged.stderr


@pytest.mark.parametrize(
    ("fault", "client", "status"),
    [
        pytest.param("honest", CLIENT, 0, id="sound"),
        pytest.param("repeats-idle", CLIENT, 1, id="at-fault"),
        pytest.param("repeats-idle", f"{CLIENT}\nraise SystemExit(7)", 7, id="client-fails"),
    ],
)
def test_the_proxy_judges_while_a_client_runs(fault, client, status, tmp_path):
    """What it says is on stderr; the status is 1 where the client's is 0."""
    words = ("proxy", "--judge", "--server", "xvfb", "--", sys.executable, "-c", client)
    done = xharness(*words, fault=fault, folder=tmp_path)
    assert done.returncode == status, done.stderr
    assert done.stdout == ""
    assert ("rule     idle-once" in done.stderr) == (fault != "honest")


def test_a_family_is_for_a_judge():
    """Without --judge it would be ignored."""
    done = xharness("proxy", "--family", "copies", "--server", "xvfb", "--", "true")
    assert done.returncode == 125
    assert "give --judge too" in done.stderr
