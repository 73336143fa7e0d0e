# SPDX-License-Identifier: MIT
"""``xharness replay``: as a person types it."""

import subprocess
import sys

import pytest

CLIENT = """
import os
from harness.clients.raw.raw_client import RawClient
from harness.servers.attached import attach
with attach(os.environ["DISPLAY"]) as server, RawClient(server) as client:
    window = client.create_window(32, 32)
    client.request(8, 0, client.pack("I", window))
    client.sync()
"""


def run(*words):
    return subprocess.run(
        [sys.executable, "-m", "harness.cli", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """The file of a client that maps a window."""
    path = tmp_path_factory.mktemp("recorded") / "client.pcapng"
    command = [sys.executable, "-c", CLIENT]
    done = run("record", "--server", "xvfb", "--size", "320x200", "-o", path, "--", *command)
    assert done.returncode == 0, done.stderr
    return path


def test_the_same_kind_of_server_does_the_same(recording):
    """On a screen of the recorded size."""
    done = run("replay", recording, "--server", "xvfb")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "the same as recorded" in done.stdout


def test_two_servers_are_held_against_each_other(recording, tmp_path):
    """What both show at the end is written on request."""
    folder = tmp_path / "pictures"
    done = run("replay", recording, "--server", "xvfb", "--against", "xvnc", "--pictures", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "both do the same" in done.stdout
    names = {path.name for path in folder.iterdir()}
    assert {"1-root.png", "2-root.png"} <= names


def test_a_difference_is_shown_with_its_place(recording):
    """A screen of another size; the status says it."""
    done = run("replay", recording, "--server", "xvfb", "--size", "400x200")
    assert done.returncode == 1, done.stderr
    assert "the screen, width (message 1, client" in done.stdout
    assert "recorded  320\n  target    400" in done.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--server", "xvfb", "--leave-out", "SYNK"], "SYNK cannot be left out"),
        (["--server", "xvfb", "--size", "large"], "expected WIDTHxHEIGHT"),
        (["--display", ":54321"], ":54321"),
    ],
)
def test_what_cannot_be_done_is_said(recording, words, expected):
    """Status 2, nothing else."""
    done = run("replay", recording, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert expected in done.stderr


def test_a_file_that_is_no_recording_is_said(tmp_path):
    """With its place, as the reader says it; also one that is not there, or holds no client."""
    foreign = tmp_path / "foreign"
    foreign.write_text("not a recording, but long enough for one\n" * 5)
    for path in (foreign, tmp_path / "absent"):
        done = run("replay", path, "--server", "xvfb")
        assert (done.returncode, done.stdout) == (2, "")
        assert str(path) in done.stderr
