# SPDX-License-Identifier: MIT
"""What the guest answers to commands, and the display that the host gives it, without a kernel."""

import os
import re
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from harness.servers.kms import commands, drm, host, vkms
from harness.servers.kms.commands import Commands
from harness.servers.kms.words import Guest
from harness.servers.monitors import scanned_out
from harness.servers.monitors.scanned_out import content_of
from harness.servers.process.log import tail
from tests.servers.traces import traces

CRTCS = 3
RAMP = tuple(range(256))


class Screen:
    """A device whose first CRTC shows a part of a buffer, and whose second one is off."""

    def __init__(self, width: int = 3, format: bytes = b"XR24") -> None:
        self.width, self.format = width, format

    def crtc(self, number: int) -> drm.DeviceCrtc:
        if number:
            return drm.DeviceCrtc(False, 0, 0, 0, 0, 0, 0, 0)
        return drm.DeviceCrtc(True, 7, 1, 2, self.width, 2, 100, 5_000_000)

    def cursor(self, number: int) -> drm.CursorState | None:
        return None if number else drm.CursorState(-4, 5, self.picture(128, 128))

    def gamma(self, _number: int) -> tuple[tuple[int, ...], ...]:
        return (RAMP,) * 3

    def read(self, buffer: int) -> drm.FrameBuffer:
        assert buffer == 7
        return self.picture(8, 4)

    def picture(self, width: int, height: int) -> drm.FrameBuffer:
        """Each pixel says where it is; rows are longer than their pixels."""
        rows = [
            b"".join(bytes((x, y, 0, 0)) for x in range(width)) + bytes(16) for y in range(height)
        ]
        return drm.FrameBuffer(width, height, 4 * width + 16, self.format, b"".join(rows))


@pytest.fixture
def guest(tmp_path):
    return Guest(str(tmp_path), [], "", {}, CRTCS, [], "00" * 16)


@pytest.fixture
def answer(guest):
    return Commands(guest, "/nowhere").answer


def test_the_part_of_the_buffer_that_a_crtc_shows_is_scanned_out(tmp_path):
    """In its own rows, with frame, time, cursor and ramps, as a file of the driver has them."""
    path = tmp_path / "scanout"
    path.write_bytes(content_of(commands.scanned_out(Screen(), 0)))
    shown = scanned_out.read(path)
    assert (shown.on, shown.width, shown.height, shown.stride) == (True, 3, 2, 12)
    assert (shown.x, shown.y, shown.depth, shown.msc, shown.ust) == (1, 2, 24, 100, 5000)
    assert shown.data == b"".join(bytes((x, y, 0, 0)) for y in (2, 3) for x in (1, 2, 3))
    assert (shown.cursor.shown, shown.cursor.x, shown.cursor.y) == (True, -4, 5)
    assert shown.cursor.image[-4:] == bytes((63, 63, 0, 0))
    assert shown.gamma == (RAMP,) * 3


def test_a_crtc_that_is_off_scans_nothing_out(tmp_path):
    """Neither a picture nor a cursor."""
    path = tmp_path / "scanout"
    path.write_bytes(content_of(commands.scanned_out(Screen(), 1)))
    shown = scanned_out.read(path)
    assert (shown.on, shown.width, shown.height, shown.data) == (False, 0, 0, b"")
    assert not shown.cursor.shown


def test_a_buffer_of_another_format_is_refused():
    """Its name is told: bytes would be taken for other pixels."""
    with pytest.raises(commands.Refused, match=r"format b'NV12'"):
        commands.scanned_out(Screen(format=b"NV12"), 0)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("dance 0", "expected plug, unplug, .* and a number, got 'dance 0'"),
        ("plug", "expected .* and a number, got 'plug'"),
        ("plug 0 1", "expected .* and a number"),
        ("plug one", "invalid literal"),
        ("plug 3", "there are CRTCs and outputs 0 to 2, not 3"),
        ("scanout -1", "0 to 2, not -1"),
        ("scanout 0", "No such file or directory: '/nowhere'"),
    ],
)
def test_what_cannot_be_done_is_answered_in_words(answer, monkeypatch, line, said):
    """One line, and the guest goes on."""
    monkeypatch.setattr(vkms, "CARD", Path("/nowhere"))
    assert re.fullmatch(f"error .*{said}.*", answer(line))


def test_a_plug_that_changes_nothing_waits_for_nothing(answer, tmp_path, monkeypatch):
    """No event would come of it."""
    status = tmp_path / "connectors/01/status"
    status.parent.mkdir(parents=True)
    status.write_text("1\n")
    monkeypatch.setattr(vkms, "CONFIGURATION", tmp_path)
    assert answer("plug 1") == "ok"
    assert status.read_text() == "1\n"


def test_commands_are_lines_of_one_connection_after_another(guest, tmp_path):
    """Each is answered before the next is read."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "commands"))
        listener.listen()

        def serve():
            with suppress(OSError):
                commands.serve(listener, Commands(guest, ""))

        serving = threading.Thread(target=serve)
        serving.start()
        for _ in range(2):
            with socket.socket(socket.AF_UNIX) as stream:
                stream.connect(str(tmp_path / "commands"))
                lines = stream.makefile("rw")
                for word in ("one", "two"):
                    lines.write(f"{word} 0\n")
                    lines.flush()
                    assert lines.readline().endswith(f"got '{word} 0'\n")
                lines.close()
        listener.shutdown(socket.SHUT_RDWR)
        serving.join()


def test_a_display_is_taken_as_a_server_takes_it():
    """A socket with a name and an abstract one, a lock with the process; all are given back."""
    with host.display() as (number, listeners), host.display() as (other, _):
        assert other != number
        path, lock = Path(f"/tmp/.X11-unix/X{number}"), Path(f"/tmp/.X{number}-lock")
        assert lock.read_text() == f"{os.getpid():10}\n"
        assert [one.getsockname() for one in listeners] == [b"\0" + os.fsencode(path), str(path)]
        left = traces(f":{number}")
        assert len(left) == 2
    # A server may have taken the display at once.
    assert not left & traces(f":{number}")


@pytest.mark.parametrize("status", [0, 3, -6, -15])
def test_the_host_ends_as_its_server(status):
    """With its status, or by its signal."""
    code = f"from harness.servers.kms.host import end; end({status})"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == status


@pytest.mark.parametrize(
    ("status", "how"),
    [(None, "broke its line off"), (0, "ended with status 0"), (-7, "ended by SIGBUS")],
)
def test_a_guest_that_ended_by_itself_is_a_failure(status, how):
    """As after a panic of its kernel; the words say how it ended, and what it may lack."""
    code = f"from harness.servers.kms.host import end; end(None, {status})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"the guest {how}, and its server with it; ")
    assert "768 MB in /dev/shm" in done.stderr


def test_what_every_guest_logs_is_not_shown_with_a_failure(tmp_path):
    """The words of its kernel and of Mesa while all is well; other words of both are."""
    log = tmp_path / "server.log"
    log.write_text(
        "register_lines : can't register UML console driver\n"
        "MESA-LOADER: failed to open vkms: /usr/lib/dri/vkms_dri.so: cannot open shared object\n"
        "failed to load driver: vkms\n"
        "MESA-LOADER: failed to open swrast: out of memory\n"
        "kmsro: driver missing\n"
        "Kernel panic - not syncing\n"
    )
    assert tail(log).splitlines() == [
        "MESA-LOADER: failed to open swrast: out of memory",
        "Kernel panic - not syncing",
    ]
