# SPDX-License-Identifier: MIT
"""Servers that redirect nothing say so."""

import pytest

from harness.clients import announcement
from harness.protocol import present_redirect
from harness.protocol.present import ALL_EVENTS, EventMask

pytestmark = [pytest.mark.xserver(fps=600), pytest.mark.needs("Present")]


def test_the_bit_is_unknown_where_nothing_is_announced(presenter, server):
    """A server without the draft refuses the bit like any other unknown one (RDR-001, PRE-017)."""
    if announcement.announced(server, present_redirect.EXTENSION):
        pytest.skip("redirects presentations, and says so")
    window = presenter.window(16, 16, events=0)
    for mask in (EventMask.REDIRECT, EventMask.REDIRECT | ALL_EVENTS):
        with presenter.expect_error("Value", mask):
            window.select(mask)
