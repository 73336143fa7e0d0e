# SPDX-License-Identifier: MIT
"""What goes wrong with servers that serve more than one test."""

from collections.abc import Sequence

from harness.errors import HarnessError

SHOWN = 20
"""How many of the tests that a server had served a message names: the last ones."""


class NotReusable(HarnessError):
    """The server cannot be inspected between tests."""


class StateLeftBehind(HarnessError):
    """A test failed on a server that had served others, and passed on a fresh one.

    ``served`` are the tests that the server had served before, in order.
    """

    def __init__(self, served: Sequence[str]) -> None:
        self.served = tuple(served)
        omitted = len(served) - SHOWN
        listed = [f"    ... {omitted} more before"] if omitted > 0 else []
        listed += [f"    {name}" for name in served[-SHOWN:]]
        count = "a test" if len(served) == 1 else f"{len(served)} tests"
        super().__init__(
            f"state left behind: passes on a fresh server, fails on one that had served {count}\n"
            + "\n".join(listed)
            + "\n  One of them changed the server in a way that the inspection does not see: "
            "--servers=fresh avoids it, and xserver(fresh=True) does for one test"
        )
