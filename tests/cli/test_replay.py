# SPDX-License-Identifier: MIT
"""``xharness replay``: as a person types it."""

import os
import shutil
import subprocess
import sys

import pytest

from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec

CLIENT = """
import os
from harness.clients.raw.raw_client import RawClient
from harness.servers.attached import attach
with attach(os.environ["DISPLAY"]) as server, RawClient(server) as client:
    window = client.create_window(32, 32)
    client.request(8, 0, client.pack("I", window))
    client.request(98, 0, client.pack("H2x5s3x", 5, b"RANDR"))
    client.sync()
"""


def run(*words, **environment):
    return subprocess.run(
        [sys.executable, "-m", "harness.cli", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env=os.environ | environment,
    )


@pytest.fixture
def cache(tmp_path):
    """The path of a cache: an Xvfb of trixie, and one of sid that lacks RANDR."""
    for release, option in (("trixie", ""), ("sid", "-extension RANDR")):
        folder = tmp_path / "cache" / "servers" / release / "xvfb"
        folder.mkdir(parents=True)
        program = folder / "Xvfb"
        program.write_text(f'#!/bin/sh\nexec {shutil.which("Xvfb")} {option} "$@"\n')
        program.chmod(0o755)
    return str(tmp_path / "cache")


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """The file of a client that maps a window."""
    path = tmp_path_factory.mktemp("recorded") / "client.pcapng"
    command = [sys.executable, "-c", CLIENT]
    done = run("record", "--server", "xvfb", "--size", "320x200", "-o", path, "--", *command)
    assert done.returncode == 0, done.stderr
    return path


def test_the_target_has_the_depth_of_the_recorded_screen(recording, tmp_path):
    """Replays and searches start it so; on another depth pixels would be other colours."""
    path = tmp_path / "shallow.pcapng"
    with launch(ServerSpec(build=find_on_path(ServerKind.XVFB), depth=16)) as server:
        where = {"DISPLAY": server.display, "XAUTHORITY": str(server.authority)}
        command = [sys.executable, "-c", CLIENT]
        assert run("record", "-o", path, "--", *command, **where).returncode == 0
    done = run("replay", path, "--server", "xvfb")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    script = tmp_path / "none.py"
    done = run("repro", path, "--server", "xvfb", "-o", script)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


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


def test_releases_are_servers_like_the_installed_one(recording, cache):
    """Of several the end has a table, with one that cannot be used in words."""
    servers = ("xvfb", "xvfb@trixie", "xvfb@sid", "xvfb@bookworm")
    words = [word for name in servers for word in ("--server", name)]
    done = run("replay", recording, *words, XHARNESS_CACHE=cache)
    assert (done.returncode, done.stderr) == (2, ""), done.stdout
    table = done.stdout[done.stdout.rindex("\n\n") :].split("\n")
    rows = {row.split()[0]: row for row in table if row}
    assert list(rows) == list(servers)
    assert rows["xvfb"].endswith("the same as recorded")
    assert rows["xvfb@trixie"].endswith("the same as recorded")
    assert rows["xvfb@sid"].endswith("request 3)")
    assert "1 difference, the first: reply QueryExtension, present" in rows["xvfb@sid"]
    assert "\n1 difference:\nreply QueryExtension" in done.stdout
    assert rows["xvfb@bookworm"].endswith("cannot be used: see above")
    assert "xharness servers fetch xvfb@bookworm" in done.stdout
    words = ("--server", "xvfb", "--against", "xvfb@sid")
    assert (
        "\n1 place where they part:\n"
        in run("replay", recording, *words, XHARNESS_CACHE=cache).stdout
    )


def test_several_servers_are_held_against_one(recording, cache, tmp_path):
    """Where all do the same the status is 0; pictures are numbered as the servers are."""
    words = ("--server", "xvfb", "--server", "xvnc", "--against", "xvfb@trixie")
    folder = tmp_path / "pictures"
    done = run("replay", recording, *words, "--pictures", folder, XHARNESS_CACHE=cache)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("the same as Xvfb ") == 2
    assert {"1-root.png", "2-root.png", "3-root.png"} <= {path.name for path in folder.iterdir()}


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
        (["--server", "xvfb7"], "xvfb7 is not known; known kinds: xvfb, xephyr"),
        (["--server", "xvfb@"], "xvfb@ names no release; expected KIND@RELEASE"),
        (["--server", "xvfb", "--against", "x"], "x is not known; known kinds"),
        (["--against", "xvfb"], "name it too, by --server xvfb or --display :N"),
    ],
)
def test_what_cannot_be_done_is_said(recording, words, expected):
    """Status 2, nothing else."""
    done = run("replay", recording, *words, DISPLAY="")
    assert (done.returncode, done.stdout) == (2, "")
    assert expected in done.stderr


@pytest.mark.parametrize("closed", [1, 2])
def test_a_closed_stream_is_no_failure(recording, closed):
    """Of ``>&-`` and ``2>&-``: the status says it alone."""
    command = [sys.executable, "-m", "harness.cli", "replay", recording, "--server", "xvfb"]
    shell = 'exec "$@" ' + f"{closed}>&-"
    done = subprocess.run(
        ["sh", "-c", shell, "sh", *map(str, command)], capture_output=True, check=False, timeout=100
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""


def test_a_file_that_is_no_recording_is_said(tmp_path):
    """With its place, as the reader says it; also one that is not there, or holds no client."""
    foreign = tmp_path / "foreign"
    foreign.write_text("not a recording, but long enough for one\n" * 5)
    for path in (foreign, tmp_path / "absent"):
        done = run("replay", path, "--server", "xvfb")
        assert (done.returncode, done.stdout) == (2, "")
        assert str(path) in done.stderr
