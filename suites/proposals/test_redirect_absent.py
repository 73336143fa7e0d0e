# SPDX-License-Identifier: MIT
"""Servers that redirect nothing know neither the bit nor the request."""

import pytest

from harness.clients.raw.announcement import announced
from harness.x11 import present
from harness.x11.drafts import present_redirect
from harness.x11.drafts.present_redirect import PresentIdle
from harness.x11.present import ALL_EVENTS, EventMask

pytestmark = [pytest.mark.xserver(fps=600, any_depth=True), pytest.mark.needs("Present")]

MASKS = pytest.mark.parametrize(
    "mask",
    [EventMask.REDIRECT, EventMask.REDIRECT | ALL_EVENTS],
    ids=["alone", "with-known-bits"],
)


@pytest.fixture(autouse=True)
def plain(server):
    """A server without the draft."""
    if announced(server, present_redirect.EXTENSION):
        pytest.skip("redirects presentations, and says so")


@MASKS
def test_the_bit_is_unknown(presenter, mask):
    """Without the draft it is refused like any other: Value with the whole mask, and no
    selection is made (RDR-001, PRE-017)."""
    window = presenter.window(16, 16, events=0)
    event = presenter.new_id()
    with presenter.expect_error("Value", mask):
        window.select(mask, id=event)
    presenter.core.CreatePixmap(1, event, presenter.root, 8, 8)
    presenter.sync()


@MASKS
def test_the_bit_changes_no_selection(presenter, mask):
    """A refused change leaves what there was (RDR-001, PRE-017)."""
    window = presenter.window(16, 16, events=EventMask.CONFIGURE)
    with presenter.expect_error("Value", mask):
        presenter.send(present.SelectInput(event=window.context.id, window=window.id, mask=mask))
    window.move(5, 5)
    assert len(window.context.events()) == 1


def test_the_bit_is_looked_at_before_the_event_id(presenter, connect):
    """Value, be the event id foreign, in use, or another client's, for every client
    (RDR-001, PRE-017)."""
    window, other = presenter.window(16, 16), presenter.window(16, 16)
    presenter.sync()
    for client in (presenter, connect("other")):
        for event in (5, window.id, other.context.id):
            with client.expect_error("Value", EventMask.REDIRECT):
                client.send(present.SelectInput(event=event, window=window.id, mask=8))


def test_the_request_is_unknown(presenter):
    """PresentIdle is no request of any shipped version: Request (RDR-001, PRE-008)."""
    pixmap = presenter.pixmap(8, 8)
    with presenter.expect_error("Request"):
        presenter.idle(pixmap)
    with presenter.expect_error("Request"):
        presenter.send_raw("Present", PresentIdle.OPCODE, bytes(4))
