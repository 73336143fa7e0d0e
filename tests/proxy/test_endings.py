# SPDX-License-Identifier: MIT
"""A connection that ends may let the handlers of other connections go on, at once."""

import itertools

import pytest

from harness.proxy.layer import Layer
from harness.proxy.tasks import ChannelLost
from harness.x11 import encoding

BELL, FOCUS = 104, encoding.GET_INPUT_FOCUS


class AwaitsNext(Layer):
    """A Bell waits until the connection made after its own has answered, or has ended."""

    def __init__(self, order):
        super().__init__()
        self.order = order

    def start(self, proxy):
        self.proxy = proxy
        self.handlers[BELL, None] = self.handle

    async def handle(self, link, request):
        place = self.order.index(link.number - 1)
        (following,) = [one for one in self.proxy.links if one.number - 1 == self.order[place + 1]]
        with pytest.raises(ChannelLost):
            await following.trip()
        return request


@pytest.mark.parametrize("ending", ["client", "server"])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_waits_for_a_connection_that_ends_is_sent(bridge, ending, order):
    """With nothing else to wake the proxy, and in any order of the connections."""
    built = bridge(AwaitsNext(order))
    both = [built.connect(), built.connect()]
    (client, server), (other_client, other_server) = (both[number] for number in order)
    client.send(client.request(BELL))
    assert other_server.read(4) == other_server.request(FOCUS)
    (other_client if ending == "client" else other_server).close()
    assert server.read(4) == server.request(BELL)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_an_ending_that_lets_another_connection_end_is_followed_up(bridge, order):
    """The second connection is over when the third is; the first waits for the second."""
    built = bridge(AwaitsNext(order))
    made = [built.connect() for _ in order]
    (client, server), (second, second_server), (third, third_server) = (made[n] for n in order)
    second.send(second.request(BELL))
    assert third_server.read(4) == third_server.request(FOCUS)
    client.send(client.request(BELL))
    assert second_server.read(4) == second_server.request(FOCUS)
    second.close()
    third.close()
    assert second_server.read(4) == second_server.request(BELL)
    assert server.read(4) == server.request(BELL)
