# SPDX-License-Identifier: MIT
"""What sway made for its own Xwayland reaches the one that the harness starts."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
from contextlib import ExitStack

import pytest

from harness.servers.kinds import sway_program

SECONDS = 10.0

COMMAND = """\
import os, sys
words = sys.argv[1:]
def value(option):
    at = words.index(option)
    number = int(words[at + 1])
    del words[at : at + 2]
    return number
os.write(int(os.environ["WAYLAND_SOCKET"]), b"client")
for text in (b"first", b"second"):
    os.write(value("-listenfd"), text)
os.write(value("-wm"), " ".join(words[:3]).encode())
ready = value("-displayfd")
if "--break" not in words:
    os.write(ready, b"4")
    os.write(ready, b"2\\n")
"""


class Sway:
    """The other ends of what sway gives an Xwayland, and the place where it is asked."""

    def __init__(self, folder, resources: ExitStack) -> None:
        self.control = folder / "control"
        self._ours, self._theirs = {}, {}
        for name in ("wayland", "first", "second", "manager"):
            pair = socket.socketpair()
            for end in pair:
                resources.enter_context(end)
                end.settimeout(SECONDS)
            self._ours[name], self._theirs[name] = pair
        self.ready, self._ready = os.pipe()
        resources.callback(os.close, self.ready)
        self.ipc = resources.enter_context(socket.socket(socket.AF_UNIX))
        self.ipc.settimeout(SECONDS)
        self.ipc.bind(str(folder / "ipc"))
        self.ipc.listen()
        theirs = {name: end.fileno() for name, end in self._theirs.items()}
        self.giver = subprocess.Popen(
            [
                *(sys.executable, "-IS", sway_program.__file__, "give", self.control),
                *(":42", "-rootless", "-core", "-terminate"),
                *("-listenfd", str(theirs["first"]), "-listenfd", str(theirs["second"])),
                *("-displayfd", str(self._ready), "-wm", str(theirs["manager"])),
            ],
            env={"WAYLAND_SOCKET": str(theirs["wayland"]), "SWAYSOCK": str(folder / "ipc")},
            pass_fds=(*theirs.values(), self._ready),
            start_new_session=True,
        )
        resources.callback(self._end)
        os.close(self._ready)
        for end in self._theirs.values():
            end.close()

    def received(self, name: str) -> bytes:
        return self._ours[name].recv(100)

    def wait_until_it_listens(self) -> None:
        """As the harness does: it connects, and sends nothing."""
        while True:
            with socket.socket(socket.AF_UNIX) as look:
                if look.connect_ex(str(self.control)) == 0:
                    return
            assert self.giver.poll() is None

    def _end(self) -> None:
        with self.giver:
            if self.giver.poll() is None:
                os.killpg(self.giver.pid, signal.SIGKILL)


@pytest.fixture
def sway(tmp_path):
    with ExitStack() as resources:
        yield Sway(tmp_path, resources)


@pytest.fixture
def take(tmp_path, sway):
    """Start the other half; the end at which the display's number arrives."""
    program = tmp_path / "command.py"
    program.write_text(textwrap.dedent(COMMAND))
    with ExitStack() as resources:

        def start(*options: str) -> int:
            reading, writing = os.pipe()
            resources.callback(os.close, reading)
            sway.wait_until_it_listens()
            process = subprocess.Popen(
                [
                    *(sys.executable, "-IS", sway_program.__file__, "take", sway.control),
                    *(sys.executable, program, "-auth", "file", *options),
                    *("-displayfd", str(writing)),
                ],
                pass_fds=(writing,),
            )
            os.close(writing)
            resources.callback(process.wait, SECONDS)
            return reading

        yield start


def test_the_command_gets_what_sway_made(sway, take):
    """The Wayland connection, both sockets of the display, the window manager's connection, and
    the display; nothing else of sway's options."""
    take()
    assert sway.received("wayland") == b"client"
    assert sway.received("first") == b"first"
    assert sway.received("second") == b"second"
    assert sway.received("manager") == b"-auth file :42"


def test_the_number_arrives_when_sway_has_set_up_its_window_manager(sway, take):
    """Sway has the number first; the harness gets it when sway answered what it was sent then."""
    report = take()
    assert os.read(sway.ready, 100) == b"42\n"
    os.set_blocking(report, False)
    asked, _ = sway.ipc.accept()
    with asked:
        assert asked.recv(100).startswith(b"i3-ipc")
        with pytest.raises(BlockingIOError):
            os.read(report, 100)
        asked.sendall(b"i3-ipc")
    assert sway.giver.wait(SECONDS) == 0
    assert os.read(report, 100) == b"42\n"


def test_a_command_that_ends_early_reports_nothing(sway, take):
    """Neither sway nor the harness is told of a display, and no half stays behind."""
    report = take("--break")
    assert sway.giver.wait(SECONDS) == 0
    assert os.read(sway.ready, 100) == b""
    assert os.read(report, 100) == b""
