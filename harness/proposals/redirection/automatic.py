# SPDX-License-Identifier: MIT
"""Automatic redirections of Composite, which a RedirectNotify reports as update-window."""

from collections import Counter

from harness.proposals import requests
from harness.proposals.requests import Handlers
from harness.proxy.layer import Layer
from harness.proxy.link import Link

_BEGIN = (requests.COMPOSITE_REDIRECT_WINDOW, requests.COMPOSITE_REDIRECT_SUBWINDOWS)
_END = (requests.COMPOSITE_UNREDIRECT_WINDOW, requests.COMPOSITE_UNREDIRECT_SUBWINDOWS)


class AutomaticRedirections:
    """The automatic redirections that clients hold, on windows or on all their children."""

    def __init__(self, layer: Layer) -> None:
        self._layer = layer
        self._held: Counter[tuple[Link, int, bool]] = Counter()

    def handlers(self, composite: int) -> Handlers:
        """Those of the requests of Composite, whose major opcode is ``composite``."""
        return {(composite, minor): self._redirect for minor in (*_BEGIN, *_END)}

    async def _redirect(self, link: Link, data: bytes) -> bytes | None:
        body = requests.plain(link, data)
        if len(body) != 12 or body[8] != requests.AUTOMATIC:
            return data
        if await link.carry_out(data, self._layer) is None:
            window, minor = requests.first_id(link, data), body[1]
            children = minor in (_BEGIN[1], _END[1])
            self._held[link, window, children] += 1 if minor in _BEGIN else -1
            self._held = +self._held
        return None

    def covers(self, window: int, parent: int) -> bool:
        """Whether a client redirects ``window`` itself so, or all children of ``parent``."""
        return any(
            (at, children) in ((window, False), (parent, True)) for _, at, children in self._held
        )

    def knows(self, window: int) -> bool:
        """Whether a redirection on ``window`` is held, which may be destroyed since."""
        return any(at == window for _, at, _ in self._held)

    def forget_window(self, window: int) -> None:
        for key in [key for key in self._held if key[1] == window]:
            del self._held[key]

    def forget_link(self, link: Link) -> None:
        for key in [key for key in self._held if key[0] is link]:
            del self._held[key]
