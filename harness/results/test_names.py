# SPDX-License-Identifier: MIT
"""The server in the id of a test: tests of two servers are the same that differ by it alone."""

import re

from harness.servers.kinds.table import ServerKind

DISPLAY = "display"
"""What stands for a server that was named by its display."""

_LONGEST_FIRST = sorted((*ServerKind, DISPLAY), key=len, reverse=True)
_SERVER = re.compile(rf"(?<![^-])(?:{'|'.join(_LONGEST_FIRST)})(?:@[^-]*)?(?![^-])")


def servers_among(parameters: str) -> list[str]:
    """The servers in the id of a test's parameters, such as ``xvfb@trixie`` in ``2-xvfb@trixie``.

    The name of a kind may have a dash, as those between parameters are: ``xorg-flip``.
    """
    return _SERVER.findall(parameters)


def with_server(test: str, server: str, other: str = "") -> str:
    """The id of ``test`` with ``other`` in place of ``server`` among its parameters.

    Without ``other`` the parameter is left out.  An id without ``server`` stays as it is.
    """
    name, bracket, parameters = test.partition("[")
    parameters = parameters.removesuffix("]")
    found = re.search(rf"(?<![^-]){re.escape(server)}(?![^-])", parameters) if server else None
    if not bracket or found is None:
        return test
    before, after = parameters[: found.start()], parameters[found.end() :]
    kept = [part for part in (before.removesuffix("-"), other, after.removeprefix("-")) if part]
    return f"{name}[{'-'.join(kept)}]" if kept else name
