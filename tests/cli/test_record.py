# SPDX-License-Identifier: MIT
"""``xharness record``: as a person starts it."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.deadlines import Deadline
from harness.recordings.messages import RecordedKind, messages_of
from harness.recordings.pcapng.reader import read_recording
from harness.x11.address import Address
from harness.x11.authority import find_cookie
from harness.x11.plain_connection import connect

CREATE_WINDOW = 1

CLIENT = """
import os
from harness.clients.raw.raw_client import RawClient
from harness.servers.attached import attach
with attach(os.environ["DISPLAY"]) as server, RawClient(server, "{order}") as client:
    client.create_window(32, 32)
    client.sync()
    print("done")
"""


def argv(*words):
    return [sys.executable, "-m", "harness.cli", "record", *map(str, words)]


def record(*words, **options):
    return subprocess.run(
        argv(*words), capture_output=True, text=True, check=False, timeout=60, **options
    )


def kinds(messages, client):
    """What one client sent and received."""
    return [message.kind for message in messages if message.client == client]


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_client_is_recorded_from_its_first_byte_to_its_last(order, tmp_path):
    """Its output and status are its own; the recording names server and command."""
    path, program = tmp_path / "client.pcapng", CLIENT.format(order=order) + "raise SystemExit(7)"
    command = [sys.executable, "-c", program]
    done = record("--server", "xvfb", "--size", "320x200", "-o", path, "--", *command)
    assert (done.returncode, done.stdout) == (7, "done\n"), done.stderr
    recording = read_recording(path)
    assert recording.head.command == tuple(command)
    assert recording.head.server.startswith("Xvfb ")
    assert {"Present", "MIT-SHM"} <= {one.name for one in recording.head.extensions}
    assert not recording.cut_short
    messages = list(messages_of(recording))
    (window,) = (
        one for one in messages if one.kind is RecordedKind.REQUEST and one.data[0] == CREATE_WINDOW
    )
    assert window.order == order
    assert kinds(messages, window.client) == [
        RecordedKind.GREETING,
        RecordedKind.SETUP,
        RecordedKind.REQUEST,
        RecordedKind.REQUEST,
        RecordedKind.REPLY,
        RecordedKind.END,
    ]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_leaves_a_whole_file(number, tmp_path):
    """Without a command; a client is connected."""
    path = tmp_path / "file.pcapng"
    with subprocess.Popen(
        argv("--server", "xvfb", "-o", path), stdout=subprocess.PIPE, text=True
    ) as process:
        display, authority = (process.stdout.readline().split("=")[1].strip() for _ in range(2))
        address = Address.parse(display)
        cookie = find_cookie(Path(authority), address.number)
        with connect(address, cookie, Deadline.after(10)):
            process.send_signal(number)
            assert process.wait(20) == 0
    recording = read_recording(path)
    assert not recording.cut_short
    *_, last = messages = list(messages_of(recording))
    assert kinds(messages, last.client) == [RecordedKind.GREETING, RecordedKind.SETUP]


SPEAKING = CLIENT.format(order="<").replace(
    "client.sync()", "[client.reply(client.request(98, 0, bytes(4))) for _ in range(20_000)]"
)
"""Far more than a file of ``LIMITED`` takes."""
LIMITED = ["sh", "-c", 'ulimit -f 200; exec "$@"', "sh"]


def test_a_disk_that_is_full_ends_the_recording_and_not_the_client(tmp_path):
    """What is in the file can be read; the command is not disturbed, and status 125 says so."""
    path = tmp_path / "file.pcapng"
    words = argv("--server", "xvfb", "-o", path, "--", sys.executable, "-c", SPEAKING)
    done = subprocess.run(
        [*LIMITED, *words], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (125, "done\n"), done.stderr
    assert f"the recording {path} cannot be written: File too large" in done.stderr
    recording = read_recording(path)
    assert recording.cut_short
    assert sum(1 for _ in messages_of(recording)) > 100


def test_a_disk_that_is_full_is_said_at_once(tmp_path):
    """The end may be hours away."""
    words = argv("--server", "xvfb", "-o", tmp_path / "file.pcapng")
    with subprocess.Popen(
        [*LIMITED, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        display, authority = (process.stdout.readline().split("=")[1].strip() for _ in range(2))
        environment = os.environ | {"DISPLAY": display, "XAUTHORITY": authority}
        subprocess.run([sys.executable, "-c", SPEAKING], env=environment, check=True, timeout=60)
        try:
            said = select.select([process.stderr], [], [], 10)[0]
            assert said, "nothing is said while it runs"
            assert "cannot be written: File too large" in process.stderr.readline()
        finally:
            process.terminate()
        assert process.wait(20) == 125


def test_a_file_that_cannot_be_made_is_an_error_before_the_command_runs(tmp_path):
    """With its path and the reason."""
    path = tmp_path / "missing" / "file.pcapng"
    done = record("--server", "xvfb", "-o", path, "--", "echo", "ran")
    assert (done.returncode, done.stdout) == (125, "")
    assert f"the recording {path} cannot be written: No such file" in done.stderr


def test_a_client_never_has_a_file_of_ours_for_a_stream_that_is_closed(tmp_path):
    """Of ``<&-`` and ``>&-``: it would write into its connection, or into the recording."""
    look = "streams=$(readlink /proc/$$/fd/0 /proc/$$/fd/1); echo $streams >&2"
    words = argv("--server", "xvfb", "-o", tmp_path / "client.pcapng", "--", "sh", "-c", look)
    command = ["sh", "-c", 'exec "$@" <&- >&-', "sh", *words]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stderr.endswith("\n/dev/null /dev/null\n")
