# SPDX-License-Identifier: MIT
"""The options of a recipe, for sources that declare some of them."""

from harness.nightly.builds.recipe import Preset, Recipe, options_for
from harness.servers.kinds.table import ServerKind

XVFB, XORG = ServerKind.XVFB, ServerKind.XORG

DECLARED = [
    {"name": "xvfb", "type": "boolean"},
    {"name": "xorg", "type": "combo", "choices": ["true", "false", "auto"]},
    {"name": "drm", "type": "boolean"},
    {"name": "pciaccess", "type": "boolean"},
    {"name": "docs", "type": "combo", "choices": ["enabled", "disabled", "auto"]},
]


def test_only_what_is_declared_is_given():
    """Options that no sources have would be refused; those of a preset are meson's own."""
    assert options_for(Recipe(), [XVFB], DECLARED) == {
        "xvfb": "true", "xorg": "false", "drm": "false", "pciaccess": "false",
        "docs": "disabled", "buildtype": "debugoptimized",
    }  # fmt: skip


def test_what_xorg_needs_is_left_to_its_sources():
    """Unless the recipe names it."""
    assert "pciaccess" not in options_for(Recipe(), [XVFB, XORG], DECLARED)
    named = Recipe(options={"pciaccess": "false"})
    assert options_for(named, [XVFB, XORG], DECLARED)["pciaccess"] == "false"


def test_what_the_user_names_goes_before_all_else():
    """Before presets, and what is left out, declared or not."""
    recipe = Recipe(Preset.SANITIZED, {"docs": "auto", "buildtype": "debug", "own": "1"})
    options = options_for(recipe, [XVFB], DECLARED)
    assert (options["docs"], options["buildtype"], options["own"]) == ("auto", "debug", "1")
    assert options["b_sanitize"] == "address,undefined"


def test_xorg_is_built_for_all_kinds_that_it_is():
    """With a driver of the harness's own it is the same program."""
    options = options_for(Recipe(), [ServerKind.XORG_FLIP], DECLARED)
    assert (options["xorg"], options["xvfb"]) == ("true", "false")
    assert "pciaccess" not in options
