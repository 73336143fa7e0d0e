# SPDX-License-Identifier: MIT
"""A skip that no run of the night covers is found, whatever its servers are called."""

from harness.nightly.night.config import UncoveredSkip
from harness.nightly.night.skips import uncovered
from harness.results.run import Cause, CauseKind, Outcome, TestResult
from tests.results.runs import failed, passed, run

LINK = "https://example.org/1"


def skipped(name, server="xvfb", reason="needs 2 CRTCs, Xvfb 21.1.7 has 1"):
    """The result of a test that the server could not be judged by."""
    return passed(name, server, outcome=Outcome.SKIPPED, message=reason)


def test_a_test_that_one_server_judged_is_covered():
    """Well or badly: another server's skip hides nothing."""
    assert uncovered(run(skipped("one"), passed("one", "xephyr")), ()) == ()
    assert uncovered(run(skipped("one"), failed("one", "xephyr")), ()) == ()


def test_tests_that_all_servers_skipped_are_grouped_by_their_need():
    """The largest group first; what a skip says of one server does not part them."""
    found = uncovered(
        run(
            skipped("one"),
            skipped("one", "xephyr", "needs 2 CRTCs, Xephyr 21.1.7 has 1"),
            skipped("two"),
            skipped("three", reason="needs xorg (a driver that can pan, as dummy does)"),
        ),
        (),
    )
    assert [(one.need, one.tests) for one in found] == [
        ("needs 2 CRTCs", ("test.py::one", "test.py::two")),
        ("needs xorg (a driver that can pan, as dummy does)", ("test.py::three",)),
    ]


def test_each_variant_of_a_test_counts_by_itself():
    """The server among its parameters apart."""
    tests = [
        TestResult(id=f"t.py::t[{one}]", server=server, outcome=outcome, message="needs more")
        for one, server, outcome in (
            ("xvfb@main-8", "xvfb@main", Outcome.SKIPPED),
            ("xvfb@main-16", "xvfb@main", Outcome.SKIPPED),
            ("xorg-8", "xorg", Outcome.PASSED),
            ("xorg-16", "xorg", Outcome.SKIPPED),
        )
    ]
    (found,) = uncovered(run(*tests), ())
    assert found.tests == ("t.py::t[16]",)


def test_an_allowed_skip_says_why_and_stands_last():
    """It has a reason and a link."""
    allowed = UncoveredSkip(need="2 CRTCs", reason="no driver", link=LINK)
    tests = skipped("one"), skipped("two"), skipped("three", reason="needs a CRTC that rotates")
    first, last = uncovered(run(*tests), [allowed])
    assert (first.need, first.allowed) == ("needs a CRTC that rotates", "")
    assert (last.allowed, last.link) == ("no driver", LINK)


def test_what_a_file_of_expectations_skips_is_allowed_by_it():
    """Also where it names one of the servers alone, and the other one lacks something."""
    bug = Cause(CauseKind.BUG, "it ends the machine", LINK)
    tests = passed("one", outcome=Outcome.SKIPPED, cause=bug), skipped("one", "xephyr")
    (found,) = uncovered(run(*tests), ())
    assert (found.tests, found.allowed, found.link) == (
        ("test.py::one",),
        "it ends the machine",
        LINK,
    )


def test_tests_without_a_server_need_none():
    """They are the harness's own."""
    test = TestResult(id="t.py::t", outcome=Outcome.SKIPPED, message="not today")
    assert uncovered(run(test), ()) == ()
