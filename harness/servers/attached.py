# SPDX-License-Identifier: MIT
"""A server that was not started here: used, never stopped."""

import shutil
from functools import cached_property
from pathlib import Path

from harness.deadlines import Deadline
from harness.servers.errors import DisplayUnusable, ServerDied
from harness.servers.kinds.table import ServerKind
from harness.servers.server import Ending, Server, Stop
from harness.x11 import authority
from harness.x11.address import Address
from harness.x11.encoding import NATIVE, ByteOrder
from harness.x11.plain_connection import Dropped, PlainConnection, Unusable, connect

CONNECT_SECONDS = 5.0

_XWAYLAND = "XWAYLAND"
"""The extension by which Xwayland shows what it is, since 23.1."""


def attach(display: str, file: Path | None = None) -> "AttachedServer":
    """The server at ``display`` (":7"), opened with its cookie in ``file`` if that has one.

    ``file`` is by default the user's own.
    Raises DisplayNameError for a wrong name, DisplayUnusable when it cannot be used.
    """
    address = Address.parse(display)
    file = authority.user_file() if file is None else file
    cookie = authority.find_cookie(file, address.number)
    deadline = Deadline.after(CONNECT_SECONDS)
    try:
        connection = _connect(address, cookie or b"", deadline)
        is_xwayland = bool(connection.query([_XWAYLAND], deadline))
    except Unusable as error:
        used = f"the cookie in {file}" if cookie else f"no cookie, for {file} {_lack(file)}"
        raise DisplayUnusable(
            f"the display {display} cannot be used: {error}; used {used}; "
            f"set XAUTHORITY to the file that has one, or start the server"
        ) from None
    return AttachedServer(address, cookie or b"", file if cookie else None, connection, is_xwayland)


def _lack(file: Path) -> str:
    """Why ``file`` gave no cookie for a display."""
    try:
        file.read_bytes()
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return "has none for it"


def _connect(address: Address, cookie: bytes, deadline: Deadline) -> PlainConnection:
    """A connection; repeats the attempt while a server that resets drops connections."""
    while True:
        try:
            return connect(address, cookie, deadline)
        except Dropped:
            if deadline.passed:
                raise


class AttachedServer(Server):
    """A server that was not started here.

    One connection stays open, so that a server that resets or ends with its last client
    does neither between two tests.
    """

    def __init__(
        self,
        address: Address,
        cookie: bytes,
        file: Path | None,
        connection: PlainConnection,
        is_xwayland: bool,
    ) -> None:
        self.display, self.cookie, self.authority = address.name, cookie, file
        self.setup = connection.setup
        self.pid = connection.setup.pid
        self.spec = None
        self.log_path = None
        self.is_xwayland = is_xwayland
        self.recognised = kind_of_process(self.pid)
        self._connection = connection

    @cached_property
    def accepts_swapped(self) -> bool:
        """Whether it lets clients of the byte order in that this machine does not have."""
        other: ByteOrder = ">" if NATIVE == "<" else "<"
        deadline = Deadline.after(CONNECT_SECONDS)
        try:
            connect(Address.parse(self.display), self.cookie, deadline, other).close()
        except Unusable:
            return False
        return True

    @property
    def name(self) -> str:
        return f"the server at {self.display}"

    @property
    def alive(self) -> bool:
        return not self._connection.closed(0)

    def check_alive(self, handling: str = "", grace: float = 0.0) -> None:
        """Raise ServerDied, without status and log, when the connection is closed."""
        if self._connection.closed(grace):
            raise ServerDied(self.name, None, handling, "", None)

    def log_tail(self, lines: int = 20, start: int = 0) -> str:
        return ""

    def stop(self) -> Stop:
        self._connection.close()
        return Stop(Ending.LEFT_RUNNING, None, "")


def kind_of_process(pid: int) -> ServerKind | None:
    """The kind whose program a process runs, with the driver and argument that tell it apart."""
    folder = Path(f"/proc/{pid}")
    try:
        program = (folder / "exe").resolve(strict=True)
        mapped = (folder / "maps").read_text(errors="replace")
        arguments = (folder / "cmdline").read_text(errors="replace").split("\0")
    except OSError:
        return None
    fitting = []
    for kind in ServerKind:
        name, module = kind.info.program, kind.info.module
        installed = Path(shutil.which(name) or name).resolve()
        driver = module.file if module else kind.info.own_driver
        loaded = not driver or f"/{Path(driver).name}\n" in mapped
        if program.name in (name, installed.name) and loaded:
            fitting.append(kind)
    signed = [kind for kind in fitting if kind.info.sign and kind.info.sign in arguments]
    return next(iter(signed or [kind for kind in fitting if not kind.info.sign]), None)
