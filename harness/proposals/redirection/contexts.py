# SPDX-License-Identifier: MIT
"""Event contexts of Present: which client selected what on which window, and who redirects."""

from dataclasses import dataclass

from harness.proxy.link import Link
from harness.x11.present import EventMask


@dataclass(slots=True, eq=False)
class Context:
    """An event context: ``event`` of ``link``, selected on ``window`` for ``mask``.

    ``padded`` ones select nothing that the server knows: there they have ConfigureNotify,
    which the client must not get.  ``valid`` ends with the window or the client.
    """

    link: Link
    event: int
    window: int
    mask: int
    padded: bool = False
    valid: bool = True

    @property
    def redirects(self) -> bool:
        """Whether it holds the redirection of its window's children."""
        return self.valid and bool(self.mask & EventMask.REDIRECT)


class Contexts:
    """All contexts of all clients; ``holders`` are those that redirect, by their window.

    While the server has not answered a request for redirection, a context with mask 0 holds
    the window, so that no other client gets it.
    """

    def __init__(self) -> None:
        self.holders: dict[int, Context] = {}
        self._all: dict[tuple[Link, int], Context] = {}

    def get(self, link: Link, event: int) -> Context | None:
        return self._all.get((link, event))

    def selecting(self, window: int, mask: int) -> list[Context]:
        """The contexts on ``window`` that select any of ``mask``."""
        return [one for one in self._all.values() if one.window == window and one.mask & mask]

    def knows(self, window: int) -> bool:
        """Whether a client has selected on ``window``, which may be destroyed since."""
        return any(one.window == window for one in self._all.values())

    def redirecting(self, link: Link) -> bool:
        """Whether ``link`` holds a redirection, or is about to."""
        return any(one.link is link for one in self.holders.values())

    def set(self, new: Context) -> None:
        """Add, replace or, with mask 0, remove a context."""
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

    def forget_window(self, window: int) -> None:
        """Remove the contexts of a window that was destroyed."""
        self._remove([one for one in self._all.values() if one.window == window])

    def forget_link(self, link: Link) -> None:
        """Remove the contexts of a client that has disconnected."""
        self._remove([one for one in self._all.values() if one.link is link])

    def _remove(self, contexts: list[Context]) -> None:
        for one in contexts:
            one.valid = False
            del self._all[one.link, one.event]
            if self.holders.get(one.window) is one:
                del self.holders[one.window]
