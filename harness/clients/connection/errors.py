# SPDX-License-Identifier: MIT
"""Errors between a client and the server, as the client sees them."""

from harness.errors import HarnessError
from harness.timeline import record


class ConnectionLost(HarnessError):
    """The server closed this client's connection although it is alive."""


class ProtocolError(HarnessError):
    """The server answered a request with an error that no block catches."""

    def __init__(self, error: record.Error, request: str) -> None:
        self.error = error
        super().__init__(
            f"{error.client} got a {error.name} error for {request} "
            f"(sequence {error.sequence}, value {error.value:#x}, "
            f"opcode {error.major}.{error.minor}).\n"
            f"  If the error is what you want to see: with client.expect_error({error.name!r}): ..."
        )


class ExtensionMissing(HarnessError):
    """The server lacks an extension that the script uses."""


class NoError(HarnessError):
    """The server accepted what it should have refused, or gave another error."""


class WaitTimeout(HarnessError):
    """An event never came; the text says what was pending and what did arrive."""


class ReplyMissing(HarnessError):
    """The server went on without the reply to a request: its stream is broken."""


class EventFlood(HarnessError):
    """The server sent so many events that waiting for one makes no sense."""
