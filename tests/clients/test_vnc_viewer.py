# SPDX-License-Identifier: MIT
"""A viewer of a VNC server, against sockets that answer as some servers do."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from harness.clients.connection.errors import ConnectionLost
from harness.clients.raw.vnc_viewer import NoVncSocket, VncViewer
from harness.errors import HarnessError
from harness.pixels.rectangle import Rectangle

SERVER_INIT = bytes(20) + b"\0\0\0\4name"


class FakeServer:
    """A process whose command line names a socket, or none."""

    display, cookie = ":7", b""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def check_alive(self, handling: str = "", grace: float = 0.0) -> None:
        pass

    def silent(self, request: str, seconds: float) -> HarnessError:
        return HarnessError(request)


@contextmanager
def answering(folder: Path, answers: list[bytes]) -> Iterator[tuple[FakeServer, bytearray]]:
    """A server that sends each answer after it got something; what it got in the end."""
    path, got = folder / "vnc", bytearray()
    sleeper = subprocess.Popen(
        [sys.executable, "-c", "input()", "-rfbunixpath", str(path)], stdin=-1
    )
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            stream, _ = listener.accept()
            with stream:
                stream.sendall(b"RFB 003.008\n")
                for answer in answers:
                    got.extend(stream.recv(64))
                    stream.sendall(answer)
                while part := stream.recv(4096):
                    got.extend(part)

        thread = Thread(target=serve)
        thread.start()
        try:
            yield FakeServer(sleeper.pid), got
        finally:
            thread.join(10)
            sleeper.kill()
            sleeper.communicate()


def test_a_size_and_the_places_of_monitors_are_sent(tmp_path: Path) -> None:
    with (
        answering(tmp_path, [b"\1\1", bytes(4), SERVER_INIT]) as (server, got),
        VncViewer(server) as viewer,
    ):
        viewer.set_desktop_size(520, 300, [Rectangle(320, 0, 200, 300)])
    assert bytes(got).startswith(b"RFB 003.008\n\1\1")
    place = b"\0\0\0\1" + bytes.fromhex("01400000 00c8012c") + bytes(4)
    assert bytes(got).endswith(b"\xfb\0" + bytes.fromhex("0208012c") + b"\1\0" + place)


def test_a_server_that_wants_a_password_is_named_with_what_to_do(tmp_path: Path) -> None:
    words = r":7 .* types \[2\]; .*-SecurityTypes None"
    with answering(tmp_path, [b"\1\2"]) as (server, _), pytest.raises(NoVncSocket, match=words):
        VncViewer(server)


def test_a_server_that_refuses_the_viewer_is_named(tmp_path: Path) -> None:
    answers = [b"\1\1", b"\0\0\0\1"]
    with (
        answering(tmp_path, answers) as (server, _),
        pytest.raises(ConnectionLost, match=":7 refused"),
    ):
        VncViewer(server)


def test_a_process_without_a_socket_for_viewers_is_named() -> None:
    with pytest.raises(NoVncSocket, match=":7 was not started with -rfbunixpath PATH"):
        VncViewer(FakeServer(os.getpid()))
