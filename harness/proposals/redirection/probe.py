# SPDX-License-Identifier: MIT
"""Whether an id names a pixmap: of what can be presented, and of nothing else."""

from harness.proposals.redirection import requests
from harness.proxy.link import Link
from harness.x11 import encoding


class Probe:
    """Asks on a client's own connection, so that all its earlier requests count."""

    def __init__(self) -> None:
        self._nothing: dict[Link, int] = {}

    async def is_pixmap(self, link: Link, id: int) -> bool:
        if link not in self._nothing:
            self._nothing[link] = link.hidden_id()
        error = await link.attempt(requests.names_no_pixmap(link, self._nothing[link], id))
        if error is None or error[1] != encoding.BAD_PIXMAP:
            return True
        return link.unpack("I", error) != (id,)

    def forget_link(self, link: Link) -> None:
        self._nothing.pop(link, None)
