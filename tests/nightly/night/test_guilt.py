# SPDX-License-Identifier: MIT
"""Which commit brought which failure: one bisection for each commit, over what is left."""

from dataclasses import replace

import pytest

from harness.deadlines import Deadline
from harness.errors import HarnessError
from harness.nightly.bisecting.history import CommitDetails
from harness.nightly.bisecting.judgement import CommitVerdict, Judgement
from harness.nightly.bisecting.report import BisectReport
from harness.nightly.night import guilt
from harness.nightly.night.guilt import MOST_TESTS, GuiltSearch
from harness.nightly.night.night import BuildStatus, BuildVerdict
from harness.nightly.sessions.failure import failure_of
from harness.nightly.sessions.session import Suites
from harness.results.run import Durations
from tests.results.runs import failed

COMMITS = [f"{number:040x}" for number in range(1, 31)]

GOOD = BuildVerdict(name="main", status=BuildStatus.BUILT, repository="/xserver", commit=COMMITS[0])
BAD = replace(GOOD, commit=COMMITS[-1])
FOREVER = Deadline.exactly(3600)


@pytest.fixture
def search(tmp_path, monkeypatch):
    """A search in 30 commits; which failures each brings is in ``brought``, by its number."""
    monkeypatch.setattr(guilt, "bisect", bisect)
    questions.clear()
    given.clear()
    brought.clear()
    return GuiltSearch(good=GOOD, bad=BAD, kind="xvfb", suites=Suites("/suites"), folder=tmp_path)


brought = {}
questions = []
given = []


def bisect(question, place, program, say, earlier=()):
    """What a bisection of this history finds."""
    questions.append(question)
    given.append([one.commit for one in earlier])
    place.folder.mkdir()
    after = COMMITS[COMMITS.index(question.good) + 1 :]
    for commit in after:
        if not {*question.failures}.isdisjoint(brought.get(COMMITS.index(commit), ())):
            break
    else:
        raise HarnessError("--bad shows nothing")
    seen = [one for n in range(COMMITS.index(commit) + 1) for one in brought.get(n, ())]
    judgement = Judgement(commit=commit, verdict=CommitVerdict.BAD, failures=tuple(seen))
    good = Judgement(commit=question.good, verdict=CommitVerdict.GOOD)
    bad = replace(judgement, commit=question.bad)
    first = CommitDetails(
        commit=commit, author="A Developer", date="2026-01-01", subject=f"commit {commit[-2:]}"
    )
    return BisectReport(
        question=question,
        first_bad=(first,),
        failures=question.failures,
        runs=1,
        chance=0.0,
        good=good,
        bad=bad,
        judged=(judgement,),
    )


def broken(*names):
    """Failures of these tests on a server of the build."""
    tests = [failed(name, "xvfb@main") for name in names]
    return tests, [failure_of(test) for test in tests]


def found(search, tests, most=3, deadline=FOREVER):
    """The number of the commit that each test is charged to."""
    commits = search.commits(tests, most, deadline, lambda line: None)
    return {test: COMMITS.index(commit.commit) for test, commit in commits.items()}


def test_two_commits_are_found_by_two_bisections(search):
    """The second one begins where the first has ended, with what is left."""
    tests, (one, two, three) = broken("one", "two", "three")
    brought.update({11: [one, three], 23: [two]})
    assert found(search, tests) == {
        "test.py::one[xvfb@main]": 11,
        "test.py::two[xvfb@main]": 23,
        "test.py::three[xvfb@main]": 11,
    }
    assert [(question.good, question.bad) for question in questions] == [
        (COMMITS[0], COMMITS[-1]),
        (COMMITS[11], COMMITS[-1]),
    ]
    assert questions[1].failures == (two,)
    assert given == [[], [COMMITS[0], COMMITS[-1], COMMITS[11]]]
    assert questions[0].tests == (
        "test.py::one[xvfb]",
        "test.py::two[xvfb]",
        "test.py::three[xvfb]",
    )


def test_no_more_commits_are_looked_for_than_wanted(search):
    """What is left has none."""
    tests, (one, two) = broken("one", "two")
    brought.update({11: [one], 23: [two]})
    assert found(search, tests, most=1) == {"test.py::one[xvfb@main]": 11}
    assert found(search, tests, most=0) == {}
    assert found(search, tests, deadline=Deadline.exactly(0)) == {}


def test_a_bisection_that_fails_ends_the_search(search):
    """What was found before counts."""
    tests, (one, _two) = broken("one", "two")
    brought.update({11: [one]})
    assert found(search, tests) == {"test.py::one[xvfb@main]": 11}
    assert len(questions) == 2


def test_commits_that_cannot_be_told_apart_are_candidates(search, monkeypatch):
    """Nothing is known of what came later: the search ends there."""

    def several(question, place, program, say, earlier):
        report = bisect(question, place, program, say)
        (first,) = report.first_bad
        return replace(report, first_bad=(first, replace(first, commit=COMMITS[9])))

    monkeypatch.setattr(guilt, "bisect", several)
    tests, (one, two) = broken("one", "two")
    brought.update({11: [one], 23: [two]})
    commits = search.commits(tests, 3, FOREVER, lambda line: None)
    assert [commit.candidates for commit in commits.values()] == [(COMMITS[9],)]
    assert len(questions) == 1


def test_the_quickest_tests_judge_each_commit(search):
    """Of hundreds not all."""
    tests = [
        replace(test, durations=Durations(call=float(number)))
        for number, test in enumerate(broken(*(f"t{n}" for n in range(MOST_TESTS + 9)))[0])
    ]
    brought.update({11: [failure_of(test) for test in tests]})
    assert set(found(search, tests[::-1])) == {test.id for test in tests[:MOST_TESTS]}


@pytest.mark.parametrize(
    "change",
    [
        {"commit": COMMITS[0]},
        {"status": BuildStatus.FAILED},
        {"repository": "/other"},
        {"package": "xorg-server 2:21.1.7-3"},
        {"commit": ""},
    ],
)
def test_only_commits_of_one_repository_are_searched(search, change):
    """Not a package, nor the same commit again."""
    assert search.possible
    assert not replace(search, bad=replace(BAD, **change)).possible
