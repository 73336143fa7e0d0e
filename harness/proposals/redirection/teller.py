# SPDX-License-Identifier: MIT
"""Delivers events of our own to everybody who listens on a window, in each one's order."""

import os
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.proposals.redirection import requests
from harness.proposals.redirection.backstage import Backstage
from harness.proposals.redirection.contexts import Context, Contexts
from harness.protocol.present import (
    CompleteKind,
    CompleteMode,
    CompleteNotify,
    IdleNotify,
    NotifyMsc,
)
from harness.proxy import wire
from harness.proxy.layer import Layer
from harness.proxy.link import Link
from harness.proxy.proxy import Proxy

_MOST_MARKS = 10_000


@dataclass(slots=True, eq=False)
class _Letter:
    """An event on its way to the contexts of one client on one window."""

    window: int
    event: IdleNotify | CompleteNotify
    contexts: Sequence[Context]

    def messages(self, link: Link, major: int) -> list[bytes]:
        return [
            replace(self.event, event=one.event).encode(major, 0, link.order)
            for one in self.contexts
            if one.valid
        ]


class Teller:
    """Tells contexts of presentations that the server knows nothing of.

    Whether the window is still there is asked on each client's own connection, so that the
    event stands at its place among the client's others.
    """

    def __init__(
        self, proxy: Proxy, layer: Layer, major: int, contexts: Contexts, backstage: Backstage
    ) -> None:
        self._proxy, self._layer, self._major = proxy, layer, major
        self._contexts, self._backstage = contexts, backstage
        self._letters: dict[Link, deque[_Letter]] = {}
        self._skipped: dict[tuple[int, int], int] = {}
        self._next_mark = int.from_bytes(os.urandom(4), "little")

    def tell(self, event: IdleNotify | CompleteNotify) -> None:
        """Give ``event`` to every context on its window that selected it now."""
        by_link: dict[Link, list[Context]] = {}
        for context in self._contexts.on(event.window, event.MASK):
            by_link.setdefault(context.link, []).append(context)
        for link, contexts in by_link.items():
            letter = _Letter(event.window, event, contexts)
            self._letters.setdefault(link, deque()).append(letter)
            self._proxy.spawn(self._deliver(link, letter))

    def tell_skip(self, window: int, serial: int) -> None:
        """Tell that ``serial`` was skipped just now, after all that was told of ``window``.

        The server itself tells the time, in each client's stream at its place: a NotifyMSC
        is answered to all contexts, and its events become what has to be told.
        """
        mark = self._next_mark = (self._next_mark + 1) & 0xFFFFFFFF
        self._skipped[window, mark] = serial
        while len(self._skipped) > _MOST_MARKS:
            del self._skipped[next(iter(self._skipped))]
        ask = NotifyMsc(window=window, serial=mark)
        self._backstage.send(lambda own: ask.encode(self._major, own.order))

    def completes(self, link: Link, data: bytes, event: CompleteNotify) -> list[bytes] | None:
        """What becomes of the server's ``event``; None if it is no answer to a question here."""
        serial = self._skipped.get((event.window, event.serial))
        if serial is None or event.kind != CompleteKind.NOTIFY_MSC:
            return None
        skipped = replace(
            event, kind=CompleteKind.PIXMAP, mode=CompleteMode.SKIP, serial=serial
        ).encode(self._major, 0, link.order)
        first: list[bytes] = []
        letters = self._letters.get(link, deque())
        for letter in [one for one in letters if one.window == event.window]:
            letters.remove(letter)
            first += letter.messages(link, self._major)
        return [one[:2] + data[2:4] + one[4:] for one in (*first, skipped)]

    def forget_link(self, link: Link) -> None:
        self._letters.pop(link, None)

    async def _deliver(self, link: Link, letter: _Letter) -> None:
        tree = await link.ask(requests.query_tree(link, letter.window))
        letters = self._letters.get(link, deque())
        if letter in letters:
            letters.remove(letter)
            if tree[0] == wire.REPLY:
                for message in letter.messages(link, self._major):
                    link.inject(message, self._layer)
