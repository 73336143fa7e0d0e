# SPDX-License-Identifier: MIT
"""Sequence numbers stay true for clients, whatever layers add, replace or keep back."""

import struct

import pytest

from harness.proxy.channel import MOST_UNCONFIRMED
from harness.proxy.layer import Layer
from harness.proxy.proxy import ProxyFailed
from harness.x11 import encoding

BELL, FOCUS = 104, encoding.GET_INPUT_FOCUS
ORDERS = {"little-endian": "<", "big-endian": ">"}


def number(peer, message):
    return struct.unpack_from(f"{peer.order}H", message, 2)[0]


class Handling(Layer):
    """Has one handler, for Bell."""

    def start(self, proxy):
        self.handlers[BELL, None] = self.handle

    async def handle(self, link, request):
        return request


@pytest.mark.parametrize("order", ORDERS)
def test_hidden_requests_shift_what_comes_later_only(bridge, order):
    """Of three hidden requests before the third one the client sees nothing."""

    class Asks(Handling):
        async def handle(self, link, request):
            reply = await link.ask(link.new_request(encoding.QUERY_TREE, 0, "I", 7))
            assert link.unpack("I", reply, 8) == (99,)
            link.send(link.new_request(encoding.NO_OPERATION))
            assert await link.attempt(link.new_request(encoding.FREE_PIXMAP, 0, "I", 1))
            return request

    client, server = bridge(Asks()).connect(ORDERS[order])
    client.send(
        client.request(1) + client.request(2) + client.request(BELL) + client.request(FOCUS)
    )
    server.read(4 + 4 + 8)
    server.send(server.message(5, 2))
    server.send(server.message(1, 3, rest=server_reply(server, 99)))
    assert [server.read(size)[0] for size in (4, 8, 4)] == [127, 54, 43]
    server.send(server.message(0, 5, encoding.BAD_PIXMAP) + server.reply(6))
    assert [server.read(4)[0] for _ in range(2)] == [BELL, FOCUS]
    server.send(server.message(33, 7) + server.reply(8))
    got = [client.read(32) for _ in range(3)]
    assert [message[0] for message in got] == [5, 33, 1]
    assert [number(client, message) for message in got] == [2, 3, 4]


def server_reply(server, value):
    return struct.pack(f"{server.order}II20x", 0, value)


def test_an_answer_of_our_own_comes_in_its_turn(bridge):
    """GetInputFocus is sent instead, whose reply holds the place."""

    class Answers(Handling):
        async def handle(self, link, request):
            link.answer(bytes([1, 77]) + bytes(30), self)

    client, server = bridge(Answers()).connect()
    client.send(client.request(FOCUS) + client.request(BELL) + client.request(FOCUS))
    assert server.read(12) == 3 * server.request(FOCUS)
    server.send(server.reply(1) + server.reply(2) + server.reply(3))
    got = [client.read(32) for _ in range(3)]
    assert [(message[1], number(client, message)) for message in got] == [(0, 1), (77, 2), (0, 3)]


def test_a_refusal_names_the_request(bridge):
    """Code, value, opcodes and number are those of the request refused."""

    class Refuses(Handling):
        async def handle(self, link, request):
            link.refuse(encoding.BAD_ACCESS, 0x1234, request, self)

    client, server = bridge(Refuses()).connect(">")
    client.send(client.request(1) + client.request(BELL, 5))
    server.read(8)
    server.send(server.reply(2))
    error = client.read(32)
    assert struct.unpack_from(">BBHIHB", error) == (0, encoding.BAD_ACCESS, 2, 0x1234, 0, BELL)


def test_a_request_that_is_swallowed_still_counts(bridge):
    """The server does nothing in its place."""

    class Swallows(Handling):
        async def handle(self, link, request):
            link.swallow()

    client, server = bridge(Swallows()).connect()
    client.send(client.request(BELL, 0, bytes(40)) + client.request(FOCUS))
    assert server.read(8) == server.request(encoding.NO_OPERATION) + server.request(FOCUS)
    server.send(server.reply(2))
    assert number(client, client.read(32)) == 2


def test_the_outcome_of_a_request_is_known_to_the_layer_and_the_client(bridge):
    """An error reaches both, and later requests wait for it."""
    seen = []

    class Watches(Handling):
        async def handle(self, link, request):
            seen.append(await link.carry_out(request, self))

    client, server = bridge(Watches()).connect()
    client.send(2 * client.request(BELL))
    assert server.read(8) == server.request(BELL) + server.request(FOCUS)
    server.send(server.message(0, 1, encoding.BAD_VALUE) + server.reply(2))
    assert server.read(8) == server.request(BELL) + server.request(FOCUS)
    server.send(server.reply(4))
    assert number(client, client.read(32)) == 1
    client.send(client.request(FOCUS))
    server.read(4)
    server.send(server.reply(5))
    assert number(client, client.read(32)) == 3
    assert seen[0][1] == encoding.BAD_VALUE
    assert seen[1] is None


def test_layers_are_asked_from_the_client_to_the_server(bridge):
    """And what the inner one makes passes the outer one, not the other way round."""
    log = []

    class Outer(Handling):
        def start(self, proxy):
            super().start(proxy)
            self.watches = {encoding.REPLY, 33}

        async def handle(self, link, request):
            log.append("outer")
            return request

        def message(self, link, data):
            log.append(f"outer {data[0]}")
            return [data]

    class Inner(Outer):
        async def handle(self, link, request):
            log.append("inner")
            link.inject(bytes([33]) + bytes(31), self)
            link.answer(bytes([1]) + bytes(31), self)

        def message(self, link, data):
            log.append(f"inner {data[0]}")
            return [data]

    client, server = bridge(Outer(), Inner()).connect()
    client.send(client.request(BELL))
    server.read(4)
    server.send(server.reply(1))
    client.read(64)
    assert log == ["outer", "inner", "outer 33", "outer 1"]


def test_an_event_of_our_own_waits_for_the_end_of_a_long_reply(bridge):
    """A reply that passes in pieces is not torn."""
    layer = Layer()
    built = bridge(layer)
    client, server = built.connect()
    client.send(client.request(FOCUS))
    server.read(4)
    reply = server.reply(1, bytes(100_000))
    server.send(reply[:50_000])
    first = client.read(50_000)

    def inject():
        (link,) = built.proxy.links
        link.inject(bytes([33, 55]) + bytes(30), layer)

    built.proxy.call(inject)
    server.send(reply[50_000:])
    assert first + client.read(len(reply) - 50_000) == reply
    assert client.read(2) == bytes([33, 55])


def test_numbers_beyond_16_bits_are_told_apart(bridge):
    """200,000 requests without an answer: behind a hidden one all numbers are still right."""

    class Asks(Handling):
        async def handle(self, link, request):
            await link.trip()
            return request

    client, server = bridge(Asks()).connect()
    client.send(client.request(BELL))
    assert server.read(4) == server.request(FOCUS)
    server.send(server.reply(1))
    assert server.read(4) == server.request(BELL)
    count = 200_000
    sent = 2
    for _ in range(count // 1000):
        client.send(1000 * client.request(1))
        got = 0
        while got < 1000:
            sent += 1
            if server.read(4) == server.request(FOCUS):
                server.send(server.reply(sent))
            else:
                got += 1
    hidden = sent - 1 - count
    assert hidden > count // MOST_UNCONFIRMED - 1
    server.send(server.message(33, sent))
    assert number(client, client.read(32)) == (count + 1) & 0xFFFF


def test_a_keymap_has_no_number(bridge):
    """KeymapNotify has keys where others have their number."""

    class Asks(Handling):
        async def handle(self, link, request):
            await link.trip()
            return request

    client, server = bridge(Asks()).connect()
    client.send(client.request(BELL))
    server.read(4)
    server.send(server.reply(1))
    server.read(4)
    keymap = bytes([encoding.KEYMAP_NOTIFY]) + bytes(range(100, 131))
    server.send(keymap + server.message(33, 2))
    assert client.read(32) == keymap
    assert number(client, client.read(32)) == 1


def test_a_layer_that_loses_a_request_is_found_out(bridge):
    """The client is cut off, and ``check`` raises."""

    class Loses(Handling):
        async def handle(self, link, request):
            return None

    built = bridge(Loses())
    client, _ = built.connect()
    client.send(client.request(BELL))
    assert client.at_end()
    with pytest.raises(ProxyFailed, match="request 1 of client 1 was not dealt with once"):
        built.proxy.check()
    built.proxy.check = lambda: None


def test_a_layer_that_raises_is_found_out(bridge):
    """With its traceback."""

    class Fails(Handling):
        async def handle(self, link, request):
            raise ValueError("a mistake")

    built = bridge(Fails())
    client, _ = built.connect()
    client.send(client.request(BELL))
    assert client.at_end()
    with pytest.raises(ProxyFailed, match="a mistake"):
        built.proxy.check()
    built.proxy.check = lambda: None


def test_what_awaits_a_client_that_vanishes_goes_no_further(bridge):
    """Its own handler ends; another client's requests are served."""
    ended = []

    class Waits(Handling):
        async def handle(self, link, request):
            try:
                await link.trip()
            finally:
                ended.append(link.number)
            return request

    built = bridge(Waits())
    client, server = built.connect()
    other, far = built.connect()
    client.send(client.request(BELL))
    server.read(4)
    server.close()
    assert client.at_end()
    other.send(other.request(FOCUS))
    assert far.read(4) == far.request(FOCUS)
    assert ended == [1]
