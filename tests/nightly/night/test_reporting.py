# SPDX-License-Identifier: MIT
"""The summary and the JUnit report of a night: what is new and bad first, nothing that acts."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness.nightly.night.night import (
    BuildStatus,
    BuildVerdict,
    GuiltyCommit,
    JobStatus,
    JobVerdict,
    Night,
    NightFailure,
    Slower,
    Uncovered,
)
from harness.nightly.night.reporting.junit import write_junit
from harness.nightly.night.reporting.pages import write_pages
from harness.nightly.night.reporting.summary import SHOWN, in_a_line, summary
from harness.results.comparing.flakes import FlakyTest
from harness.results.run import Attempt, Outcome
from harness.results.run_file import write_run
from tests.nightly.night.nights import day
from tests.results.runs import passed, run

ROOT = Path(__file__).resolve().parents[3]

STARTED = "2026-11-30T02:00:00Z"
COMMIT = GuiltyCommit(commit="a" * 40, subject="present: be faster", author="A Developer")


def failure(name, **members):
    """A new failure of this test."""
    known = {"server": "xvfb", "outcome": "failed", "message": "it hangs\nfor ever"}
    return NightFailure(test=f"test.py::{name}[xvfb]", **{**known, **members})


def night(**members):
    """A red night."""
    return Night(**{"id": day(30), "started": STARTED, "red": ("1 new failure",), **members})


def test_new_failures_stand_first():
    """Before builds, lost jobs, old failures, flakes, and all else."""
    text = summary(
        night(
            failures=(
                failure("one"),
                failure("old", nights=3, since=day(28), verdict="product", commit=COMMIT),
            ),
            builds=(BuildVerdict(name="main", status=BuildStatus.FAILED, reason="no xtrans"),),
            jobs=(JobVerdict(name="xorg", status=JobStatus.MISSING, reason="lost"),),
            flakes=(FlakyTest("test.py::f[xvfb]", 1, 4, STARTED, "late"),),
            flakes_of_week=1,
            fixed=("test.py::fixed[xvfb]",),
            stale=("present-fails.txt:3: delete it",),
            uncovered=(Uncovered(need="needs 2 CRTCs", tests=("test.py::two",)),),
            slower=(Slower(test="test.py::slow[xvfb]", before=0.1, now=0.5),),
            notes=("a note",),
        ),
        {"test.py::one[xvfb]": "report/test.html#0"},
        [("Report", "report/index.html")],
    )
    titles = re.findall("^#+ (.*)", text, re.MULTILINE)
    assert titles == [
        "Night of 2026-11-30 02:00:00 UTC: red",
        "1 new failure",
        "not explained",
        "1 build that failed",
        "Jobs without a whole result",
        "Failures of earlier nights",
        "Flakes (1 in a week)",
        "Fixed",
        "Stale expectations",
        "Tests that no run covers",
        "Slower tests",
        "Pages",
    ]
    assert "- [`test.py::one[xvfb]`](report/test.html#0)\n" in text
    assert "failed: `it hangs`\n" in text
    assert "flaky in 1 of 4 nights (25%), `late`" in text
    assert f"since `{day(28)}` (3 nights), product: `aaaaaaaaaaaa` present: be faster" in text
    assert "(A Developer): `it hangs`\n" in text
    assert "- a note\n" in text


def test_a_job_whose_build_failed_is_named_once():
    """As the build; other jobs without a result stay, and no two empty lines follow another."""
    failed = {"status": BuildStatus.FAILED, "reason": "no xtrans"}
    text = summary(
        night(
            builds=(BuildVerdict(name="tiny", **failed), BuildVerdict(name="xorg@sid", **failed)),
            jobs=tuple(
                JobVerdict(name=name, server=name, status=JobStatus.NOT_BUILT, reason="not there")
                for name in ("xvfb@tiny", "xorg@sid", "xephyr@main")
            ),
            needless=("a.txt:1: it fits nothing\n  a line", "a.txt:2: nor does this\n  a line"),
        ),
        {},
        [],
    )
    assert "\n\n\n" not in text
    assert "- xephyr@main: **not built**" in text
    assert "xvfb@tiny" not in text
    assert "- xorg@sid" not in text


def test_failures_of_one_commit_are_one_group():
    """However they show; the largest group stands first."""
    text = summary(
        night(
            failures=(
                failure("one"),
                failure("two", verdict="product", commit=COMMIT),
                failure("three", verdict="product", commit=COMMIT, outcome="rule violated"),
            )
        ),
        {},
        [],
    )
    assert (
        "## 3 new failures\n\n### product: `aaaaaaaaaaaa` present: be faster (A Developer)" in text
    )
    assert text.count("### ") == 2


def test_a_commit_that_may_be_another_says_so():
    """Its neighbours could not be built."""
    commit = GuiltyCommit(commit="a" * 40, candidates=("b" * 40, "c" * 40))
    text = summary(night(failures=(failure("one", verdict="product", commit=commit),)), {}, [])
    assert "or one of 2 other commits that could not be built" in text


def test_long_lists_are_cut_and_say_so():
    """The pages have all of it."""
    many = tuple(f"test.py::t{number}[xvfb]" for number in range(SHOWN + 3))
    text = summary(night(red=(), fixed=many), {}, [])
    assert "- ... 3 more lines\n" in text
    assert f"t{SHOWN}[" not in text


def test_a_green_night_is_short():
    """A title, where it stands, what was judged."""
    quiet = night(red=(), last_good=day(29), counts=(("xvfb", "9 passed"),))
    assert in_a_line(quiet) == "green"
    assert summary(quiet, {}, []) == (
        "# Night of 2026-11-30 02:00:00 UTC: green\n"
        "\n"
        f"- night `{day(30)}`, suites of ; the last green night is `{day(29)}`\n"
        "\n"
        "| server | tests |\n"
        "|---|---|\n"
        "| xvfb | 9 passed |\n"
    ).replace("suites of ;", "suites of ;")


@pytest.mark.parametrize("allowed", ["", "no such server"])
def test_skips_that_no_run_covers_have_a_remedy(allowed):
    """The table that allows them, where some are not."""
    skips = (
        Uncovered(need="16 CRTCs", tests=("test.py::one",), allowed=allowed, link="https://a"),
    )
    text = summary(night(red=(), uncovered=skips), {}, [])
    assert ("allow them: `[[policy.allowed-skips]]`" in text) is (not allowed)


def test_what_a_server_prints_does_not_act_in_the_summary():
    """Neither as Markdown or HTML, nor in a terminal."""
    odd = "`code` [x](http://evil) <script> \x1b]0;title\x07 | pipe\n# title"
    text = summary(
        night(
            red=(odd,),
            notes=(odd,),
            failures=(failure("one", message=odd, explanation=odd, verdict=odd),),
            builds=(BuildVerdict(name="main", status=BuildStatus.FAILED, reason=odd, ref=odd),),
        ),
        {"test.py::one[xvfb]": "a place) [x](y"},
        [],
    )
    # Outside of code: in backticks, or indented by more than a point of a list is.
    outside = re.sub(r"^ {6}.*$|`[^`\n]*`", "", text.replace("\\`", ""), flags=re.MULTILINE)
    assert "<script>" not in outside.replace("\\<", "")
    assert "[x](" not in outside.replace("\\[", "").replace("%20[x]%28", "")
    assert "\x1b" not in text
    assert not re.search("^# title", text, re.MULTILINE)
    assert "(a%20place%29%20[x]%28y)" in text


@pytest.fixture
def reports(tmp_path):
    """A JUnit report of one test that fails, one that is cut off, and the place of none."""
    whole = (
        '<testsuites><testsuite name="pytest" tests="2" failures="1" errors="0" skipped="0">'
        '<testcase classname="xvfb.a" name="b"/><testcase name="c"><failure/></testcase>'
        "</testsuite></testsuites>"
    )
    (tmp_path / "whole.xml").write_text(whole)
    (tmp_path / "cut.xml").write_text(whole[:99])
    return [tmp_path / name for name in ("whole.xml", "cut.xml", "none.xml")]


def test_junit_reports_of_all_jobs_are_one(reports, tmp_path):
    """With a test for each build and each job; what is lost is an error."""
    builds = [
        BuildVerdict(name="main", status=BuildStatus.BUILT, seconds=9.0),
        BuildVerdict(name="old", status=BuildStatus.FAILED, stage="compile", reason="\x1b[1mno"),
        BuildVerdict(name="half", status=BuildStatus.BUILT, lacks={"xorg": "no driver"}),
    ]
    jobs = [
        JobVerdict(name="xvfb", status=JobStatus.JUDGED),
        JobVerdict(name="xorg", status=JobStatus.DIED, reason="signal 9"),
        JobVerdict(name="xvfb@old", status=JobStatus.NOT_BUILT),
    ]
    write_junit(tmp_path / "all.xml", reports, builds, jobs)
    root = ElementTree.parse(tmp_path / "all.xml").getroot()
    assert [(one.get("name"), len(one)) for one in root] == [
        ("builds", 3),
        ("jobs", 3),
        ("pytest", 2),
    ]
    assert {key: root.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "8",
        "failures": "3",
        "errors": "1",
        "skipped": "0",
    }
    texts = [one.text for one in root.iter("failure")]
    assert texts == [r"\x1b[1mno", "no xorg: no driver", None]
    assert root.find(".//error").text == "signal 9"


def test_the_table_of_verdicts_is_that_of_suites_with_assertions(tmp_path):
    """Others would have a page without a line."""
    found = run(passed("one"))
    write_run(tmp_path / "results", found)

    def pages(root):
        return dict(write_pages(tmp_path, found, tmp_path / "results", [], root)).values()

    assert "verdicts/index.html" not in pages(tmp_path)
    assert "verdicts/index.html" in pages(ROOT)
    assert (tmp_path / "verdicts/index.html").exists()


def test_the_report_of_a_night_links_to_its_evidence(tmp_path):
    """Both are in the folder of the night, also the files of a first attempt."""
    results = tmp_path / "results"
    for attempt in ("first-attempt", "second-attempt"):
        (results / "one" / attempt).mkdir(parents=True)
        (results / "one" / attempt / "server.log").write_text("started")
    first, second = (
        Attempt(outcome=Outcome.FAILED, files={"log": f"one/{attempt}-attempt/server.log"})
        for attempt in ("first", "second")
    )
    flaky = passed("one", outcome=Outcome.FLAKY, files=first.files, attempts=(first, second))
    write_pages(tmp_path, run(flaky), results, (), tmp_path)
    text = (tmp_path / "report" / "data" / "tests-0.js").read_text()
    places = re.findall('"link":"([^"]*)"', text)
    assert sorted({*places}) == [
        f"../results/one/{attempt}-attempt/server.log" for attempt in ("first", "second")
    ]
    assert all((tmp_path / "report" / place).is_file() for place in places)
