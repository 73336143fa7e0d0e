# SPDX-License-Identifier: MIT
"""Drawables whose damage is watched."""

import pytest
from xcffib.composite import Redirect

from suites.composite.damage.variants import COMPOSITE


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
