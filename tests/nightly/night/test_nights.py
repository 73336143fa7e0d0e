# SPDX-License-Identifier: MIT
"""The folder of nights: which count, what is kept, one process at a time."""

import json

import pytest

from harness.nightly.night.night import Night, write_night
from harness.nightly.night.nights import RESULTS, SUMMARY, Nights, NightsError
from harness.nightly.night.plan import write_plan
from harness.results.run_file import read_run, write_run
from tests.nightly.night.nights import day, plan
from tests.results.runs import passed, run


@pytest.fixture
def nights(tmp_path):
    """An empty folder of nights."""
    return Nights(tmp_path / "nights")


def finish(folder, number, **members):
    """Leave a night that is over, with its evidence, in ``folder``."""
    test = passed("one", files={"log": "one/server.log"}, command="pytest")
    write_plan(folder, plan(number))
    write_run(folder / RESULTS, run(test, id=day(number)))
    (folder / RESULTS / "one").mkdir()
    (folder / RESULTS / "one" / "server.log").write_text("log")
    (folder / "report").mkdir()
    (folder / SUMMARY).write_text("# Night\n")
    write_night(folder, Night(id=day(number), started=f"2026-11-{number:02}T02:00:00Z", **members))


def test_nights_before_are_in_order(nights):
    """Those that are not over, and later ones, do not count."""
    for number in (28, 27, 30):
        finish(nights.folder / day(number), number)
    (nights.folder / day(29)).mkdir()
    before, unreadable = nights.before(day(30))
    assert [one.night.id for one in before] == [day(27), day(28)]
    assert unreadable == []
    assert [test.id for test in before[0].run.tests] == ["test.py::one[xvfb]"]


def test_a_night_that_cannot_be_read_is_named_and_left_out(nights):
    """One of a newer release, and one whose results are lost."""
    for number in (26, 27, 28):
        finish(nights.folder / day(number), number)
    path = nights.folder / day(26) / "night.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": 99}))
    (nights.folder / day(27) / RESULTS / "results.json").unlink()
    before, unreadable = nights.before(day(30))
    assert [one.night.id for one in before] == [day(28)]
    assert "a later release" in unreadable[0]
    assert unreadable[1].startswith(f"the night {day(27)} counts no more: ")


def test_no_nights_are_before_a_first_one(nights):
    """Their folder may not be there yet."""
    assert nights.before(day(30)) == ([], [])
    assert nights.unfinished() is None


def test_only_the_last_night_may_go_on(nights):
    """An older one that was broken off is history."""
    (nights.folder / day(27)).mkdir(parents=True)
    assert nights.unfinished() == nights.folder / day(27)
    finish(nights.folder / day(28), 28)
    assert nights.unfinished() is None


def test_a_night_of_a_pipeline_is_kept_without_its_evidence(nights, tmp_path):
    """What later nights need of it, in place of an earlier report of the same night."""
    finish(tmp_path / "night", 28)
    nights.folder.mkdir()
    for _ in range(2):
        nights.file(tmp_path / "night")
    kept = nights.folder / day(28)
    assert sorted(path.name for path in kept.iterdir()) == [
        "night.json",
        "plan.json",
        RESULTS,
        SUMMARY,
    ]
    (test,) = read_run(kept / RESULTS).tests
    assert (test.id, test.files, test.command) == ("test.py::one[xvfb]", {}, "")
    assert [path.name for path in nights.folder.iterdir()] == [day(28)]


def test_a_night_in_its_place_is_kept_whole(nights):
    """Its evidence is there to be looked at."""
    finish(nights.folder / day(28), 28)
    nights.file(nights.folder / day(28))
    assert (nights.folder / day(28) / RESULTS / "one" / "server.log").exists()


def test_old_nights_lose_their_evidence_and_older_ones_all(nights):
    """What is in the folder besides nights stays."""
    for number in range(24, 29):
        finish(nights.folder / day(number), number)
    (nights.folder / "notes").mkdir()
    nights.prune(keep=4, keep_evidence=2)
    found = sorted(path.name for path in nights.folder.iterdir())
    assert found == sorted([*map(day, range(25, 29)), "notes"])
    for number, whole in ((25, False), (26, False), (27, True), (28, True)):
        folder = nights.folder / day(number)
        assert (folder / "report").exists() == whole
        assert (folder / RESULTS / "one").exists() == whole
        assert (read_run(folder / RESULTS).tests[0].command == "pytest") == whole
        assert (folder / SUMMARY).exists()


def test_two_processes_have_no_night_in_one_folder(nights):
    """The second one says where to go."""
    with nights.locked(), pytest.raises(NightsError, match="another process has a night in"):
        nights.locked().__enter__()
    with nights.locked():
        assert nights.folder.is_dir()


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    """With the ways to name another one."""
    (tmp_path / "file").write_text("")
    with pytest.raises(NightsError, match=r"nights = DIR in \[night\], or --nights DIR"):
        Nights(tmp_path / "file" / "nights").locked().__enter__()
