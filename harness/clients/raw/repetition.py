# SPDX-License-Identifier: MIT
"""The same requests over and over, as fast as the server reads them."""

import threading
from collections.abc import Sequence
from operator import methodcaller
from typing import Self

from harness.clients.connection.endpoint import DEATH_SECONDS, REPLY_SECONDS
from harness.clients.connection.errors import ConnectionLost
from harness.clients.raw.raw_client import RawClient
from harness.deadlines import Deadline
from harness.errors import HarnessError

__tracebackhide__ = methodcaller("errisinstance", HarnessError)

BLOCK_BYTES = 8192


class Repetition:
    """``requests``, repeated in the background from the start of a block to its end.

    The server has handled all of them, the last one last, when the block ends.  They must have
    no replies and cause no events.  Nothing is recorded.  Only the block may use ``wire``
    during it, or close it.  Leaving it raises ConnectionLost, and what the server says of its
    death or silence.
    """

    def __init__(self, wire: RawClient, requests: Sequence[bytes]) -> None:
        self._wire = wire
        self._once = requests = [*requests]
        copies = max(1, BLOCK_BYTES // len(b"".join(requests)))
        self._per_block = len(requests) * copies + 1
        # Each ends one request further on: a server that is always ready for the next block would
        # otherwise rest after the same request every time.
        self._blocks = [
            b"".join(requests[first:] + requests[:first]) * copies + requests[first]
            for first in range(len(requests))
        ]
        self._stop = threading.Event()
        self._lost: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="repetition", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join(Deadline.after(REPLY_SECONDS).seconds)
        if self._thread.is_alive():
            # The server does not read, or serves a grab: closing the connection ends the thread.
            self._wire.close()
            self._thread.join(Deadline.after(REPLY_SECONDS).seconds)
            raise self._wire.server.silent("repeated requests", REPLY_SECONDS)
        if self._wire.closed:
            return
        if self._lost is not None:
            self._wire.server.check_alive("repeated requests", DEATH_SECONDS)
            raise ConnectionLost(f"a raw client lost its connection: {self._lost}")
        self._wire.sync()

    def _run(self) -> None:
        try:
            first = 0
            while not self._stop.is_set():
                self._wire.send(self._blocks[first], self._per_block)
                first = (first + 1) % len(self._blocks)
            if rest := self._once[first:]:
                self._wire.send(b"".join(rest), len(rest))
        except OSError as error:
            self._lost = error
