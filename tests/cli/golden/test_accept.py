# SPDX-License-Identifier: MIT
"""``xharness golden accept``: this frame and not that one, from a run that is over."""

import json
import re
import shutil
from dataclasses import replace

import pytest

from harness.cli.main import main
from harness.results.run import Outcome
from tests.cli.golden.conftest import frame

ONE, TWO, THREE = (f"present/test-{name}/shown.png" for name in ("one", "two", "three"))
NEW = "present/test-four/shown.png"


def decisions(place, *decided, run="20261129T142320Z-5c0e21"):
    """The file that the report saves: (key, value, accept or reject) of each frame."""
    listed = [
        {
            "test": f"suites/present/test_it.py::{key.split('/')[1].replace('-', '_')}[xvfb]",
            "frame": "shown",
            "golden": key,
            "digest": frame(value).digest,
            "decision": decision,
        }
        for key, value, decision in decided
    ]
    path = place.folder / "decisions.json"
    path.write_text(json.dumps({"layout": 1, "run": run, "decisions": listed}))
    return str(path)


def refused(place, capsys, *arguments):
    """What is said when nothing is accepted, and that nothing has changed."""
    before = place.files()
    assert main(["golden", "accept", "run", *arguments]) == 1
    assert place.files() == before
    return capsys.readouterr().err


def test_frames_become_goldens_without_running_again(place, capsys):
    """A table says what changed and how much; git has the rest of the work."""
    place.shows(ONE, 11)
    place.shows(NEW, 14, "missing")
    place.write()
    assert main(["golden", "accept", "run"]) == 0
    assert (place.value(ONE), place.value(TWO), place.value(NEW)) == (11, 2, 14)
    assert place.entry(ONE).server == "xvfb 21.1.16"
    assert capsys.readouterr().out.splitlines() == [
        "present/test-four/shown.png  new                             8x8  xvfb 21.1.16",
        "present/test-one/shown.png   64 of 64 pixels, worst blue +1  8x8  xvfb 21.1.16",
        "1 added, 1 changed, 0 left; look at them, then:",
        "git add golden",
    ]


def test_only_some_are_taken(place, capsys):
    """By an expression found in FOLDER/TEST/FRAME; the others are named."""
    for key in (ONE, TWO, THREE):
        place.shows(key, 50)
    place.write()
    assert main(["golden", "accept", "run", "--only", "^present/test-(one|three)/shown$"]) == 0
    assert (place.value(ONE), place.value(TWO), place.value(THREE)) == (50, 2, 50)
    assert "left  present/test-two/shown of suites/" in capsys.readouterr().out


def test_decisions_take_this_frame_and_leave_that_one(place, capsys):
    """What was rejected, and what nobody decided, stays."""
    for key in (ONE, TWO, THREE):
        place.shows(key, 50)
    place.write()
    file = decisions(place, (ONE, 50, "accept"), (TWO, 50, "reject"))
    assert main(["golden", "accept", "run/results.json", "--decisions", file]) == 0
    assert (place.value(ONE), place.value(TWO), place.value(THREE)) == (50, 2, 3)
    assert "0 added, 1 changed, 2 left" in capsys.readouterr().out


def test_decisions_of_a_review_are_found_in_the_folder_of_the_run(place):
    """Without a word on the command line."""
    place.shows(ONE, 50)
    place.shows(TWO, 50)
    place.write()
    shutil.move(decisions(place, (TWO, 50, "accept")), place.run / "decisions.json")
    assert main(["golden", "accept", "run"]) == 0
    assert (place.value(ONE), place.value(TWO)) == (1, 50)


def test_a_downloaded_artifact_is_as_good(place, tmp_path):
    """Moved, renamed, on another machine."""
    place.shows(ONE, 50)
    place.write()
    shutil.move(place.run, tmp_path / "artifact (1)")
    assert main(["golden", "accept", "artifact (1)"]) == 0
    assert place.value(ONE) == 50


def test_reasons_stay(place):
    """That of a variant, that of a tolerance, and of a new golden with a tolerance."""
    variant = "present/test-one/shown.xvfb.png"
    place.save(variant, 7, reason="a spot")
    place.commit()
    place.shows(variant, 50)
    place.shows(NEW, 51, "missing", limit="allowed 3 pixels beyond -1..+1: glamor rounds: so")
    place.write()
    assert main(["golden", "accept", "run"]) == 0
    assert place.entry(variant).reason == "a spot"
    assert place.entry(NEW).reason == "glamor rounds: so"


@pytest.mark.parametrize("change", ["edited", "untracked", "staged", "deleted"])
def test_what_git_does_not_have_is_not_overwritten(place, capsys, change):
    """Also where another golden is concerned."""
    place.shows(ONE, 50)
    place.write()
    path = place.golden / TWO
    if change == "untracked":
        (place.golden / "notes.txt").write_text("mine")
    elif change == "deleted":
        path.unlink()
    elif change == "staged":
        place.save(NEW, 9)
    else:
        path.write_bytes(b"mine")
    said = refused(place, capsys)
    assert "golden has changes that git does not have; commit or restore them first" in said


def test_goldens_outside_of_git_are_not_overwritten(place, capsys):
    """There is no way back."""
    place.shows(ONE, 50)
    place.write()
    shutil.rmtree(place.golden / ".git")
    assert "golden is not in a git repository, which would keep what" in refused(place, capsys)


def test_the_first_goldens_of_a_project_need_no_git(place):
    """Nothing could be lost."""
    shutil.rmtree(place.golden)
    place.shows(NEW, 50, "missing")
    place.write()
    assert main(["golden", "accept", "run"]) == 0
    assert place.value(NEW) == 50


def test_ci_accepts_nothing(place, capsys, monkeypatch):
    """A person reviews goldens."""
    place.shows(ONE, 50)
    place.write()
    monkeypatch.setenv("CI", "true")
    assert "accept is refused where CI is set" in refused(place, capsys)


def test_servers_that_disagree_are_named(place, capsys):
    """Whether they both show something else, or one of them the golden."""
    place.shows(ONE, 50)
    place.shows(ONE, 51, server="xephyr")
    place.shows(TWO, 52)
    place.shows(TWO, 2, "match", server="xephyr")
    place.write()
    said = refused(place, capsys)
    assert "test_one[xephyr] shows other pixels" in said or "[xvfb] shows other pixels" in said
    assert "test_two[xephyr] shows the golden as it is" in said


def test_servers_that_agree_are_one_golden(place):
    """Each of them failed alike."""
    place.shows(ONE, 50)
    place.shows(ONE, 50, server="xephyr")
    place.write()
    assert main(["golden", "accept", "run"]) == 0
    assert place.value(ONE) == 50


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("gone", "its picture 0.actual.png is not in run"),
        ("other", "has the pixels .*, the run captured"),
        ("cut", "is no picture of a frame of depth 24"),
        ("link", "its picture 0.actual.png is not in run"),
    ],
)
def test_a_picture_that_is_not_what_was_captured_is_refused(place, capsys, damage, words):
    """Nothing else is accepted either."""
    place.shows(ONE, 50)
    place.shows(TWO, 51)
    place.write()
    picture = place.run / "0.actual.png"
    if damage in ("gone", "link"):
        picture.rename(place.folder / "elsewhere.png")
    if damage == "link":
        picture.symlink_to(place.folder / "elsewhere.png")
    elif damage == "other":
        shutil.copy(place.run / "1.actual.png", picture)
    elif damage == "cut":
        picture.write_bytes(picture.read_bytes()[:40])
    assert re.search(words, refused(place, capsys))


def test_what_only_a_used_server_showed_is_refused(place, capsys):
    """It is another test's doing."""
    place.shows(ONE, 50, outcome=Outcome.LEFT_BEHIND)
    place.write()
    assert "only on a server that had served other tests" in refused(place, capsys)


def test_what_two_captures_do_not_agree_upon_is_refused(place, capsys):
    """A frame that was caught on the way is no golden."""
    place.shows(ONE, 50, steady=False)
    place.write()
    assert "another capture at once showed something else" in refused(place, capsys)


def test_a_new_variant_needs_the_test_to_give_its_reason(place, capsys):
    """Which stands in its code."""
    place.shows("present/test-one/shown.xephyr.png", 50, "missing")
    place.write()
    assert "a variant needs its reason: save it with --golden=add" in refused(place, capsys)


def test_decisions_on_another_run_are_refused(place, capsys):
    """And on frames that have changed since, and on what is no file of decisions."""
    place.shows(ONE, 50)
    place.write()
    other = decisions(place, (ONE, 50, "accept"), run="20200101T000000Z-000000")
    assert "are about the run 20200101T000000Z-000000, this one is 2026" in refused(
        place, capsys, "--decisions", other
    )
    changed = decisions(place, (ONE, 51, "accept"))
    assert "does not have with these pixels" in refused(place, capsys, "--decisions", changed)
    (place.folder / "decisions.json").write_text("[]")
    assert 'expected an object with "layout": 1' in refused(
        place, capsys, "--decisions", "decisions.json"
    )
    assert "cannot be read" in refused(place, capsys, "--decisions", "nothing.json")


def test_decisions_that_contradict_each_other_are_refused(place, capsys):
    """On one frame, or on the same pixels of two tests; other pixels may be rejected."""
    place.shows(ONE, 50)
    place.shows(ONE, 50, server="xephyr")
    place.write()
    file = decisions(place, (ONE, 50, "accept"), (ONE, 50, "reject"))
    said = refused(place, capsys, "--decisions", file)
    assert f"accept {ONE} as suites/present/test_it.py::test_one[xvfb] shows it, and reject" in said
    listed = json.loads((place.folder / "decisions.json").read_text())
    listed["decisions"][0]["test"] = "suites/present/test_it.py::test_one[xephyr]"
    (place.folder / "decisions.json").write_text(json.dumps(listed))
    said = refused(place, capsys, "--decisions", file)
    assert "test_one[xephyr] shows it, and reject the same pixels as" in said
    assert "test_one[xvfb] shows them" in said


def test_two_tests_that_show_different_pixels_can_be_decided_apart(place):
    """That one is accepted and the other rejected is what decisions are for."""
    place.shows(ONE, 50)
    place.shows(ONE, 51, server="xephyr")
    place.write()
    file = decisions(place, (ONE, 50, "accept"), (ONE, 51, "reject"))
    listed = json.loads((place.folder / "decisions.json").read_text())
    listed["decisions"][1]["test"] = "suites/present/test_it.py::test_one[xephyr]"
    (place.folder / "decisions.json").write_text(json.dumps(listed))
    assert main(["golden", "accept", "run", "--decisions", file]) == 0
    assert place.value(ONE) == 50


def test_a_golden_that_has_changed_since_stays(place, capsys):
    """Whoever reviewed the frame saw another one beside it; the rest is taken with --only."""
    place.shows(ONE, 50, expected=frame(9).digest)
    place.shows(TWO, 51, expected=frame(2).digest)
    place.shows(THREE, 52)
    place.write()
    said = refused(place, capsys)
    assert f"the golden has the pixels {frame(1).digest[:12]} now, the run compared with" in said
    assert "run the test again" in said
    assert "test-two" not in said
    assert main(["golden", "accept", "run", "--only", "two|three"]) == 0
    assert (place.value(ONE), place.value(TWO), place.value(THREE)) == (1, 51, 52)


def test_what_is_accepted_already_is_no_change(place):
    """As by the same command a moment ago."""
    place.shows(ONE, 50, expected=frame(1).digest)
    place.write()
    for _ in range(2):
        assert main(["golden", "accept", "run"]) == 0
        place.commit()
    assert place.value(ONE) == 50


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--only", "test-nine"), "no frame of run is to be accepted: 1 are not their goldens"),
        (("--only", "("), "--only (: "),
    ],
)
def test_choosing_nothing_is_a_failure(place, capsys, arguments, words):
    """A misspelt expression is noticed."""
    place.shows(ONE, 50)
    place.write()
    assert words in refused(place, capsys, *arguments)


@pytest.mark.parametrize("key", ["../../evil.png", "/tmp/evil.png", "present/one.png", "", "a/b/c"])
def test_nothing_is_written_outside_of_the_goldens(place, capsys, key):
    """A run that was downloaded may name anything."""
    place.shows(ONE, 50, "missing")
    (test,) = place.tests
    place.tests[:] = [replace(test, frames=(replace(test.frames[0], golden=key),))]
    place.write()
    assert f"expected a golden such as 'suite/test/name.png', got {key!r}" in refused(place, capsys)


@pytest.mark.parametrize(
    ("key", "verdict", "words"),
    [
        (ONE, "missing", "there is a golden now, which the run did not have"),
        ("present/test-nine/shown.png", "mismatch", "golden does not have the golden that it was"),
    ],
)
def test_goldens_that_the_run_did_not_see_stay(place, capsys, key, verdict, words):
    """Those of another project, or younger than the run."""
    place.shows(key, 50, verdict)
    place.write()
    assert words in refused(place, capsys)
