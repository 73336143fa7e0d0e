# SPDX-License-Identifier: MIT
"""What each server does for each assertion: the worst that its tests say."""

import json
from dataclasses import replace

import pytest

from harness.results.assertions import Assertion, Part, Topic
from harness.results.run import Cause, CauseKind, Outcome, ServerIdentity
from harness.results.verdict_table import Holding, table_file, verdict_table
from tests.results.runs import XVFB, failed, passed, run

PARTS = [
    Part(
        "Present",
        (
            Topic("First", (Assertion("PRE-001", "L", "One."), Assertion("PRE-002", "S", "Two."))),
            Topic(
                "Rules",
                (Assertion("PRE-003", "S", "Three.", "the rule idle-once holds it in every test"),),
            ),
        ),
    )
]


def cell(*tests, assertion="PRE-001"):
    """The only server's cell of the assertion."""
    (line,) = [line for line in verdict_table([run(*tests)], PARTS).lines if line.id == assertion]
    (found,) = line.cells
    return found


def on(test, *assertions):
    return replace(test, assertions=assertions or ("PRE-001",))


BUG = on(
    passed("bug", outcome=Outcome.EXPECTED, cause=Cause(CauseKind.BUG, "CVE-2025-1", "https://c")),
)
SKIP = on(passed("skip", outcome=Outcome.SKIPPED, cause=Cause(CauseKind.NEED, "needs flips")))
LOST = on(passed("lost", outcome=Outcome.NOT_FINISHED))


@pytest.mark.parametrize(
    ("tests", "holding", "judged"),
    [
        ([on(passed("a"))], Holding.HOLDS, 1),
        ([on(passed("a")), SKIP], Holding.HOLDS, 1),
        ([on(passed("a")), SKIP, BUG], Holding.KNOWN_BUG, 2),
        ([on(passed("a")), SKIP, BUG, on(failed("b"))], Holding.FAILS, 3),
        ([on(failed("b", outcome=Outcome.CRASHED))], Holding.FAILS, 1),
        ([on(passed("a", outcome=Outcome.UNEXPECTED_PASS))], Holding.HOLDS, 1),
        ([SKIP], Holding.NOT_SHOWN, 0),
        ([LOST], Holding.NOT_RUN, 0),
        ([on(passed("a"), "PRE-002")], Holding.NOT_RUN, 0),
    ],
)
def test_the_worst_that_is_known_counts(tests, holding, judged):
    """What was skipped or not finished says nothing where another test says something."""
    found = cell(*tests)
    assert (found.holding, found.tests) == (holding, judged)


def test_a_cell_says_why():
    """Bugs with their links, needs, the tests that failed."""
    found = cell(BUG, SKIP, on(failed("b")))
    assert [(bug.text, bug.link) for bug in found.bugs] == [("CVE-2025-1", "https://c")]
    assert found.needs == ("needs flips",)
    assert found.failures == ("test.py::b[xvfb]",)


def test_a_rule_is_held_by_every_test():
    """An assertion that a rule holds has no test of its own."""
    broke = failed("b", outcome=Outcome.RULE, cause=Cause(CauseKind.RULE, "idle-once"))
    other = failed("c", outcome=Outcome.RULE, cause=Cause(CauseKind.RULE, "another"))
    assert cell(passed("a"), assertion="PRE-003").holding is Holding.HOLDS
    assert cell(passed("a"), other, assertion="PRE-003").holding is Holding.HOLDS
    found = cell(passed("a"), broke, other, assertion="PRE-003")
    assert (found.holding, found.failures) == (Holding.FAILS, ("test.py::b[xvfb]",))
    assert cell(SKIP, assertion="PRE-003").holding is Holding.NOT_RUN


def test_one_version_of_one_kind_is_one_column():
    """Whatever its name was and in which run; versions are in the order of their numbers."""
    newer = ServerIdentity(name="xvfb@sid", kind="xvfb", vendor="X.Org", version="21.1.16")
    runs = [
        run(on(passed("a", "xvfb@sid")), servers={"xvfb@sid": newer}),
        run(on(passed("a")), id="b"),
        run(on(failed("b", "xvfb@old"), "PRE-002"), id="c", servers={"xvfb@old": XVFB}),
        run(on(passed("a", "xvfb@fork")), servers={"xvfb@fork": replace(newer, vendor="XLibre")}),
    ]
    table = verdict_table(runs, PARTS)
    assert [server.name for server in table.servers] == [
        "xvfb 21.1.7",
        "xvfb 21.1.16",
        "xvfb 21.1.16 (XLibre)",
    ]
    assert table.servers[0].runs == ("b", "c")
    assert table.servers[0].packages == ("xvfb 2:21.1.7-3",)
    assert table.servers[0].counts["fails"] == 1
    assert [line.cells[0].holding for line in table.lines] == [
        Holding.HOLDS,
        Holding.FAILS,
        Holding.HOLDS,
    ]


def test_assertions_that_only_tests_name_are_not_lost():
    """They stand at the end."""
    table = verdict_table([run(on(passed("a"), "ZZZ-001"))], PARTS)
    assert table.lines[-1].id == "ZZZ-001"
    assert table.sections[-1].topic == "Not in the table of assertions"


def test_tests_without_a_server_judge_none():
    """Nor do they make a column; nor do those that are about a kind of server, and no assertion."""
    assert verdict_table([run(replace(passed("a"), server=""))], PARTS).servers == ()
    about = run(replace(passed("a"), server="sway"), on(passed("b")))
    assert [server.kind for server in verdict_table([about], PARTS).servers] == ["xvfb"]


def test_the_data_have_an_assertion_on_each_line():
    """For a diff between releases."""
    table = verdict_table([run(BUG, on(passed("a"), "PRE-002"))], PARTS)
    text = table_file(table).decode()
    value = json.loads(text)
    assert (value["format"], value["version"]) == ("xharness-verdicts", 1)
    assert [one["id"] for one in value["assertions"]] == ["PRE-001", "PRE-002", "PRE-003"]
    assert value["assertions"][0]["cells"][0]["holding"] == "known bug"
    assert sum(line.startswith('{"part":"Present"') for line in text.splitlines()) == 3
