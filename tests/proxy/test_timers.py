# SPDX-License-Identifier: MIT
"""Layers may do something later, and may make the server seem to have closed a connection."""

import time

from harness.proxy.layer import Layer


def test_functions_are_called_in_the_order_in_which_they_are_due(bridge):
    """None too early, and what they send leaves without another message to push it."""
    layer = Layer()
    built = bridge(layer)
    client, _ = built.connect()

    def begin():
        (link,) = built.proxy.links
        for number, seconds in ((2, 0.1), (1, 0.05), (3, 0.1)):
            event = bytes([33, number]) + bytes(30)
            built.proxy.after(seconds, lambda event=event: link.inject(event, layer))

    start = time.monotonic()
    built.proxy.call(begin)
    assert [client.read(32)[1] for _ in range(3)] == [1, 2, 3]
    assert time.monotonic() - start >= 0.1


def test_what_is_not_due_keeps_no_proxy_from_ending(bridge):
    """It is never called."""
    called = []
    built = bridge(Layer())
    built.proxy.call(lambda: built.proxy.after(3600, lambda: called.append(1)))
    built.proxy.close()
    assert not called


def test_a_layer_can_end_a_connection_in_the_middle_of_a_message(bridge):
    """The client gets all that came before, this much of the message, and no more."""

    class Ends(Layer):
        def start(self, proxy):
            self.watches = {33}

        def message(self, link, data):
            link.lose_server()
            return [data[:20]]

    client, server = bridge(Ends()).connect()
    before, last, after = (server.message(kind, 0) for kind in (5, 33, 6))
    server.send(before + last + after)
    assert client.read(52) == before + last[:20]
    assert client.at_end()
    assert server.at_end()
