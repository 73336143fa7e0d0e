# SPDX-License-Identifier: MIT
"""Who listens to Present on which window, and who redirects its children."""

from dataclasses import dataclass

from harness.proxy.link import Link
from harness.x11.present import EventMask


@dataclass(slots=True, eq=False)
class Context:
    """An event context: ``event`` of ``link``, selected on ``window`` for ``mask``.

    ``padded`` ones asked for nothing that the server knows: it has them with
    ConfigureNotify, which the client must not get.  ``valid`` ends with an error or with
    the window.  ``sequence`` is the client's number of the request that made or changed it.
    """

    link: Link
    event: int
    window: int
    mask: int
    sequence: int
    padded: bool = False
    valid: bool = True

    @property
    def redirects(self) -> bool:
        """Whether it holds the redirection of its window's children."""
        return self.valid and bool(self.mask & EventMask.REDIRECT)


class Contexts:
    """All contexts of all clients.  ``holders`` redirect, by the window they selected on.

    A holder whose request is not answered yet is there already, so that nobody else takes
    its place; its ``mask`` tells.
    """

    def __init__(self) -> None:
        self.holders: dict[int, Context] = {}
        self._all: dict[tuple[Link, int], Context] = {}
        self._unsure: dict[tuple[Link, int], tuple[Context | None, Context | None]] = {}

    def get(self, link: Link, event: int) -> Context | None:
        return self._all.get((link, event))

    def on(self, window: int, mask: int) -> list[Context]:
        """The contexts on ``window`` that want any of ``mask``."""
        return [one for one in self._all.values() if one.window == window and one.mask & mask]

    def knows(self, window: int) -> bool:
        """Whether anything was selected on ``window``, which may be gone meanwhile."""
        return any(one.window == window for one in self._all.values())

    def redirecting(self, link: Link) -> bool:
        """Whether ``link`` holds a redirection, or is about to."""
        return any(one.link is link for one in self.holders.values())

    def set(self, new: Context) -> None:
        """A request made or changed a context, or with mask 0 ended it."""
        key = (new.link, new.event)
        old = self._all.get(key)
        if old is not None and self.holders.get(old.window) is old:
            del self.holders[old.window]
        if not new.mask:
            self._all.pop(key, None)
            return
        self._all[key] = new
        if new.redirects:
            self.holders[new.window] = new

    def suppose(self, new: Context) -> None:
        """As ``set``, of a request whose outcome will only be told if it is an error."""
        for link, sequence in list(self._unsure):
            if link is new.link and sequence <= link.heard_by_client:
                del self._unsure[link, sequence]
        self._unsure[new.link, new.sequence] = self.get(new.link, new.event), new
        self.set(new)

    def failed(self, link: Link, sequence: int) -> None:
        """The request of that number (16 bits of it), if it was one of these, was an error."""
        for owner, number in list(self._unsure):
            if owner is link and (number - sequence) & 0xFFFF == 0:
                old, new = self._unsure.pop((owner, number))
                assert new is not None
                new.valid = False
                if self.get(link, new.event) in (new, None):
                    self.set(old or Context(link, new.event, new.window, 0, number))

    def forget_window(self, window: int) -> None:
        """``window`` is gone, and with it what was selected there."""
        self._drop([one for one in self._all.values() if one.window == window])

    def forget_link(self, link: Link) -> None:
        """The client is gone."""
        self._drop([one for one in self._all.values() if one.link is link])
        for owner, number in list(self._unsure):
            if owner is link:
                del self._unsure[owner, number]

    def _drop(self, contexts: list[Context]) -> None:
        for one in contexts:
            one.valid = False
            del self._all[one.link, one.event]
            if self.holders.get(one.window) is one:
                del self.holders[one.window]
