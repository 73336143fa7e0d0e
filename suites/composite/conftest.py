# SPDX-License-Identifier: MIT
"""Compositors of the screen, and drawables whose damage is watched."""

from contextlib import ExitStack

import pytest
from xcffib.composite import Redirect

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


@pytest.fixture
def make_drawn(presenter, barrier):
    """Makes a 64x48 drawable whose pixels can be damaged: a window with a border or a pixmap."""

    def make(kind):
        if kind == "pixmap":
            return presenter.pixmap(64, 48, colour="blue")
        window = presenter.window(64, 48, x=37, y=29, border_width=3, mapped=False, events=0)
        if kind != "window":
            window.redirect(Redirect.Manual if kind == "manual" else Redirect.Automatic)
        window.map()
        barrier()
        return window

    return make


@pytest.fixture(
    params=[
        "window",
        "pixmap",
        pytest.param("manual", marks=COMPOSITE),
        pytest.param("automatic", marks=COMPOSITE),
    ]
)
def drawn(request, make_drawn):
    """One of each kind of drawable."""
    return make_drawn(request.param)
