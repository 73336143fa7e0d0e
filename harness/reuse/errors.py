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

    ``served`` are the tests that the server had served before, in order; ``culprits`` those of
    them after which it is shown to fail again, none when that was not tried or did not come again.
    ``command`` repeats them.
    """

    def __init__(
        self, served: Sequence[str], culprits: Sequence[str] = (), command: str = ""
    ) -> None:
        self.served, self.culprits = tuple(served), tuple(culprits)
        count = "a test" if len(served) == 1 else f"{len(served)} tests"
        lines = [
            f"state left behind: passes on a fresh server, fails on one that had served {count}",
            *_listed(served),
        ]
        if culprits:
            lines += ["  It fails again, on a server of its own, after", *_listed(culprits)]
            lines.append(f"  repeat    {command}")
        lines.append(
            "  One of them changed the server in a way that the inspection does not see: "
            "--servers=fresh avoids it, and xserver(fresh=True) does for one test"
        )
        super().__init__("\n".join(lines))


def _listed(names: Sequence[str]) -> list[str]:
    omitted = len(names) - SHOWN
    listed = [f"    ... {omitted} more before"] if omitted > 0 else []
    return listed + [f"    {name}" for name in names[-SHOWN:]]
