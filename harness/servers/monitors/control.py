# SPDX-License-Identifier: MIT
"""Commands to what drives the monitors of a server: plugs, terminals, what is scanned out."""

import socket
from dataclasses import dataclass
from operator import index
from pathlib import Path
from typing import Protocol

from harness.deadlines import Deadline
from harness.errors import HarnessError
from harness.servers.monitors import scanned_out
from harness.servers.monitors.scanned_out import ScannedOut

SOCKET = "control"
ANSWER_SECONDS = 10.0
LONGEST_ANSWER = 256
DEATH_SECONDS = 2.0
"""How long a server that closed the connection may take to be seen dead."""


class MonitorControlError(HarnessError):
    """A command that the driver refuses, or no answer."""


class _Watched(Protocol):
    """The server, as far as this needs it."""

    @property
    def alive(self) -> bool: ...
    def check_alive(self, handling: str = "", grace: float = 0.0) -> None: ...
    def silent(self, request: str, seconds: float) -> HarnessError: ...


@dataclass(frozen=True, slots=True)
class Tick:
    """The present frame of a CRTC: its number, its time (us), the serial of what is scanned out."""

    msc: int
    ust: int
    serial: int


class MonitorControl:
    """The monitors of one server, by the socket in ``folder``, the server's private one.

    CRTCs and their outputs are numbers from 0 on, in the order of their ids.  Every command is
    done when its method returns: what it brings has been sent to clients.  The server must have
    handled what a command is to come after: synchronize clients first.

    Raises MonitorControlError for what is refused, TypeError for a number that is not whole where
    one is expected, ServerDied and ServerHung.
    """

    driver = "the driver of xorg-flip"
    """What takes the commands, in words."""

    def __init__(self, folder: Path, server: _Watched) -> None:
        self._folder, self._server = folder, server
        self._stream: socket.socket | None = None

    def clock(self, crtc: int) -> Tick:
        """The present frame of ``crtc``."""
        return self._tick("clock", crtc)

    def plug(self, output: int) -> None:
        """Connect a monitor."""
        self._ask("plug", output)

    def unplug(self, output: int) -> None:
        """Disconnect a monitor.  Its CRTC stays as it is until a client changes it."""
        self._ask("unplug", output)

    def switch_away(self) -> None:
        """Have another virtual terminal in front, as a user does who looks after something else.

        Until ``switch_back`` nothing flips.  What else is left out is the driver's affair:
        docs/servers.md.
        """
        self._ask("vt", 0)

    def switch_back(self) -> None:
        """Have the server's virtual terminal in front again, with the modes that were set last."""
        self._ask("vt", 1)

    def scanout(self, crtc: int = 0) -> ScannedOut:
        """What ``crtc`` scans out now."""
        self._ask("scanout", crtc)
        return scanned_out.read(self._folder / f"scanout.{crtc}")

    def restart(self) -> None:
        """Put back what commands changed, as far as it would disturb who comes after."""

    def close(self) -> None:
        """Disconnect from the driver, which goes on as it is."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _tick(self, name: str, *numbers: int) -> Tick:
        return Tick(*map(int, self._ask(name, *numbers)))

    def _ask(self, name: str, *numbers: int) -> list[str]:
        """The words of the answer behind its ``ok``."""
        command = " ".join((name, *(str(index(number)) for number in numbers)))
        deadline = Deadline.after(ANSWER_SECONDS)
        try:
            answer = self._exchange(command, deadline)
        except TimeoutError:
            self.close()
            raise self._server.silent(f"the command {command!r}", deadline.seconds) from None
        except OSError as error:
            self.close()
            self._server.check_alive(f"the command {command!r}", DEATH_SECONDS)
            raise MonitorControlError(
                f"no answer to {command!r} from {self.driver}: {error.strerror or error}"
            ) from None
        word, *values = answer.split()
        if word != "ok":
            raise MonitorControlError(
                f"{self.driver} refused {command!r}: {answer.partition(' ')[2].strip()}"
            )
        return values

    def _exchange(self, command: str, deadline: Deadline) -> str:
        if self._stream is None:
            stream = socket.socket(socket.AF_UNIX)
            stream.settimeout(deadline.remaining)
            stream.connect(str(self._folder / SOCKET))
            self._stream = stream
        self._stream.settimeout(deadline.remaining)
        self._stream.sendall(f"{command}\n".encode())
        answer = b""
        while not answer.endswith(b"\n"):
            self._stream.settimeout(max(deadline.remaining, 0.001))
            chunk = self._stream.recv(LONGEST_ANSWER)
            if not chunk:
                raise ConnectionResetError("it closed the connection")
            answer += chunk
        return answer.decode()
