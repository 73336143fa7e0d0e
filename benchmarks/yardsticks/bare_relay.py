# SPDX-License-Identifier: MIT
"""A relay that knows nothing of X: the lower limit of any proxy in Python.

``python -m benchmarks.yardsticks.bare_relay DISPLAY`` prints ``DISPLAY=:N``; it serves one client.
"""

import select
import socket
import sys

from harness.deadlines import Deadline
from harness.proxy.display import OwnDisplay
from harness.x11.address import Address

_BYTES = 1 << 18
_SECONDS = 30.0


def relay(display: str) -> None:
    """Pass on what the first client of a display of its own and the server send, until one ends."""
    own = OwnDisplay()
    try:
        print(f"DISPLAY={own.name}", flush=True)
        own.listener.settimeout(_SECONDS)
        client, _ = own.listener.accept()
    finally:
        own.close()
    with client, Address.parse(display).connect(Deadline.after(_SECONDS)) as server:
        _pass_on({client.fileno(): (client, server), server.fileno(): (server, client)})


def _pass_on(ways: dict[int, tuple[socket.socket, socket.socket]]) -> None:
    memory = memoryview(bytearray(_BYTES))
    with select.epoll() as poll:
        for fd, (source, _) in ways.items():
            source.setblocking(True)
            poll.register(fd, select.EPOLLIN)
        while True:
            for fd, _ in poll.poll():
                source, sink = ways[fd]
                count = source.recv_into(memory)
                if not count:
                    return
                sink.sendall(memory[:count])


if __name__ == "__main__":
    relay(sys.argv[1])
