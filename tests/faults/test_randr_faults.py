# SPDX-License-Identifier: MIT
"""Each fault in the configuration of monitors is caught, and its failure names the right thing.

One session tries all faults, each on a double of its own.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.timeline import rules
from tests.doubles import randr_faults
from tests.doubles.faults import faults_of

SCENARIOS = Path(__file__).resolve().parent / "randr_scenarios.py"


@dataclass(frozen=True, slots=True)
class Case:
    """A fault, a test of randr_scenarios.py that must fail, and a pattern of what it says.

    ``rule`` is the rule that must be reported as broken.
    """

    fault: str
    test: str
    pattern: str
    rule: str = ""


def broken(fault: str, test: str, rule: str, pattern: str) -> Case:
    """A case of a broken rule."""
    return Case(fault, test, rf"RuleViolated: .*{pattern}.* rule {rule}\b", rule)


CASES = [
    broken("loses-crtc-change", "two_watchers", "randr-every-selection", "did not reach presenter"),
    broken("tells-outputs-first", "off_and_on", "randr-order", "CrtcChangeNotify .* came after"),
    broken("repeats-crtc-change", "off_and_on", "randr-order", "repeats the CrtcChangeNotify"),
    broken("tells-unselected-change", "only_screen_selected", "randr-selected", "the mask was 0x1"),
    broken("ignores-deselection", "deselected", "randr-selected", "the mask was 0x0"),
    broken(
        "keeps-size-of-crtc-that-is-off",
        *("off_and_on", "randr-contents", r"no mode, but size \(640, 480\)"),
    ),
    broken("tells-last-screen-size", "screen_shrinks", "randr-size", "tells a root of 160x120"),
    broken("names-window-as-root", "off_and_on", "randr-root", "but that window's root is"),
    broken("runs-config-time-backwards", "off_and_on", "randr-timestamps", "ran backwards"),
    broken("mistells-timestamp", "off_and_on", "randr-timestamps", "has timestamp 7"),
    broken("mistells-mode-of-output", "off_and_on", "randr-crtc-of-output", "has another mode"),
    broken("mistells-size-of-mode", "off_and_on", "randr-mode-size", "which also was"),
    broken("invents-connection", "off_and_on", "randr-encoding", "values that are not defined"),
    broken("tells-of-nothing", "off_and_on", "randr-repeat", "tells nothing new"),
    broken("forgets-crtc-of-output", "off_and_on", "randr-crtc-of-output", "went from CRTC"),
    broken(
        "tells-window-that-is-gone", "destroyed_window", "randr-window-alive", "been destroyed by"
    ),
    Case("ignores-position", "crtc_moves", r"assert \(0, 0\) == \(30, 20\)"),
    Case("ignores-switching-off", "crtc_is_off", r"assert \d+ == 0"),
    Case("ignores-gamma", "gamma_is_kept", r"assert \[.*\] == \[7, 7,"),
    Case("accepts-too-small-screen", "screen_holds_its_crtcs", "expected the error Match, got no"),
    Case("ignores-primary", "primary_is_kept", r"assert 0 == \d+"),
    Case("forgets-monitors", "monitor_is_listed", r"assert \d+ in \[\d+\]"),
    Case("keeps-modes", "mode_leaves", r"assert \d+ not in \(\d+, \d+\)"),
]


@pytest.fixture(scope="session")
def failures(try_faults):
    """What the failures of the cases said."""
    return try_faults(SCENARIOS, [(case.test, case.fault) for case in CASES])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fault)
def test_fault_is_caught(case, failures):
    """The test fails, and says what is wrong."""
    said = failures[case.test, case.fault]
    assert re.search(case.pattern, said), f"expected {case.pattern!r}, got {said!r}"


def test_honest_double_is_not_noticed(try_faults):
    """Every scenario passes on the double without a fault, and there is none that unmasks
    nothing."""
    assert try_faults(SCENARIOS, []) == {(case.test, "honest"): "" for case in CASES}


def test_every_fault_is_tried():
    """No fault of these doubles is forgotten."""
    assert {case.fault for case in CASES} == faults_of(randr_faults).keys()


def test_every_rule_has_a_fault_that_breaks_it():
    """No rule of RANDR is one that nothing can break."""
    names = {rule.name for rule in rules.RULES if rule.name.startswith("randr-")}
    assert names == {case.rule for case in CASES if case.rule}
