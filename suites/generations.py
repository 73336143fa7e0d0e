# SPDX-License-Identifier: MIT
"""Generations of a server that starts over when its last client leaves."""

import pytest

NAME = "_XHARNESS_GENERATION"


def new_generation(connect):
    """A client by ``connect`` of a server that has started over since the last call: it knows no
    new atoms."""
    for _ in range(100):
        client = connect()
        if not client.core.InternAtom(True, len(NAME), NAME).reply().atom:
            client.core.InternAtom(False, len(NAME), NAME).reply()
            return client
        client.close()
    pytest.fail("the server did not reset although its last client had left a hundred times")
