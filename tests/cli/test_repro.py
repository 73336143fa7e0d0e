# SPDX-License-Identifier: MIT
"""``xharness repro``: as a person starts it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.proxy.proxied_server import ProxiedServer
from harness.recordings.pcapng.file_sink import FileSink
from harness.recordings.recorder import RecordingTap
from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec
from harness.x11.address import Address
from tests.doubles.faults import find_fault, write_launcher
from tests.doubles.faulty_server import layer_for
from tests.recordings.busy_session import busy

FAULT = "claims-flip"


def repro(*words):
    command = [sys.executable, "-m", "harness.cli", "repro", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def record(path: Path, *layers) -> Path:
    """A recording of a busy session on a server behind these layers."""
    with launch(ServerSpec(build=find_on_path(ServerKind.XVFB), fps=600)) as server:
        sink = FileSink(path, Address.parse(server.display).number)
        front = ProxiedServer(server, layers, tap=RecordingTap(server.described, (), sink))
        busy(front, 220)
        front.proxy.close()
    return path


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """A folder with recordings of a faulty and of a sound server, and the faulty one itself."""
    folder = tmp_path_factory.mktemp("recordings")
    record(folder / "faulty.pcapng", layer_for(find_fault(FAULT)))
    record(folder / "sound.pcapng")
    write_launcher(folder / "faulty-server", FAULT)
    return folder


def test_a_recording_becomes_a_short_script(recordings, tmp_path):
    """It says what it tried, and holds the script against both servers."""
    script = tmp_path / "flip.py"
    servers = ("--server-path", recordings / "faulty-server", "--against", "xvfb", "--fps", "600")
    done = repro(recordings / "faulty.pcapng", *servers, "--minimise", "-j", "2", "-o", script)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "symptom: rule no-flip (PresentCompleteNotify)" in done.stdout
    assert "4 requests are left" in done.stdout
    assert ": it shows the bug (1)" in done.stdout
    assert ": sound (0)" in done.stdout
    assert len(script.read_text().splitlines()) < 200
    assert not script.with_name("flip.py.state").exists()


def test_a_folder_with_one_recording_is_enough(recordings, tmp_path):
    """As the evidence of a test is one."""
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "recording.pcapng").write_bytes((recordings / "faulty.pcapng").read_bytes())
    test = tmp_path / "test_flip.py"
    done = repro(folder, "--server-path", recordings / "faulty-server", "--as-test", "-o", test)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "def test_flip(server, monkeypatch):" in test.read_text()


def test_a_test_is_run_and_recorded(recordings, tmp_path):
    """On the server that was named; its recording is made a script of."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    test = tmp_path / "test_shown.py"
    test.write_text(
        "def test_shown(presenter):\n"
        "    window = presenter.window(20, 20)\n"
        '    window.present(window.pixmap("red")).wait_complete()\n'
    )
    script = tmp_path / "flip.py"
    server = ("--server-path", recordings / "faulty-server")
    done = repro(f"{test}::test_shown", *server, "-o", script)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "symptom: rule no-flip (PresentCompleteNotify)" in done.stdout
    assert "present_pixmap(conn, window, pixmap, 1)" in script.read_text()


def test_a_sound_recording_gives_no_script(recordings, tmp_path):
    """There is nothing to show."""
    script = tmp_path / "none.py"
    done = repro(recordings / "sound.pcapng", "--fps", "600", "-o", script)
    assert (done.returncode, script.exists()) == (0, False), done.stdout + done.stderr
    assert "there is nothing to show; with --against KIND what a sound server" in done.stdout


def test_a_fault_of_a_proxy_is_shown_by_no_replay(recordings, tmp_path):
    """With the reason, and without a script."""
    script = tmp_path / "none.py"
    done = repro(recordings / "faulty.pcapng", "--fps", "600", "--minimise", "-o", script)
    assert (done.returncode, script.exists()) == (2, False), done.stdout + done.stderr
    assert "replaying the recording does not show it: expected a server that shows" in done.stderr
    assert "a fault of @pytest.mark.faults is in a proxy, not in the server" in done.stderr


def test_a_script_that_finds_its_server_sound_is_kept(recordings, tmp_path):
    """The error says so, what the script printed, and what the reason may be."""
    script = tmp_path / "flip.py"
    done = repro(recordings / "faulty.pcapng", "--fps", "600", "-o", script)
    assert (done.returncode, script.exists()) == (2, True), done.stdout + done.stderr
    assert "was written, and it ended with status 0 where 1 is right" in done.stderr
    assert "a fault of @pytest.mark.faults is in a proxy" in done.stderr
    assert done.stderr.endswith("; it printed:\n  sound\n")
    promised = " ".join(repro("--help").stdout.split())
    assert "or the script ends otherwise than it should on a server; it is written" in promised


@pytest.mark.parametrize("more", [(), ("--symptom", "no-flip")], ids=["any", "named"])
def test_a_sound_server_with_the_same_bug_is_refused(recordings, tmp_path, more):
    """What the recording breaks is not denied because both servers break it."""
    script, faulty = tmp_path / "none.py", recordings / "faulty-server"
    servers = ("--server-path", faulty, "--against", faulty)
    done = repro(recordings / "faulty.pcapng", *servers, *more, "-o", script)
    assert (done.returncode, script.exists()) == (2, False), done.stdout + done.stderr
    assert "the server of --against, is not sound, it shows the same: leave out" in done.stderr
    assert "\n  rule no-flip (PresentCompleteNotify)" in done.stderr
    assert "nothing to show" not in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(["{folder}/faulty.pcapng", "-o", "{folder}"], "it is a folder", id="folder"),
        pytest.param(
            ["{folder}/faulty.pcapng", "-o", "{folder}/no/x.py"],
            "there is no folder",
            id="no-folder",
        ),
        pytest.param(["{folder}/faulty.pcapng", "--seconds", "nan"], "got 'nan'", id="seconds"),
        pytest.param(["missing.pcapng"], "there is no such file", id="missing"),
        pytest.param(["{folder}"], "expected one recording, got 2", id="several"),
        pytest.param(["{folder}/faulty-server"], "pcapng", id="foreign"),
        pytest.param(
            ["{folder}/faulty.pcapng", "--symptom", "no-such-rule"],
            "no symptom has this in its line; there are:\n  rule no-flip",
            id="symptom",
        ),
        pytest.param(
            ["{folder}/faulty.pcapng", "--minimise", "--scheduler", "tcp://localhost:1"],
            "--scheduler",
            id="scheduler",
        ),
    ],
)
def test_bad_input_is_told_in_words(recordings, tmp_path, words, message):
    """Status 2, and no script."""
    script = tmp_path / "none.py"
    done = repro("-o", script, *(word.format(folder=recordings) for word in words))
    assert (done.returncode, script.exists()) == (2, False), done.stdout
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_target_that_cannot_replay_is_said(recordings, tmp_path):
    """Not taken for one that shows nothing; what it lacks can be left out."""
    lean = tmp_path / "lean-server"
    lean.write_text('#!/bin/sh\nexec Xvfb "$@" -extension DAMAGE\n')
    lean.chmod(0o755)
    script = tmp_path / "flip.py"
    for more in ([], ["--minimise"], ["--against", "xvfb"]):
        done = repro(recordings / "faulty.pcapng", "--server-path", lean, *more, "-o", script)
        assert (done.returncode, script.exists()) == (2, False), done.stdout
        assert "needs DAMAGE, which the target" in done.stderr
        assert "(--leave-out DAMAGE)" in done.stderr
    left = ("--leave-out", "DAMAGE", "--fps", "600")
    done = repro(recordings / "sound.pcapng", "--server-path", lean, *left, "-o", script)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    done = repro(recordings / "sound.pcapng", "--leave-out", "DAMAGES", "-o", script)
    assert done.returncode == 2
    assert "DAMAGES cannot be left out" in done.stderr


def test_an_interrupted_search_goes_on(recordings, tmp_path):
    """Ctrl-C ends it at once; the last lines say where it was, and the state is kept."""
    script = tmp_path / "flip.py"
    servers = ("--server-path", recordings / "faulty-server", "--fps", "600")
    words = (recordings / "faulty.pcapng", *servers, "--minimise", "-j", "2", "-o", script)
    command = [sys.executable, "-m", "harness.cli", "repro", *map(str, words)]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as running:
        assert running.stdout is not None
        assert any("requests left" in line for line in running.stdout)
        os.killpg(running.pid, signal.SIGINT)
        _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert said.endswith(
        f"{script}.state keeps the shortest so far: the same command goes on from there\n"
        f"xharness: interrupted\n"
    )
    done = repro(*words)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "goes on where it was cut" in done.stdout
    assert not script.with_name("flip.py.state").exists()
