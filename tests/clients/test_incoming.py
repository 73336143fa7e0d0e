# SPDX-License-Identifier: MIT
"""What a raw client refuses to receive."""

import struct

import pytest

from harness.clients.connection.errors import IllegalMessage
from harness.clients.raw.incoming import Incoming
from harness.x11.encoding import ERROR, REPLY

BAD_REQUEST = 1


def answer(kind, sequence, order):
    return struct.pack(f"{order}BBH28x", kind, BAD_REQUEST, sequence)


@pytest.mark.parametrize("order", "<>", ids=["little", "big"])
@pytest.mark.parametrize(
    "kinds", [(REPLY, ERROR), (ERROR, REPLY), (ERROR, ERROR)], ids=["late", "early", "twice"]
)
def test_an_error_is_the_only_answer(order, kinds):
    """Neither a reply nor another error may come for the same request; for the next it may."""
    incoming, (first, second) = Incoming(order), kinds
    assert incoming.check(answer(first, 7, order), 9) == 7
    with pytest.raises(IllegalMessage, match="request 7 was answered already"):
        incoming.check(answer(second, 7, order), 9)
    assert incoming.check(answer(second, 8, order), 9) == 8


def test_several_replies_may_answer_one_request():
    """As those of ListFontsWithInfo do."""
    incoming = Incoming("<")
    for _ in range(3):
        assert incoming.check(answer(REPLY, 7, "<"), 9) == 7
