# SPDX-License-Identifier: MIT
"""What a tap of the proxy sees: all that clients send and receive, as they would."""

import os
import socket
import threading

import pytest

from harness.proxy.layer import Layer
from harness.x11 import encoding
from harness.x11.setup import greeting
from tests.proxy.scripted_server import setup


class Seen:
    """Keeps what it sees; of a descriptor the number of the file, while it is open."""

    def __init__(self):
        self.calls, self.rests = [], 0
        self.changed = threading.Condition()

    def start(self, proxy):
        self._add("start", sorted(proxy.extensions))

    def opened(self, client):
        self._add("opened", client)

    def sent(self, client, data, fds):
        self._add("sent", client, data, [os.fstat(fd).st_ino for fd in fds])

    def received(self, client, data, fds):
        self._add("received", client, data, [os.fstat(fd).st_ino for fd in fds])

    def closed(self, client, by_client):
        self._add("closed", client, by_client)

    def rest(self):
        self.rests += 1

    def end(self):
        self._add("end")

    def _add(self, *call):
        with self.changed:
            self.calls.append(call)
            self.changed.notify_all()

    def wait(self, *call):
        """Wait until it has seen this."""
        self.wait_for(lambda: call in self.calls)

    def wait_for(self, condition):
        """Wait until this holds."""
        with self.changed:
            assert self.changed.wait_for(condition, 10), self.calls[-9:]

    def passed(self, name):
        """All that was sent, or received, and the files of its descriptors."""
        calls = [call for call in self.calls if call[0] == name]
        return b"".join(call[2] for call in calls), [fd for call in calls for fd in call[3]]


class Refusing(Layer):
    """Refuses every NoOperation itself, so that the server sees none."""

    def start(self, proxy):
        self.handlers[encoding.NO_OPERATION, None] = self._refuse

    async def _refuse(self, link, data):
        link.refuse(encoding.BAD_REQUEST, 0, data, self)


@pytest.fixture(params=[(), (Layer,)], ids=["plain", "layers"])
def ends(request, bridge):
    """A tap, and a client's and a server's end of a connection that it sees."""
    tap = Seen()
    made = bridge(*(layer() for layer in request.param), tap=tap)
    return tap, *made.connect()


def test_both_directions_are_seen_in_one_order(ends):
    """From the first byte on."""
    tap, client, server = ends
    focus, reply = client.request(encoding.GET_INPUT_FOCUS), server.reply(1)
    client.send(focus)
    assert server.read(len(focus)) == focus
    server.send(reply)
    assert client.read(len(reply)) == reply
    client.close()
    tap.wait("closed", 1, True)
    assert tap.rests > 0
    assert tap.calls[:2] == [("start", []), ("opened", 1)]
    assert tap.calls[-3:-1] == [("sent", 1, focus, []), ("received", 1, reply, [])]
    assert tap.passed("sent")[0] == greeting(b"", "<") + focus
    assert tap.passed("received")[0] == setup("<") + reply


def test_the_server_closes(ends):
    """Its last bytes are seen before it."""
    tap, _, server = ends
    reply = server.reply(0)
    server.send(reply)
    server.close()
    tap.wait("closed", 1, False)
    assert tap.passed("received")[0].endswith(reply)


def test_descriptors_are_seen_open(ends, tmp_path):
    """In both directions, before they pass on."""
    tap, client, server = ends
    with (tmp_path / "file").open("w") as file:
        number = os.fstat(file.fileno()).st_ino
        focus, reply = client.request(encoding.GET_INPUT_FOCUS), server.reply(1)
        socket.send_fds(client.stream, [focus], [file.fileno()])
        assert server.read(len(focus)) == focus
        socket.send_fds(server.stream, [reply], [file.fileno()] * 2)
        assert client.read(len(reply)) == reply
    assert tap.passed("sent")[1] == [number]
    assert tap.passed("received")[1] == [number] * 2


def test_what_waits_for_a_client_that_does_not_read_is_seen_once(ends):
    """Bytes that find no room go another way than those that pass on at once."""
    tap, client, server = ends
    sent = b"".join(server.reply(0, bytes([number]) * 40_000) for number in range(50))
    sender = threading.Thread(target=server.send, args=(sent,))
    sender.start()
    tap.wait_for(lambda: len(tap.passed("received")[0]) > 800_000)
    assert client.read(len(sent)) == sent
    sender.join()
    assert tap.passed("received")[0] == setup("<") + sent


def test_it_sees_what_the_client_sees_of_layers(bridge):
    """An error that a layer makes, not the reply that it stands for."""
    tap = Seen()
    client, server = bridge(Refusing(), tap=tap).connect()
    nothing = client.request(encoding.NO_OPERATION)
    client.send(nothing)
    focus = client.request(encoding.GET_INPUT_FOCUS)
    assert server.read(len(focus)) == focus
    server.send(server.reply(1))
    error = client.read(32)
    assert tap.passed("sent")[0].endswith(nothing)
    assert tap.passed("received")[0] == setup("<") + error
    assert error[:2] == bytes([encoding.ERROR, encoding.BAD_REQUEST])


def test_it_sees_the_end_of_the_proxy(bridge):
    """Connections that are open then are not said to be closed."""
    tap = Seen()
    made = bridge(tap=tap)
    made.connect()
    made.proxy.close()
    assert tap.calls[-1] == ("end",)
    assert not any(call[0] == "closed" for call in tap.calls)


def test_an_end_comes_before_what_another_client_sends_after_it(bridge):
    """As a program that closes one connection and goes on with another: seen in its order."""
    tap = Seen()
    made = bridge(tap=tap)
    first, _ = made.connect()
    second, server = made.connect()
    focus = second.request(encoding.GET_INPUT_FOCUS)

    def both():
        first.close()
        second.send(focus)

    # While the proxy is busy, so that it finds both at once.
    made.proxy.call(both)
    assert server.read(len(focus)) == focus
    tap.wait("sent", 2, focus, [])
    ended = [call for call in tap.calls if call in (("closed", 1, True), ("sent", 2, focus, []))]
    assert ended == [("closed", 1, True), ("sent", 2, focus, [])]


def test_a_client_that_ended_before_the_proxy_is_seen_to_have_ended(bridge):
    """Although the proxy was told to end before it could look."""
    tap = Seen()
    made = bridge(tap=tap)
    client, server = made.connect()
    client.send(focus := client.request(encoding.GET_INPUT_FOCUS))
    assert server.read(len(focus)) == focus

    def both():
        client.close()
        made.proxy._loop.stop()

    made.proxy.call(both)
    made.proxy.close()
    assert tap.calls[-2:] == [("closed", 1, True), ("end",)]
