# SPDX-License-Identifier: MIT
"""Clients of real servers that misbehave by script; libxcb would notice a wrong sequence number."""

import pytest
from xcffib.xproto import CW, EventMask

from harness.clients.connection.errors import ConnectionLost, WaitTimeout
from harness.faults.at import At
from harness.faults.scripted import Alter, Cut, Delay, Drop, Duplicate, Hang, Ignore, Refuse, Swap
from harness.servers.errors import ServerHung
from harness.x11 import present
from harness.x11.present import CompleteNotify, IdleNotify

pytestmark = pytest.mark.xserver(fps=600)

IDLE, COMPLETE = "PresentIdleNotify", "PresentCompleteNotify"


def frames(presenter, count):
    """Show so many frames one after the other; what came of them, and round trips between."""
    window = presenter.window(32, 32)
    shown = []
    for number in range(count):
        shown.append(window.present(window.pixmap("red"), serial=101 + number))
        # Not its own events, which may not come.
        window.wait_msc(window.msc() + 3)
    for _ in range(3):
        presenter.sync()
    serials = {one.serial for one in shown}
    return [
        (type(entry.content), entry.content.serial)
        for entry in presenter.timeline.entries
        if isinstance(getattr(entry, "content", None), CompleteNotify | IdleNotify)
        and entry.content.serial in serials
    ]


def of(kind, got):
    return [serial for one, serial in got if one is kind]


@pytest.mark.faults(Drop(IDLE, nth=2))
def test_an_event_is_dropped(presenter):
    """The others come."""
    got = frames(presenter, 3)
    assert of(IdleNotify, got) == [101, 103]
    assert of(CompleteNotify, got) == [101, 102, 103]


@pytest.mark.faults(Duplicate(COMPLETE, times=3, when=lambda event: event.serial == 102))
def test_an_event_is_duplicated(presenter):
    """As often as ``times`` says."""
    assert of(CompleteNotify, frames(presenter, 3)) == [101, 102, 102, 102, 103]


@pytest.mark.faults(Swap(IDLE, nth=1))
def test_two_events_change_places(presenter):
    """With other events and replies between them."""
    assert of(IdleNotify, frames(presenter, 3)) == [102, 101, 103]


@pytest.mark.faults(Delay(IDLE, until=COMPLETE))
def test_an_event_waits_for_another(presenter):
    """Each Idle comes behind a Complete, of whatever."""
    got = frames(presenter, 3)
    assert set(of(IdleNotify, got)) >= {101, 102}
    assert got[0] == (CompleteNotify, 101)


@pytest.mark.faults(Delay(COMPLETE, seconds=0.05, nth=1))
def test_an_event_is_late(presenter):
    """It still comes, with nothing behind it that would bring it."""
    window = presenter.window(32, 32)
    window.present(window.pixmap("red"), serial=101).wait_complete()


@pytest.mark.faults(Alter(COMPLETE, msc=lambda msc: msc + (1 << 40), ust=5, nth=1))
def test_an_event_is_altered_by_its_fields(presenter):
    """64 bits of them; the next is as it was."""
    window = presenter.window(32, 32)
    first, second = (
        window.present(window.pixmap("red"), serial=101 + n).wait_complete() for n in range(2)
    )
    assert first.msc > 1 << 40 > second.msc
    assert first.ust == 5


@pytest.mark.faults(Alter("PresentPixmap", serial=lambda serial: serial + 10))
def test_a_request_is_altered_by_its_fields(presenter):
    """The server answers what it got."""
    window = presenter.window(32, 32)
    window.present(window.pixmap("red"), serial=101)
    window.wait_msc(window.msc() + 2)
    got = [
        entry.content.serial
        for entry in presenter.timeline.entries
        if isinstance(getattr(entry, "content", None), CompleteNotify)
    ]
    assert 111 in got
    assert 101 not in got


@pytest.mark.faults(Refuse("CreatePixmap", "Alloc", nth=3))
def test_a_request_is_refused(presenter):
    """The third one, and only that."""
    for _ in range(2):
        presenter.pixmap(8, 8, colour="red")
    with presenter.catch_errors() as errors:
        presenter.pixmap(8, 8, colour="red")
    assert errors[0].name == "Alloc"
    presenter.pixmap(8, 8, colour="red")


@pytest.mark.faults(Ignore("MapWindow"))
def test_a_request_is_ignored(presenter):
    """The window is not shown; everything behind it is done."""
    window = presenter.window(32, 32)
    attributes = presenter.core.GetWindowAttributes(window.id).reply()
    assert attributes.map_state == 0


@pytest.mark.faults(Cut("PresentPixmap", nth=2))
def test_a_connection_is_cut_at_a_request(presenter, server, connect):
    """The first presentation completes; other clients are not affected."""
    other = connect()
    window = presenter.window(32, 32)
    pixmap = window.pixmap("red")
    window.present(pixmap).wait_complete()
    with pytest.raises(ConnectionLost, match="is alive"):
        window.present(pixmap).wait_complete()
    other.sync()


@pytest.mark.faults(Cut("reply to GetImage", nth=2, after=100))
def test_a_connection_is_cut_in_the_middle_of_a_reply(presenter):
    """The reply before it was whole."""
    window = presenter.window(32, 32)
    assert len(presenter.get_image(window.id, 0, 0, 32, 32).data) == 4096
    with pytest.raises(ConnectionLost):
        presenter.get_image(window.id, 0, 0, 32, 32)


@pytest.mark.faults(Hang("MapWindow"))
def test_a_server_hangs(connect_wire, monkeypatch):
    """It lives, and sends nothing to any client."""
    client, other = connect_wire(), connect_wire(">")
    other.sync()
    window = client.create_window(8, 8)
    client.request(8, 0, client.pack("I", window))
    monkeypatch.setenv("XHARNESS_TIMEOUT_SCALE", "0.02")
    for silent in (client, other):
        with pytest.raises(ServerHung):
            silent.sync()


@pytest.mark.xserver(swapped=True)
@pytest.mark.parametrize("order", "<>")
@pytest.mark.faults(
    Alter("PresentNotifyMSC", serial=lambda serial: 2 * serial),
    Alter(COMPLETE, msc=0x0102030405060708),
    Alter("reply to GetGeometry", At(16, "2H", lambda width, height: (height, width))),
    Refuse("MapWindow", "Window", value=0x1234567),
)
def test_both_byte_orders_are_spoken(connect_wire, order):
    """Requests, events, replies and errors, with the number that the client expects."""
    client = connect_wire(order)
    major = client.major("Present")
    window = client.create_window(30, 20)
    # Numbers that read the same in both orders: some servers swap these once too often.
    context = client.symmetric_id()
    client.send(present.SelectInput(event=context, window=window, mask=2).encode(major, order))
    client.send(present.NotifyMsc(window=window, serial=0x01000001).encode(major, order))
    event = CompleteNotify.decode(client.wait_event(1), order)
    assert (event.serial, event.msc, event.event) == (0x02000002, 0x0102030405060708, context)
    reply = client.reply(client.request(14, 0, client.pack("I", window)))
    assert client.unpack("2H", reply, 16) == (20, 30)
    sequence = client.request(8, 0, client.pack("I", window))
    error = client.error_of(sequence)
    assert (error.name, error.value, error.sequence, error.major) == (
        "Window",
        0x1234567,
        sequence,
        8,
    )


@pytest.mark.faults(Delay("MapNotify", until="UnmapNotify"), Swap("ConfigureNotify"))
def test_late_events_have_numbers_that_libxcb_takes(presenter):
    """Requests and replies in between raise the number that a late event must have."""
    window = presenter.window(32, 32)
    presenter.core.ChangeWindowAttributes(window.id, CW.EventMask, [EventMask.StructureNotify])
    window.unmap()
    presenter.core.MapWindow(window.id)
    for size in (40, 50):
        window.resize(size, size)
        presenter.sync()
    window.unmap()
    for _ in range(3):
        presenter.sync()
    names = [entry.name for entry in presenter.timeline.entries if hasattr(entry, "data")]
    order = [name for name in names if name in ("MapNotify", "UnmapNotify", "ConfigureNotify")]
    assert order[-2:] == ["UnmapNotify", "MapNotify"]


@pytest.mark.faults(Drop(IDLE, client=2))
def test_one_client_among_several_is_struck(presenter, connect):
    """The first one gets its events."""
    other = connect()
    first = presenter.window(8, 8)
    first.present(first.pixmap("red")).wait_idle()
    second = other.window(8, 8)
    shown = second.present(second.pixmap("red"))
    shown.wait_complete()
    with pytest.raises(WaitTimeout):
        shown.wait_idle(0.05)
