# SPDX-License-Identifier: MIT
"""What the user of a sway tells it, which shows the windows of an Xwayland (sway-ipc(7))."""

import json
import os
import socket
import struct
from pathlib import Path
from typing import Protocol

from harness.clients.connection.endpoint import REPLY_SECONDS, Endpoint
from harness.deadlines import Deadline
from harness.errors import HarnessError

_MAGIC, _RUN_COMMAND = b"i3-ipc", 0
_HEAD = struct.Struct("=6sII")
"""Magic, length of what follows, type of the message."""

_FOLDER = b"XDG_RUNTIME_DIR="


class SwayRefused(HarnessError):
    """No sway shows the server, or it does not do what it was told."""


class _Shown(Endpoint, Protocol):
    @property
    def pid(self) -> int: ...


class SwayCommands:
    """Commands to the sway beside ``server``, whose socket is in the folder that both use.

    Raises SwayRefused when there is none.
    """

    def __init__(self, server: _Shown) -> None:
        self._server = server
        environment = Path(f"/proc/{server.pid}/environ").read_bytes().split(b"\0")
        folders = [
            Path(os.fsdecode(one.removeprefix(_FOLDER)))
            for one in environment
            if one.startswith(_FOLDER)
        ]
        found = [path for folder in folders for path in folder.glob("sway-ipc.*.sock")]
        if len(found) != 1:
            raise SwayRefused(
                f"{server.display}: expected the socket of one sway in {folders}, found {found}"
            )
        self._path = found[0]

    def run(self, command: str) -> None:
        """Have sway carry out ``command``, of sway(5); what follows at its clients may come later.

        Raises SwayRefused with what sway says.
        """
        words = command.encode()
        try:
            with socket.socket(socket.AF_UNIX) as stream:
                deadline = Deadline.after(REPLY_SECONDS)
                stream.settimeout(deadline.seconds)
                stream.connect(str(self._path))
                stream.sendall(_HEAD.pack(_MAGIC, len(words), _RUN_COMMAND) + words)
                with stream.makefile("rb") as reader:
                    _, length, _ = _HEAD.unpack(reader.read(_HEAD.size))
                    answers = json.loads(reader.read(length))
        except (OSError, struct.error) as error:
            self._server.check_alive(f"the command {command!r}")
            raise SwayRefused(f"no answer of sway to {command!r}: {error}") from None
        if wrong := [one for one in answers if not one["success"]]:
            raise SwayRefused(f"sway refused {command!r}: {wrong[0].get('error', wrong[0])}")
