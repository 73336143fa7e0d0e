# SPDX-License-Identifier: MIT
"""Compositors of the screen."""

from contextlib import ExitStack

import pytest

from harness.clients.compositing.compositor import Compositor

COMPOSITE = pytest.mark.needs("Composite")


@pytest.fixture
def composite(connect):
    """Start compositors, each a client of its own, ended with the test."""
    with ExitStack() as stack:

        def composite(name="compositor", parent=None, buffers=0):
            compositor = Compositor(connect(name), parent, buffers=buffers, background="orange")
            return stack.enter_context(compositor)

        yield composite
