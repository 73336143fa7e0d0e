# SPDX-License-Identifier: MIT
"""Many clients at full speed through one proxy, every byte compared; longer with ``--soak``."""

import random
import struct
import threading

import pytest

from harness.clients.raw.raw_client import RawClient
from harness.deadlines import Deadline
from harness.proposals.catalogue import Proposal
from harness.proxy.layer import Layer
from harness.proxy.proxied_server import ProxiedServer
from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec

CLIENTS = 8
SECONDS = 1.5
ATOM_STRING = 31
SIZE = 64
BURST = 40


class Seeing(Layer):
    """Cuts everything into messages and looks at each."""

    every_request = every_message = True


FRONTS = {
    "transparent": list,
    "cut": lambda: [Layer()],
    "seen": lambda: [Seeing()],
    "drafts": lambda: [proposal.emulation() for proposal in Proposal],
}


class Worker:
    """A client that writes at random, reads back, and has events sent to itself."""

    def __init__(self, server, number):
        self.wire = RawClient(server, "<>"[number % 2])
        self.source = random.Random(number)
        self.window = self.wire.create_window(SIZE, SIZE)
        self.pixmap = self.wire.create_pixmap(SIZE, SIZE)
        self.gc = self.wire.new_id()
        self.wire.request(55, 0, self.wire.pack("III", self.gc, self.pixmap, 0))
        self.sent = self.received = self.rounds = 0

    def round(self):
        """A burst of requests whose replies and events are all known beforehand."""
        wire = self.wire
        awaited = []
        for _ in range(BURST):
            kind = self.source.randrange(4)
            if kind == 0:
                data = self.source.randbytes(4 * self.source.randrange(1, 2000))
                body = wire.pack("IIIB3xI", self.window, ATOM_STRING, ATOM_STRING, 8, len(data))
                wire.request(18, 0, body + data)
                query = wire.pack("IIIII", self.window, ATOM_STRING, 0, 0, 1 << 20)
                awaited.append((wire.request(20, 0, query), data))
            elif kind == 1:
                data = self.source.randbytes(4 * SIZE * SIZE)
                mask = bytes(byte if at % 4 != 3 else 0 for at, byte in enumerate(data))
                body = wire.pack("IIHHhhBB2x", self.pixmap, self.gc, SIZE, SIZE, 0, 0, 0, 24)
                wire.request(72, 2, body + mask)
                query = wire.pack("IhhHHI", self.pixmap, 0, 0, SIZE, SIZE, 0xFFFFFFFF)
                awaited.append((wire.request(73, 2, query), mask))
            elif kind == 2:
                self.sent += 1
                event = struct.pack(
                    f"{wire.byte_order}BBHII5I", 33, 32, 0, self.window, 1, self.sent, 1, 2, 3, 4
                )
                wire.request(25, 0, wire.pack("II", self.window, 0) + event)
            else:
                wire.request(127, 0, bytes(4 * self.source.randrange(0, 50)))
        for sequence, data in awaited:
            assert wire.reply(sequence)[32:][: len(data)] == data
        wire.sync()
        assert wire.errors == []
        for event in wire.events:
            self.received += 1
            assert wire.unpack("I", event, 12) == (self.received,)
        wire.events.clear()
        assert self.received == self.sent
        self.rounds += 1


@pytest.mark.parametrize("front", FRONTS)
def test_nothing_is_lost_or_altered_at_full_speed(front, soak):
    """Half of the clients speak the other byte order; properties, images and events come back."""
    spec = ServerSpec(build=find_on_path(ServerKind.XVFB))
    failures = []
    deadline = Deadline.after(soak / len(FRONTS) or SECONDS)

    def work(worker):
        try:
            # One round at least, however slow this machine is.
            while not worker.rounds or not deadline.passed:
                worker.round()
        except BaseException as failure:
            failures.append(failure)

    with launch(spec) as server:
        proxied = ProxiedServer(server, FRONTS[front]())
        workers = [Worker(proxied, number) for number in range(CLIENTS)]
        threads = [threading.Thread(target=work, args=(worker,)) for worker in workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for worker in workers:
            worker.wire.close()
        proxied.check_alive()
        proxied.proxy.close()
    assert failures == []
    assert all(worker.rounds for worker in workers)
