# SPDX-License-Identifier: MIT
"""``xharness golden orphans`` and ``stats``: what is too much in a folder of goldens."""

import pytest

from harness.cli.golden import orphaned
from harness.cli.main import main
from harness.errors import HarnessError
from tests.cli.golden.test_accept import ONE, THREE, TWO

TESTS = """\
import pytest

def test_one(presenter, golden):
    golden.check(presenter.window(8, 8), "shown")

@pytest.mark.parametrize("number", [1, 2])
def test_two(presenter, golden, number):
    golden.check(presenter.window(8, 8), "shown")

def test_three(presenter):
    pass
"""


@pytest.fixture
def tests(place):
    """A suite in which one of three tests still has its golden; they are what pytest collects."""
    (place.folder / "present").mkdir()
    (place.folder / "present" / "test_it.py").write_text(TESTS)
    (place.folder / "pytest.ini").write_text("[pytest]\ntestpaths = present\n")
    return place


def test_goldens_of_no_test_are_found(tests, capsys):
    """Renamed, given parameters, or without a golden now."""
    tests.save("present/test-two-2/shown.png", 9)
    assert main(["golden", "orphans"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "judged  4 of 4 goldens, those of all suites; of tests that are there --run judges the "
        "frames",
        f"orphan  {THREE}",
        f"orphan  {TWO}",
    ]


def test_a_picture_that_nothing_describes_is_found(tests, capsys):
    """Its description was lost, or it was copied there by hand."""
    folder = tests.golden / "present" / "test-old"
    folder.mkdir()
    (folder / "copied.png").write_bytes(b"any")
    assert main(["golden", "orphans"]) == 1
    assert "orphan  present/test-old/copied.png" in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("path", "judged"),
    [
        ("present", "3 of 5 goldens, those of suites present"),
        (".", "5 of 5 goldens, those of suites present, randr"),
        ("present/test_it.py", "0 of 5 goldens, those of no suite"),
        ("present/test_it.py::test_one", "0 of 5 goldens, those of no suite"),
    ],
)
def test_goldens_of_other_suites_are_not_judged(tests, capsys, path, judged):
    """Tests of one suite, or of a part of it, say nothing about those beside them."""
    (tests.folder / "randr").mkdir()
    (tests.folder / "randr" / "test_head.py").write_text(TESTS)
    for name in ("one", "old"):
        tests.save(f"randr/test-{name}/shown.png", 9)
    main(["golden", "orphans", "--tests", path])
    first, *found = capsys.readouterr().out.splitlines()
    assert first.startswith(f"judged  {judged};")
    present, randr = (path in names for names in ((".", "present"), (".",)))
    assert found == [
        *(f"orphan  {key}" for key in (THREE, TWO) if present),
        *(["orphan  randr/test-old/shown.png"] if randr else []),
    ]


@pytest.mark.parametrize(
    ("path", "judged"), [("more", "3 of 3"), ("more/present/test_more.py", "0 of 3")]
)
def test_a_suite_in_two_places_is_judged_when_both_are_whole(tests, capsys, path, judged):
    """Folders of one name share their goldens."""
    more = tests.folder / "more" / "present"
    more.mkdir(parents=True)
    (more / "test_more.py").write_text(TESTS.replace("test_", "test_more_"))
    main(["golden", "orphans", "--tests", "present", "--tests", path])
    assert capsys.readouterr().out.startswith(f"judged  {judged} goldens")


def test_they_are_deleted_where_git_has_them(tests, capsys):
    """With what describes them; the command that commits it is printed."""
    assert main(["golden", "orphans", "--delete"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "git add --all golden"
    assert sorted(path.name for path in (tests.golden / "present").iterdir()) == ["test-one"]
    assert main(["golden", "orphans"]) == 0


def test_they_stay_where_git_does_not_have_them(tests, capsys):
    """Changes would be lost."""
    tests.save("present/test-old/shown.png", 9)
    before = tests.files()
    assert main(["golden", "orphans", "--delete"]) == 2
    assert "golden has changes that git does not have" in capsys.readouterr().err
    assert tests.files() == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import nothing_of_this_name", "not all tests can be collected"),
        ("def test_without(presenter): pass", "no test that pytest collects has goldens"),
    ],
)
def test_what_cannot_be_collected_is_no_reason_to_delete(tests, capsys, text, words):
    """Nothing is known then."""
    (tests.folder / "present" / "test_it.py").write_text(text)
    before = tests.files()
    assert main(["golden", "orphans", "--delete"]) == 2
    assert words in capsys.readouterr().err
    assert tests.files() == before


@pytest.fixture
def ran(place, monkeypatch):
    """A run that looked at the first two goldens; a test that has each folder is there."""
    monkeypatch.setattr(
        orphaned,
        "collected",
        lambda _: dict.fromkeys(f"present/test-{n}" for n in ("one", "two", "three")),
    )
    place.shows(ONE, 1, "match")
    place.shows(TWO, 2, "match")
    return place


def test_frames_that_a_passing_test_no_longer_has_are_found(ran, capsys):
    """Of tests that did not run, and for servers that were not there, nothing is known."""
    for name in ("old", "old.xvfb", "old.xvnc", "old.d24"):
        ran.save(f"present/test-one/{name}.png", 9, reason="so" if "." in name else "")
    ran.write()
    assert main(["golden", "orphans", "--run", "run"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "judged  7 of 7 goldens, those of all suites",
        "orphan  present/test-one/old.png",
        "orphan  present/test-one/old.xvfb.png",
    ]


@pytest.mark.parametrize("turn", [0, 2])
def test_a_test_that_failed_says_nothing_of_later_frames(ran, turn):
    """It may have ended before them; on one server is enough, the first or the last."""
    ran.save("present/test-two/old.png", 9)
    ran.shows(TWO, 50, server="xephyr")
    ran.tests.insert(turn, ran.tests.pop())
    ran.write()
    assert main(["golden", "orphans", "--run", "run"]) == 0


def test_a_run_that_is_not_complete_is_refused(ran, capsys):
    """Ctrl-C is no reason to delete goldens."""
    ran.write(complete=False)
    assert main(["golden", "orphans", "--run", "run"]) == 2
    assert "run is not complete" in capsys.readouterr().err


def test_tests_that_are_not_there_are_said(place):
    """A misspelt path is no reason to delete goldens."""
    with pytest.raises(HarnessError, match="not all tests can be collected"):
        orphaned.collected(["no-such-folder"])


def test_stats_count_and_check(place, capsys, monkeypatch):
    """Status 1 only with --check, and where one picture or all are too large."""
    place.save("present/test-one/shown.xvfb.png", 9, reason="so")
    assert main(["golden", "stats", "--check"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("4 goldens, ")
    assert lines[2] == "1 for one server or depth alone, 0 compared with a tolerance"
    monkeypatch.setattr("harness.goldens.lints.BUDGET", 20)
    assert main(["golden", "stats"]) == 0
    assert main(["golden", "stats", "--check"]) == 1
    assert f"over the budget: {ONE} has " in capsys.readouterr().out
    monkeypatch.setattr("harness.goldens.lints.BUDGET", 10**6)
    monkeypatch.setattr("harness.goldens.lints.WHOLE_BUDGET", 100)
    assert main(["golden", "stats", "--check"]) == 1
    assert "over the budget: all together have" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["orphans"], ["lint"], ["stats", "--check"]])
def test_what_cannot_be_looked_at_is_no_finding(place, capsys, words):
    """Status 2, where 1 says that there is one."""
    assert main(["golden", *words, "no-such-folder"]) == 2
    assert "no-such-folder is no folder of goldens" in capsys.readouterr().err
