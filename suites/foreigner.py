# SPDX-License-Identifier: MIT
"""A client of the byte order that the server has to swap, for one extension."""

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
