# SPDX-License-Identifier: MIT
"""Which windows somebody wants drawn into by themselves: automatic redirections of Composite."""

from collections import Counter

from harness.proxy.link import Link


class Automatic:
    """The automatic redirections that clients hold, on windows or on all their children."""

    def __init__(self) -> None:
        self._held: Counter[tuple[Link, int, bool]] = Counter()

    def begin(self, link: Link, window: int, *, children: bool) -> None:
        self._held[link, window, children] += 1

    def end(self, link: Link, window: int, *, children: bool) -> None:
        if self._held[link, window, children] > 1:
            self._held[link, window, children] -= 1
        else:
            del self._held[link, window, children]

    def covers(self, window: int, parent: int) -> bool:
        """Whether anybody redirects ``window`` itself so, or all children of ``parent``."""
        return any(
            (at, children) in ((window, False), (parent, True)) for _, at, children in self._held
        )

    def knows(self, window: int) -> bool:
        return any(at == window for _, at, _ in self._held)

    def forget_window(self, window: int) -> None:
        for key in [key for key in self._held if key[1] == window]:
            del self._held[key]

    def forget_link(self, link: Link) -> None:
        for key in [key for key in self._held if key[0] is link]:
            del self._held[key]
