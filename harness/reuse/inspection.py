# SPDX-License-Identifier: MIT
"""Proof that a server which has served a test is as good as new."""

from contextlib import ExitStack, closing

from harness.deadlines import Deadline
from harness.reuse.errors import NotReusable
from harness.reuse.restoration import Restoration
from harness.reuse.wire import Wire
from harness.reuse.witness import Witness
from harness.servers.process.launched_server import LaunchedServer
from harness.x11.plain_connection import query_extensions

ANSWER_SECONDS = 2.0
CLIENTS_GO_SECONDS = 0.5
"""How long clients that a test has closed may stay connected."""


class Inspection:
    """Watches ``server`` from its first moment on, which must be now.

    Two connections stay open between tests.  ``served`` are the tests that it has served.
    Raises NotReusable when the server cannot be watched.
    """

    def __init__(self, server: LaunchedServer) -> None:
        deadline = Deadline.after(ANSWER_SECONDS)
        self.server = server
        self.served: list[str] = []
        extensions = query_extensions(server.display, server.cookie)
        with ExitStack() as connections:
            control = connections.enter_context(closing(Wire(server, deadline)))
            record = connections.enter_context(closing(Wire(server, deadline)))
            self._witness = Witness(record, control, extensions, deadline)
            self._new = Restoration(server, control, extensions, deadline)
            self._log_size = self._size_of_log()
            self._connections = connections.pop_all()

    def verdict(self) -> str | None:
        """Why the server cannot serve another test, in words; None when it is as good as new.

        The clients of the last test must be closed, or about to be.
        """
        try:
            return self._verdict()
        except NotReusable as error:
            return str(error)

    def close(self) -> None:
        """Disconnect from the server."""
        self._connections.close()

    def _verdict(self) -> str | None:
        if not self.server.alive:
            return "it has ended"
        self._witness.catch_up(Deadline.after(ANSWER_SECONDS))
        if self._witness.retired_by is not None:
            return f"{self._witness.retired_by} may leave something behind"
        self._witness.wait_until_alone(Deadline.after(CLIENTS_GO_SECONDS), ANSWER_SECONDS)
        if self._witness.retired_by is not None:
            return f"{self._witness.retired_by} may leave something behind"
        if different := self._put_back():
            return f"{different[0]}: not as when it was new"
        if self.server.reported:
            return "a sanitizer or valgrind reported an error"
        return "it wrote to its log" if self._size_of_log() != self._log_size else None

    def _put_back(self) -> list[str]:
        """Put back what the test changed of the screen and the root; what stays different."""
        deadline = Deadline.after(ANSWER_SECONDS)
        resized, self._witness.resized = self._witness.resized, False
        different = self._new.differences(deadline, millimeters=resized)
        if different:
            self._new.put_back_screen(deadline)
            different = self._new.differences(deadline)
        if different:
            self._new.put_back_core(deadline)
            different = self._new.differences(deadline)
        return different

    def _size_of_log(self) -> int:
        return self.server.log_path.stat().st_size
