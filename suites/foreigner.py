# SPDX-License-Identifier: MIT
"""A client of the byte order that the server has to swap, for one extension."""

import struct

from xcffib.xproto import Atom

from suites.marks import FOREIGN


class Foreigner:
    """``wire`` speaks ``FOREIGN``; requests are values that encode themselves."""

    def __init__(self, wire, extension):
        assert wire.byte_order == FOREIGN
        self.wire = wire
        self.major = wire.major(extension)

    def send(self, request, **how):
        """Send it; returns its sequence number."""
        return self.wire.send(request.encode(self.major, FOREIGN, **how))

    def ask(self, request, **how):
        """The reply in bytes."""
        return self.wire.reply(self.send(request, **how))

    def error_of(self, sequence, minor):
        """The error of a request of this minor opcode, None if it was accepted."""
        error = self.wire.error_of(sequence)
        if error is not None:
            assert (error.major, error.minor) == (self.major, minor)
        return error


GET_ATOM_NAME = 17


def check_cut_short(wire, extension, minor, words):
    """A request of fewer than these words gives Length, and those behind it are read as they are.

    A server that turns fields round before it looks at the length would reach into them.
    """
    assert wire.byte_order == FOREIGN
    major = wire.major(extension)
    for length in {1, words - 1}:
        cut = struct.pack(f"{FOREIGN}BBH", major, minor, length) + bytes(4 * (length - 1))
        behind = struct.pack(f"{FOREIGN}BBHI", GET_ATOM_NAME, 0, 2, Atom.PRIMARY)
        last = wire.send(cut + words * behind, 1 + words)
        assert wire.error_of(last - words).name == "Length"
        for n in range(words):
            assert wire.reply(last - n)[32:39] == b"PRIMARY"
