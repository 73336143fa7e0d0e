# SPDX-License-Identifier: MIT
"""The model of a screen: what is lost, what is kept, and what nobody defines."""

import numpy as np
import pytest

from harness.models.composite_model import (
    ROOT,
    UNKNOWN,
    CompositeModel,
    CompositeModelError,
    RedirectMode,
)
from harness.pixels.rectangle import Rectangle

GROUND, FRONT, EDGE, DRAWN = 1, 2, 3, 9


@pytest.fixture
def scene():
    """A screen of 8x6 with a mapped window ``w`` of 4x3 and border 1, its corner at (1, 1)."""
    scene = CompositeModel(8, 6, GROUND)
    create(scene, "w", ROOT, 1, 1, 4, 3, border=1)
    scene.map("w")
    return scene


def create(scene, name, parent, x, y, width, height, *, border=0, keeps=True, background=FRONT):
    scene.create(
        name,
        "one",
        parent,
        x,
        y,
        width,
        height,
        border=border,
        background=background,
        edge=EDGE,
        keeps=keeps,
    )


def screen(scene):
    return scene.root.sheet.pixels


def backing(scene, name="w"):
    return scene.window(name).sheet.pixels


def test_border_lies_around_the_window(scene):
    """The corner is the border's; the inside has the size."""
    expected = np.full((6, 8), GROUND)
    expected[1:6, 1:7] = EDGE
    expected[2:5, 2:6] = FRONT
    assert (screen(scene) == expected).all()


def test_covered_pixels_are_lost(scene):
    """What another window covered comes back as background; the rest stays."""
    scene.fill("w", DRAWN, Rectangle(0, 0, 4, 3))
    create(scene, "cover", ROOT, 2, 2, 2, 9)
    scene.map("cover")
    scene.unmap("cover")
    assert (screen(scene)[2:5, 2:4] == FRONT).all()
    assert (screen(scene)[2:5, 4:6] == DRAWN).all()


def test_drawing_is_cut_at_children_and_edges(scene):
    """Neither a child nor the border is drawn over."""
    create(scene, "child", "w", 1, 1, 1, 1, background=7)
    scene.map("child")
    scene.fill("w", DRAWN, Rectangle(-5, -5, 50, 50))
    assert screen(scene)[3, 3] == 7
    assert (screen(scene) == DRAWN).sum() == 11


def test_manually_redirected_window_leaves_the_screen(scene):
    """The screen shows what is behind; the backing pixmap keeps window and border."""
    scene.fill("w", DRAWN, Rectangle(0, 0, 4, 3))
    scene.redirect("w", "c", RedirectMode.MANUAL)
    assert (screen(scene) == GROUND).all()
    assert (backing(scene)[1:4, 1:5] == DRAWN).all()
    assert (backing(scene) == EDGE).sum() == 18
    scene.unredirect("w", "c", RedirectMode.MANUAL)
    assert (screen(scene)[2:5, 2:6] == DRAWN).all()


def test_automatically_redirected_window_is_copied_to_the_screen(scene):
    """The copy is cut by what is in front, the backing pixmap is not."""
    scene.redirect("w", "c", RedirectMode.AUTOMATIC)
    create(scene, "cover", ROOT, 0, 0, 3, 9, background=7)
    scene.map("cover")
    scene.fill("w", DRAWN, Rectangle(0, 0, 4, 3))
    assert (backing(scene)[1:4, 1:5] == DRAWN).all()
    assert (screen(scene)[2:5, 3:6] == DRAWN).all()
    assert (screen(scene)[:, :3] == 7).all()
    scene.unmap("cover")
    assert (screen(scene)[2:5, 2:6] == DRAWN).all()


@pytest.mark.parametrize("keeps", [True, False])
def test_resize_replaces_the_backing_pixmap(keeps):
    """The named one stays as it was; the new one keeps the pixels, or forgets them."""
    scene = CompositeModel(8, 6, GROUND)
    create(scene, "w", ROOT, 1, 1, 4, 3, keeps=keeps)
    scene.map("w")
    scene.redirect("w", "c", RedirectMode.MANUAL)
    scene.fill("w", DRAWN, Rectangle(0, 0, 4, 3))
    scene.name_pixmap("w", "p", "c")
    scene.configure("w", width=5, height=2)
    scene.fill("w", 7, Rectangle(0, 0, 1, 1))
    assert (scene.pixmap("p").pixels == DRAWN).all()
    kept = DRAWN if keeps else FRONT
    assert backing(scene).tolist() == [[7, kept, kept, kept, FRONT], [*[kept] * 4, FRONT]]


def test_names_share_their_pixels_until_the_window_ends(scene):
    """Two names see the same drawing, and outlive the window."""
    scene.redirect("w", "c", RedirectMode.MANUAL)
    scene.name_pixmap("w", "p", "c")
    scene.name_pixmap("w", "q", "d")
    scene.fill("w", DRAWN, Rectangle(0, 0, 1, 1))
    scene.kill("c")
    scene.destroy("w")
    assert list(scene.pixmaps) == ["q"]
    assert scene.pixmap("q").pixels[1, 1] == DRAWN


def test_death_of_the_compositor_brings_windows_back(scene):
    """All its redirections end, those of another stay."""
    scene.redirect_children(ROOT, "c", RedirectMode.MANUAL)
    scene.redirect("w", "d", RedirectMode.AUTOMATIC)
    assert (screen(scene) == GROUND).all()
    scene.kill("c")
    assert scene.window("w").mode is RedirectMode.AUTOMATIC
    assert (screen(scene) == FRONT).sum() == 12


def test_what_is_exposed_without_a_background_is_unknown(scene):
    """While children are redirected by hand nobody paints their parent."""
    scene.redirect_children(ROOT, "c", RedirectMode.MANUAL)
    scene.unredirect_children(ROOT, "c", RedirectMode.MANUAL)
    assert not (screen(scene) == UNKNOWN).any()
    scene.redirect_children("w", "c", RedirectMode.MANUAL)
    scene.unmap("w")
    scene.map("w")
    assert (screen(scene)[2:5, 2:6] == UNKNOWN).all()


@pytest.mark.parametrize(
    "refused",
    [
        pytest.param(
            lambda scene: scene.redirect("w", "d", RedirectMode.MANUAL), id="manual-twice"
        ),
        pytest.param(
            lambda scene: scene.redirect_children(ROOT, "d", RedirectMode.MANUAL), id="children"
        ),
        pytest.param(lambda scene: scene.unredirect("w", "d", RedirectMode.MANUAL), id="not-begun"),
        pytest.param(lambda scene: scene.reparent("w", "w", 0, 0), id="into-itself"),
        pytest.param(lambda scene: scene.copy("w", "p", 0, 0), id="onto-itself"),
        pytest.param(lambda scene: scene.name_pixmap("w", "p", "d"), id="name-taken"),
        pytest.param(lambda scene: scene.destroy(ROOT), id="root"),
        pytest.param(lambda scene: scene.map("x"), id="unknown"),
    ],
)
def test_impossible_operations_are_refused(scene, refused):
    """What a server would answer with an error, or nobody defines, is a CompositeModelError."""
    scene.redirect("w", "c", RedirectMode.MANUAL)
    scene.name_pixmap("w", "p", "c")
    with pytest.raises(CompositeModelError):
        refused(scene)
