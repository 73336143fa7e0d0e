# SPDX-License-Identifier: MIT
"""A running X server, as the rest of the harness uses it."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

from harness.errors import HarnessError
from harness.servers.errors import ServerDied, ServerHung, describe_status
from harness.servers.flip.control import FlipControl
from harness.servers.kinds.table import ServerKind
from harness.servers.monitors.control import MonitorControl
from harness.servers.process.process import process_state
from harness.servers.reports import Report, SanitizerReported
from harness.servers.spec import ServerSpec
from harness.servers.version import ServerVersion, server_version
from harness.x11.setup import Setup


class Ending(StrEnum):
    """How a server ended."""

    CLEAN = "clean"
    DIED = "died earlier"
    FAILED = "failed while stopping"
    KILLED = "killed after the deadline"
    LEFT_RUNNING = "left running"


@dataclass(frozen=True, slots=True)
class Stop:
    """The end of a server.  ``status`` is its return code, ``log`` its last lines.

    ``reports`` are errors that a sanitizer or valgrind had reported before and that were not
    taken, ``end_reports`` those that came with the end, such as leaks, ``report_text`` all of it.
    """

    ending: Ending
    status: int | None
    log: str
    reports: tuple[Report, ...] = ()
    end_reports: tuple[Report, ...] = ()
    report_text: str = ""

    @property
    def clean(self) -> bool:
        """Whether nothing went wrong."""
        well = self.ending in (Ending.CLEAN, Ending.LEFT_RUNNING)
        return well and not self.reports and not self.end_reports

    def check_reports(self, server: str) -> None:
        """Raise SanitizerReported when there were reports of ``server``, its name."""
        if reports := self.reports + self.end_reports:
            raise SanitizerReported(server, reports, "while it ran", text=self.report_text)

    def __str__(self) -> str:
        status = "" if self.status is None else f": {describe_status(self.status, self.log)}"
        return f"{self.ending}{status}"


class Server(ABC):
    """A running X server: how to reach it, and whether it still lives.

    ``display`` is its name (":7"), ``cookie`` the data of its MIT-MAGIC-COOKIE-1 (empty
    when it needs none), ``authority`` the file that holds it, ``pid`` the process that
    listens (0 when it is not visible).  ``spec`` and ``log_path`` are None for a server
    that is not ours.  ``is_xwayland`` says whether it is known to be one; ``recognised`` is the
    kind of a server that is not ours, None when it is unknown.
    """

    display: str
    cookie: bytes
    authority: Path | None
    pid: int
    setup: Setup
    spec: ServerSpec | None
    log_path: Path | None
    is_xwayland: bool
    recognised: ServerKind | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def vendor(self) -> str:
        """The vendor string of the connection set-up."""
        return self.setup.vendor

    @property
    def release(self) -> int:
        """The release number of the connection set-up: 12101007 for 21.1.7."""
        return self.setup.release

    @property
    def version(self) -> ServerVersion:
        """The version in its vendor's line, as text ``21.1.7``."""
        return server_version(self.vendor, self.release, self.is_xwayland)

    @property
    def described(self) -> str:
        """Program and version, as a message names them: ``Xvfb 21.1.7``."""
        spec = self.spec
        name = f"the server at {self.display}" if spec is None else spec.build.kind.info.program
        return f"{name} {self.version}"

    @property
    def kind(self) -> ServerKind | None:
        """Which program it is, set up as the harness sets it up; None when that is unknown."""
        return self.recognised if self.spec is None else self.spec.build.kind

    @property
    @abstractmethod
    def name(self) -> str:
        """The server in words, for messages."""

    @property
    @abstractmethod
    def alive(self) -> bool:
        """Whether the server runs."""

    @abstractmethod
    def check_alive(self, handling: str = "", grace: float = 0.0) -> None:
        """Raise ServerDied when the server has ended.

        ``handling`` is the request it was busy with.  ``grace`` (s) waits for an end that
        is under way: a connection breaks before the process that crashed has ended.
        """

    @abstractmethod
    def log_tail(self, lines: int = 20, start: int = 0) -> str:
        """The last lines of its log from ``start`` (bytes) on, empty when it is not ours."""

    @property
    def log_size(self) -> int:
        """How much (bytes) it has logged so far, 0 when its log is not ours."""
        return 0

    @property
    def reported(self) -> bool:
        """Whether a sanitizer or valgrind has reported errors that nobody took."""
        return False

    def take_reports(self) -> list[Report]:
        """The errors that a sanitizer or valgrind has reported since the last call."""
        return []

    @property
    def report_text(self) -> str:
        """All that sanitizers and valgrind wrote of it as far as it was looked at."""
        return ""

    @property
    def flip(self) -> FlipControl | None:
        """The commands of the driver of a server of kind ``xorg-flip``; None for any other."""
        return None

    @property
    def monitor_control(self) -> MonitorControl | None:
        """The commands of what drives its monitors; None where a test cannot command it."""
        return self.flip

    def attach_host(self) -> "Server | None":
        """The server in whose window this one shows its screen; None when it has no window.

        A new connection, for the caller to stop.  Raises DisplayUnusable.
        """
        return None

    @abstractmethod
    def stop(self) -> Stop:
        """End the server if it is ours; how it ended.  A repetition changes nothing."""

    def silent(self, request: str, seconds: float) -> HarnessError:
        """The error to raise when ``request`` got no answer within ``seconds``.

        ServerDied when the server has ended, else ServerHung.
        """
        try:
            self.check_alive(request)
        except ServerDied as error:
            return error
        return ServerHung(
            self.name, request, seconds, process_state(self.pid), self.log_tail(), self.log_path
        )
