# SPDX-License-Identifier: MIT
"""Faults of a server that sends what no client can understand."""

from harness.faults.at import At
from harness.faults.fault import Fault
from harness.faults.scripted import Alter
from harness.x11 import encoding

UNKNOWN_EVENT, UNKNOWN_ERROR, UNKNOWN_OPCODE = 127, 255, 250
NO_EXPOSURE = 14

_REFUSED = "error for PresentPixmap"
_CODE, _MINOR, _MAJOR = 1, 8, 10

SCRIPTS = {
    "invents-error-type": (Alter(_REFUSED, At(_CODE, "B", UNKNOWN_ERROR)),),
    "blames-another-extension": (Alter(_REFUSED, At(_MAJOR, "B", lambda major: major - 1)),),
    "blames-another-request": (Alter(_REFUSED, At(_MINOR, "H", lambda minor: minor + 1)),),
}


class _BesideReplies(Fault):
    """Does something to every reply to GetInputFocus, of which each client has many."""

    def message(self, name: str, message: bytes) -> list[bytes]:
        if name != "GetInputFocus" or message[0] != encoding.REPLY:
            return [message]
        return self.replied(message)

    def replied(self, reply: bytes) -> list[bytes]:
        """What the client gets in place of the reply."""
        return [reply]

    def made(self, kind: int, second: int, number: int) -> bytes:
        """An event of 32 bytes with this sequence number."""
        return self.link.write(bytes(32), 0, "BBH", kind, second, number & 0xFFFF)


class InventsEvents(_BesideReplies):
    """Events of a type that nothing has announced."""

    def replied(self, reply: bytes) -> list[bytes]:
        return [self.made(UNKNOWN_EVENT, 0, self.link.handled), reply]


class InventsExtensions(_BesideReplies):
    """Generic events of an extension that the server does not have."""

    def replied(self, reply: bytes) -> list[bytes]:
        return [self.made(encoding.GENERIC_EVENT, UNKNOWN_OPCODE, self.link.handled), reply]


class LengthensReplies(_BesideReplies):
    """Replies with four bytes too many, which their length field counts."""

    def replied(self, reply: bytes) -> list[bytes]:
        return [self.link.write(reply, 4, "I", 1) + bytes(4)]


class CutsReplies(_BesideReplies):
    """Replies whose length field counts words that never come."""

    def replied(self, reply: bytes) -> list[bytes]:
        return [self.link.write(reply, 4, "I", 1000)]


class CountsAhead(_BesideReplies):
    """Events with the number of the request that the client will send next."""

    def replied(self, reply: bytes) -> list[bytes]:
        return [reply, self.made(NO_EXPOSURE, 0, self.link.handled + 1)]


class CountsFarAhead(_BesideReplies):
    """Events with the number of a request that the client will send much later."""

    def replied(self, reply: bytes) -> list[bytes]:
        return [reply, self.made(NO_EXPOSURE, 0, self.link.handled + 1000)]


class CountsBack(_BesideReplies):
    """Events with the number of an earlier request than what came before them."""

    def replied(self, reply: bytes) -> list[bytes]:
        return [reply, self.made(NO_EXPOSURE, 0, self.link.handled - 1)]
