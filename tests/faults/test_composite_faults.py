# SPDX-License-Identifier: MIT
"""Each fault in what compositors need is caught, and its failure names the right thing.

One session tries all faults of a module, each on a double of its own.
"""

import functools
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.doubles import composite_faults, damage_faults, region_faults, window_faults
from tests.doubles.faults import faults_of

HERE = Path(__file__).resolve().parent

MODULES = (composite_faults, window_faults, damage_faults, region_faults)

GREY, WHITE, RED, GREEN, BLUE, BLACK = 0x808080, 0xFFFFFF, 0xFF0000, 0x00FF00, 0x0000FF, 0


@dataclass(frozen=True, slots=True)
class Case:
    """A fault, a test of composite_scenarios.py that must fail, and a pattern of what it says."""

    fault: str
    test: str
    pattern: str


def wrong_picture(
    fault: str, test: str, first: tuple[int, int], expected: int, got: int, pixels: int
) -> Case:
    """A case of a wrong picture: the first of its wrong pixels, and their number."""
    pattern = (
        rf"UnexpectedPicture: .*: {pixels} of \d+ pixels differ.* "
        rf"at \({first[0]}, {first[1]}\) expected {expected:#x}, got {got:#x}\b"
    )
    return Case(fault, test, pattern)


def accepted(fault: str, test: str, error: str) -> Case:
    """A case of a request that should have been refused."""
    return Case(fault, test, f"NoError: .* expected the error {error}.*, got no error")


def compared(fault: str, test: str, got: str, expected: str) -> Case:
    """A case of a wrong answer: ``assert GOT == EXPECTED``, where ``...`` stands for anything."""
    words = (re.escape(text).replace(r"\.\.\.", ".*") for text in (got, expected))
    return Case(fault, test, "assert {} == {}".format(*words))


CASES = [
    # Backing pixmaps
    wrong_picture("keeps-old-pixmap", "compositor_follows_a_resize", (70, 30), RED, BLACK, 2900),
    Case("frees-with-the-window", "pixmap_outlives_its_window", "Drawable error for GetGeometry"),
    accepted("ignores-free", "freed_name_is_gone", "Drawable with value 0x"),
    Case("leaves-out-the-border", "pixmap_holds_the_border", "expected 60x50 .* got 50x40"),
    accepted("names-unmapped", "unmapped_window_has_no_pixmap", "Match"),
    # Redirection
    accepted("accepts-second-manager", "second_manager_is_refused", "Access"),
    accepted("accepts-wrong-update", "redirection_ends_as_it_began", "Value"),
    wrong_picture("shows-manual", "manual_redirection_hides", (10, 10), BLACK, BLUE, 2000),
    wrong_picture("hides-automatic", "automatic_redirection_shows", (10, 10), BLUE, BLACK, 2000),
    wrong_picture("leaves-subwindows", "redirected_children_are_hidden", (5, 5), GREY, RED, 900),
    wrong_picture("ignores-unredirect", "redirection_ends", (10, 10), BLUE, BLACK, 2000),
    wrong_picture(
        "ignores-unredirect", "compositor_hands_the_screen_back", (0, 0), BLACK, GREY, 17200
    ),
    wrong_picture(
        "keeps-screen-after-unredirect",
        "compositor_hands_the_screen_back",
        *((0, 0), BLACK, GREY, 17200),
    ),
    wrong_picture(
        "outlives-its-client", "redirection_ends_with_its_client", (10, 10), RED, BLACK, 2000
    ),
    # The overlay window
    wrong_picture("hides-overlay", "compositor_covers_the_screen", (0, 0), GREEN, BLACK, 17200),
    wrong_picture("ignores-release", "released_overlay_is_gone", (0, 0), BLUE, RED, 19200),
    wrong_picture(
        "ignores-release", "compositor_hands_the_screen_back", (0, 0), BLACK, GREY, 17200
    ),
    Case("lists-overlay", "overlay_is_no_child_of_the_root", "the overlay window is listed"),
    Case("renames-overlay", "overlay_is_one", "there are two overlay windows"),
    # What happens to windows
    wrong_picture("loses-configure", "compositor_follows_a_resize", (10, 10), GREY, RED, 4100),
    wrong_picture(
        "loses-unmap", "compositor_removes_an_unmapped_window", (10, 10), GREY, RED, 2000
    ),
    wrong_picture("loses-shape", "compositor_paints_the_shape", (42, 9), GREY, WHITE, 2208),
    wrong_picture("mistells-sibling", "compositor_follows_the_stack", (30, 25), RED, GREEN, 750),
    Case("ignores-grab", "grab_holds_others", "drawn during the grab"),
    # Damage
    wrong_picture("loses-damage", "compositor_paints_what_is_drawn", (20, 18), RED, BLUE, 200),
    compared("loses-some-damage", "every_damage_is_told", "[(30, 2, 8, 8)]", "[...]"),
    compared(
        "repeats-damage",
        "every_damage_is_told",
        *("[(5, 6, 20, 10), (5, 6, 20, 10), ...]", "[(5, 6, 20, 10), (30, 2, 8, 8), ...]"),
    ),
    compared("counts-from-the-screen", "every_damage_is_told", "[(18, 19, 20, 10), ...]", "[...]"),
    compared("counts-from-the-border", "every_damage_is_told", "[(8, 9, 20, 10), ...]", "[...]"),
    compared("reports-after-destroy", "destroyed_damage_is_silent", "[(0, 0, 60, 50)]", "[]"),
    compared("ignores-add", "added_damage_is_told", "[]", "[(7, 8, 9, 10)]"),
    Case("says-more", "every_damage_is_told", "announced and never told"),
    Case("reports-every-rectangle", "damage_is_told_once", "told too often assert 3 == 1"),
    compared(
        "reports-old-damage",
        "new_damage_is_told",
        *("[(0, 0, 20, 10), (5, 0, 10, 10)]", "[(0, 0, 20, 10)]"),
    ),
    wrong_picture("subtracts-nothing", "compositor_paints_what_is_drawn", (20, 18), RED, BLUE, 200),
    wrong_picture("ignores-parts", "compositor_paints_what_is_drawn", (20, 18), RED, BLUE, 200),
    compared(
        "subtracts-everything", "repaired_part_is_taken_off", "[(0, 0, 20, 10)]", "[(0, 0, 5, 10)]"
    ),
    # Regions
    wrong_picture(
        "union-forgets-first", "compositor_paints_all_that_was_drawn", (10, 20), RED, BLACK, 900
    ),
    compared(
        "union-forgets-first", "regions_are_reckoned", "[(10, 0, 20, 10)]", "[(0, 0, 30, 10)]"
    ),
    wrong_picture("intersects-by-union", "compositor_paints_the_shape", (42, 9), GREY, WHITE, 2208),
    compared(
        "intersects-by-union", "regions_are_reckoned", "[(0, 0, 30, 10)]", "[(10, 0, 10, 10)]"
    ),
    compared(
        "subtracts-backwards", "regions_are_reckoned", "[(20, 0, 10, 10)]", "[(0, 0, 10, 10)]"
    ),
    compared("inverts-nothing", "regions_are_reckoned", "[(0, 0, 20, 10)]", "[(20, 0, 5, 10)]"),
    wrong_picture(
        "translates-backwards", "compositor_paints_what_is_drawn", (48, 9), WHITE, GREY, 2244
    ),
    compared(
        "translates-backwards", "regions_are_reckoned", "[(23, -4, 5, 10)]", "[(17, 4, 5, 10)]"
    ),
    compared(
        "drops-rectangle",
        "regions_are_reckoned",
        *("[(0, 0, 5, 5), (10, 0, 5, 5)]", "[(0, 0, 5, 5), (10, 0, 5, 5), (0, 10, 5, 5)]"),
    ),
    accepted("accepts-used-id", "region_needs_a_new_id", "IDChoice with value 0x"),
    wrong_picture("forgets-shape", "compositor_paints_the_shape", (12, 9), WHITE, GREY, 2024),
    compared(
        "includes-border",
        "border_is_outside_of_the_clip",
        *("[(-4, -4, 48, 38)]", "[(0, 0, 40, 30)]"),
    ),
    wrong_picture(
        "ignores-picture-clip", "compositor_paints_the_shape", (42, 9), GREY, WHITE, 2208
    ),
    compared(
        "forgets-siblings",
        "border_clip_is_what_can_be_seen",
        *("[(-4, -4, 48, 38)]", "[(-4, -4, 24, 38)]"),
    ),
    compared(
        "clips-from-the-border",
        "border_clip_is_what_can_be_seen",
        *("[(0, 0, 24, 38)]", "[(-4, -4, 24, 38)]"),
    ),
]


@pytest.fixture(scope="session")
def run_scenarios(try_faults):
    """Run the scenarios, each on the doubles with the faults that are paired with it."""
    return functools.partial(try_faults, HERE / "composite_scenarios.py")


@pytest.fixture(scope="session")
def failures(run_scenarios):
    """What the failures of the cases of a module of faults said."""

    @functools.cache
    def failures_with(module):
        names = faults_of(module)
        return run_scenarios([(case.test, case.fault) for case in CASES if case.fault in names])

    return failures_with


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.fault}-{case.test}")
def test_fault_is_caught(case, failures):
    """The test fails, and says what is wrong."""
    (module,) = (module for module in MODULES if case.fault in faults_of(module))
    said = failures(module)[case.test, case.fault]
    assert re.search(case.pattern, said), f"expected {case.pattern!r}, got {said!r}"


def test_honest_double_is_not_noticed(run_scenarios):
    """Every scenario passes on the double without a fault, and there is none that unmasks
    nothing."""
    expected = {(case.test, "honest"): "" for case in CASES}
    assert run_scenarios([]) == expected


def test_every_fault_is_tried():
    """No fault of these doubles is forgotten."""
    assert {case.fault for case in CASES} == faults_of(*MODULES).keys()
