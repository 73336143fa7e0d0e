# SPDX-License-Identifier: MIT
"""Each scripted fault does to the stream what it says, in both byte orders, and nothing else."""

import struct
import time

import pytest

from harness.faults.at import At
from harness.faults.errors import NeverTriggered, ScriptError
from harness.faults.script import Script
from harness.faults.scripted import Alter, Cut, Delay, Drop, Duplicate, Hang, Ignore, Refuse, Swap
from harness.proxy.proxy import ProxyFailed
from harness.x11 import encoding

BELL, FOCUS, MAP, NO_OPERATION = 104, encoding.GET_INPUT_FOCUS, 8, encoding.NO_OPERATION
EXPOSE, UNMAP_NOTIFY, MAP_NOTIFY, CONFIGURE_NOTIFY = 12, 18, 19, 22
ORDERS = {"little-endian": "<", "big-endian": ">"}


@pytest.fixture(params=ORDERS)
def ends(request, bridge):
    """Both ends of a connection on which these faults happen."""
    return lambda *faults: bridge(Script(*faults)).connect(ORDERS[request.param])


def send_events(server, *events):
    """Send events of these kinds from the server, and an Expose that ends them."""
    for number, kind in enumerate(events):
        server.send(server.message(kind, 0, number))
    server.send(server.message(EXPOSE, 0, 99))


def received(client):
    """The events that the client receives before the Expose, and their details."""
    got = []
    while (event := client.read(32))[0] != EXPOSE:
        got.append((event[0], event[1]))
    return got


EVENTS = {
    "drop": (Drop("MapNotify"), [(UNMAP_NOTIFY, 1)]),
    "drop the second": (Drop("MapNotify", nth=2), [(19, 0), (18, 1), (19, 3)]),
    "drop every second": (Drop("MapNotify", every=2), [(19, 0), (18, 1), (19, 3)]),
    "drop by content": (
        Drop("MapNotify", when=lambda data: data[1] > 1, nth=2),
        [(19, 0), (18, 1), (19, 2)],
    ),
    "duplicate": (
        Duplicate("UnmapNotify", times=3),
        [(19, 0), (18, 1), (18, 1), (18, 1), (19, 2), (19, 3)],
    ),
    "swap": (Swap("MapNotify"), [(18, 1), (19, 2), (19, 0)]),
    "swap the second": (Swap("MapNotify", nth=2), [(19, 0), (18, 1), (19, 3), (19, 2)]),
    "delay": (
        Delay("MapNotify", until="UnmapNotify"),
        [(18, 1), (19, 0)],
    ),
    "delay until the next": (Delay("MapNotify", until="MapNotify"), [(18, 1), (19, 0), (19, 2)]),
    "alter": (
        Alter("UnmapNotify", At(1, "B", lambda detail: detail + 70)),
        [(19, 0), (18, 71), (19, 2), (19, 3)],
    ),
}
"""Faults, and what becomes of Map 0, Unmap 1, Map 2, Map 3."""


@pytest.mark.parametrize("case", EVENTS)
def test_events_come_as_the_script_says(ends, case):
    """Those that are not chosen come as ever; what is held back for ever does not come."""
    fault, expected = EVENTS[case]
    client, server = ends(fault)
    send_events(server, MAP_NOTIFY, UNMAP_NOTIFY, MAP_NOTIFY, MAP_NOTIFY)
    assert received(client) == expected


def test_a_delay_in_seconds_is_no_shorter(ends):
    """Later events come first, and the one that is late counts as they do."""
    client, server = ends(Delay("MapNotify", seconds=0.1))
    start = time.monotonic()
    server.send(server.message(MAP_NOTIFY, 0, 1) + server.message(UNMAP_NOTIFY, 7, 2))
    first, second = client.read(32), client.read(32)
    assert time.monotonic() - start >= 0.1
    assert [first[:2], second[:2]] == [bytes([UNMAP_NOTIFY, 2]), bytes([MAP_NOTIFY, 1])]
    assert first[2:4] == second[2:4] == struct.pack(f"{client.order}H", 7)


def test_late_events_have_the_number_of_their_moment(ends):
    """Sequence numbers never run backwards."""
    client, server = ends(Delay("MapNotify", until="UnmapNotify"))
    server.send(server.message(MAP_NOTIFY, 3) + server.message(UNMAP_NOTIFY, 9))
    numbers = [struct.unpack_from(f"{client.order}H", client.read(32), 2)[0] for _ in range(2)]
    assert numbers == [9, 9]


def test_bytes_are_altered_in_the_clients_order(ends):
    """Several parts at once, given and computed, and by a function of bytes."""
    client, server = ends(
        Alter(
            "ConfigureNotify",
            At(8, "2h", -5, 6),
            At(12, "I2H", lambda window, width, height: (window + 1, height, width)),
            lambda message, order: message[:31] + order.encode(),
        )
    )
    body = struct.pack(f"{server.order}I2hI2H12x", 1, 2, 3, 0x10203, 40, 50)
    server.send(server.message(CONFIGURE_NOTIFY, 0, rest=body))
    changed = client.read(32)
    assert struct.unpack_from(f"{client.order}2hI2H", changed, 8) == (-5, 6, 0x10204, 50, 40)
    assert changed[31:] == client.order.encode()


def test_an_ignored_request_still_counts(ends):
    """The server does nothing in its place."""
    client, server = ends(Ignore("MapWindow", nth=2))
    window = bytes(4)
    client.send(2 * client.request(MAP, 0, window) + client.request(FOCUS))
    assert server.read(16) == (
        server.request(MAP, 0, window) + server.request(NO_OPERATION) + server.request(FOCUS)
    )


def test_a_refused_request_is_answered_by_the_error(ends):
    """It names the request, comes in its turn, and the server does not get it."""
    client, server = ends(Refuse("MapWindow", "Alloc", value=0x77, nth=1))
    client.send(client.request(FOCUS) + 2 * client.request(MAP, 0, bytes(4)))
    assert [server.read(size)[0] for size in (4, 4, 8)] == [FOCUS, FOCUS, MAP]
    server.send(server.reply(1) + server.reply(2))
    assert client.read(32)[0] == encoding.REPLY
    error = struct.unpack_from(f"{client.order}BBHIHB", client.read(32))
    assert error == (encoding.ERROR, encoding.BAD_ALLOC, 2, 0x77, 0, MAP)


def test_a_request_is_altered(ends):
    """By bytes; of those of one name only the chosen one."""
    client, server = ends(Alter("MapWindow", At(4, "I", 0x55), nth=1))
    client.send(2 * client.request(MAP, 0, bytes(4)))
    changed = struct.pack(f"{server.order}I", 0x55)
    assert server.read(16) == server.request(MAP, 0, changed) + server.request(MAP, 0, bytes(4))


def test_a_delayed_request_holds_up_those_behind_it(ends):
    """Other events pass; the one waited for, or the time, lets it go."""
    client, server = ends(
        Delay("Bell", until="MapNotify", nth=1), Delay("Bell", seconds=0.05, nth=2)
    )
    client.send(2 * client.request(BELL) + client.request(FOCUS))
    server.send(server.message(UNMAP_NOTIFY, 0))
    assert client.read(1) == bytes([UNMAP_NOTIFY])
    client.read(31)
    start = time.monotonic()
    server.send(server.message(MAP_NOTIFY, 0))
    assert server.read(12) == 2 * server.request(BELL) + server.request(FOCUS)
    assert time.monotonic() - start >= 0.05


def test_a_reply_and_an_error_have_the_name_of_their_request(ends):
    """Replies to other requests pass."""
    client, server = ends(Drop("reply to GetGeometry"), Drop("error for MapWindow"))
    geometry, window = client.request(encoding.GET_GEOMETRY, 0, bytes(4)), bytes(4)
    client.send(client.request(FOCUS) + geometry + client.request(MAP, 0, window))
    client.send(client.request(FOCUS))
    server.read(24)
    server.send(server.reply(1, detail=1) + server.reply(2) + server.message(encoding.ERROR, 3))
    server.send(server.reply(4, detail=4))
    assert [client.read(32)[1] for _ in range(2)] == [1, 4]


@pytest.mark.parametrize("after", [0, 1, 31, 32, 100])
def test_a_connection_is_cut_in_the_middle_of_a_reply(ends, after):
    """The client has what came before and so many bytes; the server sees it go."""
    client, server = ends(Cut("reply to GetImage", after=after))
    client.send(client.request(encoding.GET_IMAGE, 2, bytes(16)))
    server.read(20)
    event, reply = server.message(MAP_NOTIFY, 0), server.reply(1, bytes(range(200)))
    server.send(event + reply + server.message(UNMAP_NOTIFY, 1))
    assert client.read(32 + after) == event + reply[:after]
    assert client.at_end()
    assert server.at_end()


def test_a_connection_is_cut_in_the_middle_of_a_request(ends):
    """All before it is done and answered, so many of its bytes reach the server."""
    client, server = ends(Cut("MapWindow", after=5))
    client.send(client.request(FOCUS) + client.request(MAP, 0, bytes(4)) + client.request(BELL))
    assert server.read(8) == 2 * server.request(FOCUS)
    server.send(server.reply(1) + server.reply(2))
    assert client.read(32) == server.reply(1)
    assert client.at_end()
    assert server.read(5) == server.request(MAP, 0, bytes(4))[:5]
    assert server.at_end()


def test_what_a_cut_leaves_is_the_last(ends):
    """The second of two that a fault before it made is not sent."""
    client, server = ends(Duplicate("MapNotify"), Cut("MapNotify", after=8))
    server.send(server.message(MAP_NOTIFY, 0))
    assert client.read(8) == server.message(MAP_NOTIFY, 0)[:8]
    assert client.at_end()


@pytest.mark.parametrize("at", ["MapWindow", "MapNotify"])
def test_a_server_hangs_for_everybody(bridge, at):
    """From then on no client gets a message, and no request goes through."""
    built = bridge(Script(Hang(at)))
    (client, server), (other, far) = built.connect(), built.connect()
    client.send(client.request(MAP, 0, bytes(4)))
    server.send(server.message(MAP_NOTIFY, 0))
    if at == "MapNotify":
        server.read(8)
    built.proxy.call(lambda: None)
    other.send(other.request(FOCUS))
    far.send(far.message(UNMAP_NOTIFY, 0))
    for silent in (client, server, other, far):
        silent.stream.settimeout(0.05)
        with pytest.raises(TimeoutError):
            silent.stream.recv(1)


def test_faults_are_done_one_behind_the_other(ends):
    """Each sees what those before it left, also of what was held back."""
    client, server = ends(
        Delay("MapNotify", seconds=0.05),
        Duplicate("MapNotify"),
        Alter("MapNotify", At(1, "B", 44), nth=2),
    )
    server.send(server.message(MAP_NOTIFY, 0, 1))
    assert [client.read(32)[1] for _ in range(2)] == [1, 44]


def test_only_the_chosen_client_is_struck(bridge):
    """Clients are counted as they connect; a count goes on over all that are chosen."""
    built = bridge(Script(Drop("MapNotify", client=2), Drop("UnmapNotify", nth=2)))
    pairs = [built.connect() for _ in range(2)]
    got = []
    for client, server in pairs:
        send_events(server, MAP_NOTIFY, UNMAP_NOTIFY)
        got.append([kind for kind, _ in received(client)])
    assert got == [[MAP_NOTIFY, UNMAP_NOTIFY], []]


def test_a_client_that_goes_leaves_nothing_behind(bridge):
    """Neither what was held back for it nor a request that waited keeps others waiting."""
    script = Script(Delay("MapNotify", seconds=0.05), Delay("Bell", until="Expose"))
    built = bridge(script)
    client, server = built.connect()
    client.send(client.request(BELL))
    server.send(server.message(MAP_NOTIFY, 0))
    client.close()
    server.close()
    other, far = built.connect()
    far.send(far.message(MAP_NOTIFY, 0, 5))
    assert other.read(2) == bytes([MAP_NOTIFY, 5])


def test_the_report_says_how_often_each_fault_struck(bridge):
    """As it stands in the script, with what it still holds."""
    script = Script(
        Drop("UnmapNotify", every=2), Delay("MapNotify", until="Expose", nth=1), Ignore("Bell")
    )
    client, server = bridge(script).connect()
    for kind in (*[UNMAP_NOTIFY] * 5, MAP_NOTIFY, MAP_NOTIFY):
        server.send(server.message(kind, 0))
    assert client.read(4 * 32)
    assert script.report.splitlines() == [
        "Drop('UnmapNotify', every=2) triggered twice, of 5 seen",
        "Delay('MapNotify', until='Expose', nth=1) triggered once, of 2 seen, "
        "and still holds 1 back",
        "Ignore('Bell') never triggered, of 0 seen",
    ]


def test_a_fault_that_never_struck_is_told(bridge, monkeypatch):
    """Those that did are not."""
    monkeypatch.setattr("harness.faults.script.TRIGGER_SECONDS", 0.2)
    script = Script(Drop("UnmapNotify"), Drop("MapNotify", nth=3))
    client, server = bridge(script).connect()
    send_events(server, UNMAP_NOTIFY, MAP_NOTIFY)
    received(client)
    with pytest.raises(
        NeverTriggered, match=r"proves nothing.*\n  Drop\('MapNotify', nth=3\)"
    ) as got:
        script.check()
    assert "UnmapNotify" not in str(got.value)
    send_events(server, MAP_NOTIFY, MAP_NOTIFY)
    received(client)
    script.check()


def test_an_error_of_a_missing_extension_is_told_by_the_proxy(bridge):
    """The server has no such error."""
    built = bridge(Script(Refuse("Bell", "RANDR:Crtc")))
    client, _ = built.connect()
    client.send(client.request(BELL))
    assert client.at_end()
    with pytest.raises(ProxyFailed, match="lacks the extension"):
        built.proxy.check()
    built.proxy.check = lambda: None


BAD = {
    "misspelt": (lambda: Drop("MapNotfy"), "did you mean 'MapNotify'"),
    "unknown": (lambda: Drop("Zyx"), "as timelines and traces show them"),
    "unknown reply": (lambda: Drop("reply to MapNotify"), "no request that the harness knows"),
    "request dropped": (
        lambda: Drop("MapWindow"),
        r"Drop\('MapWindow'\): expected an event or a reply or an error, got a request, "
        "to which one can do: Alter, Cut, Delay, Hang, Ignore, Refuse",
    ),
    "reply swapped": (lambda: Swap("reply to GetImage"), "expected an event, got a reply"),
    "nth of zero": (lambda: Drop("Expose", nth=0), "nth counts from 1"),
    "every of zero": (lambda: Drop("Expose", every=0), "every counts from 1"),
    "nth and every": (lambda: Drop("Expose", nth=2, every=2), "not both"),
    "no delay": (lambda: Delay("Expose"), "give until=EVENT or seconds=N"),
    "two delays": (lambda: Delay("Expose", until="MapNotify", seconds=1), "not both"),
    "until a request": (lambda: Delay("Expose", until="MapWindow"), "'MapWindow' is none"),
    "delay backwards": (lambda: Delay("Expose", seconds=-1), "more than 0 seconds"),
    "once": (lambda: Duplicate("Expose", times=1), "times=2 or more"),
    "no error": (lambda: Refuse("Bell", "Aloc"), "'Aloc' is no error: expected one of Access, "),
    "nothing altered": (lambda: Alter("Expose"), "nothing is altered"),
    "unknown field": (
        lambda: Alter("PresentIdleNotify", serail=1),
        "has no serail; its fields are event, window, serial, pixmap, idle_fence",
    ),
    "no fields": (lambda: Alter("Expose", x=1), "only Present's are known by fields"),
    "too few values": (lambda: At(4, "2h", 1), "expected 2 values or one function, got 1"),
    "bad layout": (lambda: At(4, "?y", 1), "bad char"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_script_is_told_when_it_is_written(case):
    """What was expected, what came, what to do."""
    make, words = BAD[case]
    with pytest.raises(ScriptError, match=words):
        make()


def test_what_is_late_does_not_follow_a_cut(bridge):
    """Whether it waits for an event or for its time."""
    client, server = bridge(
        Script(Delay("MapNotify", seconds=0.02), Cut("UnmapNotify", after=16))
    ).connect()
    server.send(server.message(MAP_NOTIFY, 0) + server.message(UNMAP_NOTIFY, 0))
    assert client.read(16) == server.message(UNMAP_NOTIFY, 0)[:16]
    assert client.at_end()
