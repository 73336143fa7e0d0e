# SPDX-License-Identifier: MIT
"""What the parts of Present redirection in front of one server share."""

from collections.abc import Sequence

from harness.proposals import requests
from harness.proposals.redirection.borrowed import BorrowedPixmaps
from harness.proposals.redirection.contexts import Contexts
from harness.proposals.redirection.helper_client import HelperClient
from harness.proxy.layer import Layer
from harness.proxy.link import Link
from harness.proxy.proxy import Proxy
from harness.proxy.tasks import ChannelLost
from harness.x11 import encoding, present
from harness.x11.drafts.present_redirect import (
    FIXES_EXTENSION,
    STABLE_IDS,
    FixesPixmapDestroyNotify,
)
from harness.x11.present import Notify, PresentEvent


class RedirectState:
    """The state of ``layer``: event ``contexts``, ``borrowed`` pixmaps, its ``helper``.

    ``present``, ``sync`` and ``fixes`` are major opcodes, 0 for an extension that the server
    lacks.  ``stable`` says whether redirecting clients get pixmap ids of their own.
    """

    def __init__(self, layer: Layer, proxy: Proxy, *, profile: int, burst: bool) -> None:
        self.layer, self.proxy = layer, proxy
        self.stable = profile == STABLE_IDS
        majors = {name: one.major for name, one in proxy.extensions.items()}
        self.present, self.sync, self.fixes = (
            majors.get(name, 0) for name in (present.EXTENSION, "SYNC", FIXES_EXTENSION)
        )
        self.contexts = Contexts()
        self.borrowed = BorrowedPixmaps(burst=burst)
        self.helper = HelperClient(proxy, self.fixes)
        self._unused_ids: dict[Link, int] = {}

    def inject(self, link: Link, event: PresentEvent | FixesPixmapDestroyNotify) -> None:
        """Deliver ``event`` to the client of ``link`` now."""
        major = self.fixes if isinstance(event, FixesPixmapDestroyNotify) else self.present
        link.inject(event.encode(major, 0, link.order), self.layer)

    async def is_pixmap(self, link: Link, id: int) -> bool:
        """Whether ``id`` names what can be presented, after all earlier requests of ``link``."""
        if link not in self._unused_ids:
            self._unused_ids[link] = link.hidden_id()
        unused = self._unused_ids[link]
        error = await link.attempt(requests.fail_unless_pixmap(link, unused, id))
        if error is None or error[1] != encoding.BAD_PIXMAP:
            return True
        return link.unpack("I", error) != (id,)

    def forget_link(self, link: Link) -> None:
        """The client of ``link`` has disconnected."""
        self.contexts.forget_link(link)
        self._unused_ids.pop(link, None)


async def disconnected(link: Link) -> bool:
    """Whether the client of ``link`` is, once it was sent all that the server made for it."""
    try:
        await link.caught_up()
    except ChannelLost:
        return True
    return link.client_gone or link.server_gone


async def missing_window(link: Link, notifies: Sequence[Notify]) -> Notify | None:
    """The first entry of a PresentPixmap that names no window."""
    queries = [link.ask(requests.query_tree(link, one.window)) for one in notifies]
    found = [(await query)[0] == encoding.REPLY for query in queries]
    return next((one for one, exists in zip(notifies, found, strict=True) if not exists), None)
