# SPDX-License-Identifier: MIT
"""The server in the id of a test: tests of two servers are the same that differ by it alone."""

import re


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
