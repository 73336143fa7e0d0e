# SPDX-License-Identifier: MIT
"""What recognises an expected failure, and what stays new."""

import pytest

from harness.errors import HarnessError
from harness.results.expectations.evidence import (
    ExpectationError,
    Failure,
    Sign,
    parse_evidence,
)
from harness.results.expectations.known_bug import KnownBug, bug_shown_by
from harness.results.run import Outcome

TIMEOUT = Sign(
    Outcome.FAILED, ("WaitTimeout", "WaitTimeout", "HarnessError", "Exception"), "no Idle came"
)
NO_FLIP, EARLY = Sign(Outcome.RULE, ("no-flip",)), Sign(Outcome.RULE, ("msc-not-early",))
PICTURE = Sign(
    Outcome.GOLDEN,
    ("present/test-x/after.png", "present/test-x/after", "after"),
    "mismatch 3fa9c200",
)


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("failed", TIMEOUT),
        ("failed: WaitTimeout", TIMEOUT),
        ("failed: HarnessError", TIMEOUT),
        ("failed:  WaitTimeout  no Idle ", TIMEOUT),
        ("rule violated: no-flip", NO_FLIP),
        ("golden mismatch", PICTURE),
        ("golden mismatch: after", PICTURE),
        ("golden mismatch: present/test-x/after.png mismatch 3fa9", PICTURE),
        ("crashed: ServerDied", Sign(Outcome.SANITIZER, ("SanitizerReported",))),
        ("hung", Sign(Outcome.SANITIZER)),
    ],
)
def test_evidence_is_recognised(text, sign):
    """By the outcome, the name and the words; a sanitizer speaks before a crash."""
    assert parse_evidence(text).shown_by(sign)


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("failed", Sign(Outcome.CRASHED, ("ServerDied",))),
        ("failed", Sign(Outcome.HUNG)),
        ("failed", NO_FLIP),
        ("failed", Sign(Outcome.SANITIZER)),
        ("error", TIMEOUT),
        ("failed: AssertionError", TIMEOUT),
        ("failed: WaitTimeout no Complete", TIMEOUT),
        ("rule violated: no-flip", EARLY),
        ("golden mismatch: before", PICTURE),
        ("golden mismatch: after mismatch 4", PICTURE),
        ("crashed", Sign(Outcome.HUNG)),
    ],
)
def test_another_failure_is_new(text, sign):
    """Above all a crash where a plain failure is expected."""
    assert not parse_evidence(text).shown_by(sign)


def test_evidence_is_written_as_it_is_read():
    for text in ("failed", "rule violated: no-flip", "failed: ProtocolError got a Match error"):
        assert str(parse_evidence(text)) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fails", r"expected a status \(failed, crashed, .*got 'fails'"),
        ("passed", "expected a status"),
        ("not finished", "expected a status"),
        ("crashed SIGSEGV", "expected a status"),
        ("rule violated", r"the name of a rule behind 'rule violated:', got ''; the rules are .*"),
        ("rule violated: no-flop", r"got 'no-flop'; the rules are .*no-flip"),
    ],
)
def test_evidence_of_another_form_is_refused(text, said):
    """With all that is possible."""
    with pytest.raises(ExpectationError, match=said):
        parse_evidence(text)


def known(*evidence, **members):
    return KnownBug(reference="a report", evidence=evidence, **members)


def test_every_rule_that_breaks_must_be_expected():
    """One that breaks besides makes the failure new, unless another bug explains it."""
    both = Failure(TIMEOUT, (NO_FLIP,))
    timeout, flip = known("failed: WaitTimeout"), known("rule violated: no-flip")
    assert bug_shown_by(Failure(TIMEOUT), [timeout]) is timeout
    assert bug_shown_by(both, [timeout]) is None
    assert bug_shown_by(both, [flip]) is None
    assert bug_shown_by(both, [flip, timeout]) is timeout
    assert bug_shown_by(both, [known("failed", "rule violated: no-flip")]) is not None
    assert bug_shown_by(Failure(EARLY, (NO_FLIP,)), [flip]) is None


def test_without_evidence_the_effect_decides():
    """A class of the exception, or any; whatever breaks besides."""
    both = Failure(TIMEOUT, (NO_FLIP,))
    for effect, shown in (("", True), ("WaitTimeout", True), ("HarnessError", True), ("X", False)):
        bug = KnownBug(reference="a report", effect=effect)
        assert (bug_shown_by(both, [bug]) is bug) == shown
    died = KnownBug(reference="a report", effect="ServerDied")
    assert bug_shown_by(Failure(Sign(Outcome.SANITIZER)), [died]) is died
    assert bug_shown_by(Failure(Sign(Outcome.FAILED, ("Failed",))), [known()]) is None


@pytest.mark.parametrize(
    ("members", "strict", "fatal"),
    [
        ({}, True, False),
        ({"strict": False}, False, False),
        ({"evidence": "failed"}, False, False),
        ({"evidence": "failed", "strict": True}, True, False),
        ({"evidence": ("failed", "crashed")}, False, True),
        ({"evidence": "hung: ServerHung"}, False, True),
        ({"effect": "ServerDied"}, True, True),
    ],
)
def test_evidence_needs_no_edit_when_a_server_is_mended(members, strict, fatal):
    """A pass is an error only where it is said to be, or without evidence."""
    bug = KnownBug(reference="a report", **members)
    assert (bug.must_show, bug.may_end_the_server) == (strict, fatal)


def test_evidence_and_effect_exclude_each_other():
    with pytest.raises(HarnessError, match="evidence says all that effect says; leave effect out"):
        known("failed", effect="ServerDied")


def test_evidence_that_is_no_text_is_refused():
    with pytest.raises(HarnessError, match="expected evidence as text, got 7"):
        known(7)
