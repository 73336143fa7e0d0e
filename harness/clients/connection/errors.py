# SPDX-License-Identifier: MIT
"""Errors between a client and the server, as the client sees them."""

from typing import Any

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


class Unsupported(HarnessError):
    """The server lacks what the script uses: what a test states as ``needs(keyword=wanted)``.

    ``words`` name it.  In a test it ends as the skip of that need, unless the server has it.
    """

    def __init__(self, display: str, words: str, keyword: str, wanted: Any) -> None:
        self.keyword, self.wanted = keyword, wanted
        stated = repr(wanted[0]) if keyword == "extensions" else f"{keyword}={wanted!r}"
        super().__init__(
            f"{display} has no {words}; a test that uses it says so with needs({stated})"
        )


class ExtensionMissing(Unsupported):
    """The server lacks an extension that the script uses."""

    def __init__(self, display: str, extension: str) -> None:
        super().__init__(display, f"extension {extension}", "extensions", (extension,))


class NoError(HarnessError):
    """The server accepted what it should have refused, or gave another error."""


class WaitTimeout(HarnessError):
    """An event never came; the text says what was pending and what did arrive."""


class ReplyMissing(HarnessError):
    """The server went on without the reply to a request: its stream is broken."""


class MessageTruncated(HarnessError):
    """A message is longer by its length field than what the server sent of it."""


class EventFlood(HarnessError):
    """The server sent so many events that waiting for one makes no sense."""


class IllegalMessage(HarnessError):
    """A raw client received what no server may send: its type, length or number is wrong."""
