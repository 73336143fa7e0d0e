# SPDX-License-Identifier: MIT
"""Each rule speaks about a broken timeline and is silent about legal ones."""

import re
import time

import pytest

from harness.timeline.rules import RULES, Family, check
from harness.x11.present import EventMask
from tests.timeline import cases, ending_cases, message_cases, randr_cases, redirect_cases
from tests.timeline.cases import Case
from tests.timeline.script import Script, started

MODULES = (cases, ending_cases, message_cases, randr_cases, redirect_cases)
BROKEN = tuple(case for module in MODULES for case in module.BROKEN)
LEGAL = tuple(case for module in MODULES for case in module.LEGAL)


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case.label)
def test_broken_timeline_makes_its_rule_speak(case: Case) -> None:
    """The rule names itself, the serial and a clause."""
    violations = check(case.build().timeline, case.family)
    spoke = [one for one in violations if one.rule == case.rule]
    assert spoke, [(one.rule, one.sentence) for one in violations]
    assert spoke[0].clause
    assert spoke[0].entries
    if case.serial is not None:
        assert f"serial {case.serial}" in spoke[0].sentence
        assert case.serial in spoke[0].serials


@pytest.mark.parametrize("case", LEGAL, ids=lambda case: case.label)
def test_legal_but_unusual_timeline_stays_silent(case: Case) -> None:
    """No rule speaks."""
    assert [one.sentence for one in check(case.build().timeline, case.family)] == []


def test_one_serial_for_all_hides_no_event_that_is_one_too_many() -> None:
    """As compositors use it: the event itself is blamed, however many come, and nothing else."""
    a = Script().client("a").create().select(EventMask.COMPLETE)
    extra = []
    for frame in range(400):
        a.present(0).complete(0, 11 + frame).complete(0, 11 + frame)
        extra.append(a.timeline.entries[-1])
    violations = check(a.present(0).timeline, Family.COPY)
    assert {one.rule for one in violations} == {"complete-once"}
    assert [one.entries[-1] for one in violations] == extra


def seconds_to_judge(events: int) -> float:
    """Processor time of the quickest of three judgements, each of so many events too many."""
    a = started().present(1)
    for _ in range(events + 1):
        a.complete(1, 11)
    taken = []
    for _ in range(3):
        began = time.process_time()
        found = check(a.timeline, Family.COPY)
        taken.append(time.process_time() - began)
        assert sum(one.rule == "complete-once" for one in found) == events
    return min(taken)


def test_a_flood_of_events_takes_as_long_as_its_events() -> None:
    """A client gives up after a hundred thousand; each of them is one too many.  Four times as
    many take some four times as long, where looking at all of them for each takes sixteen."""
    assert seconds_to_judge(20_000) < 8 * seconds_to_judge(5_000)


def test_every_rule_has_a_broken_timeline() -> None:
    """A rule that was never seen to speak is no rule."""
    assert {rule.name for rule in RULES} == {case.rule for case in BROKEN}


def test_rule_names_are_unique_and_cite_an_assertion() -> None:
    """Names are keys of reports; clauses lead to the assertion's id."""
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(re.search(r"\b(COR|PRE|RND|RDR)-\d{3}\b", rule.clause) for rule in RULES)
