# SPDX-License-Identifier: MIT
"""Golden checks: verdicts, what is written when, and what the reader is told."""

import re

import numpy as np
import pytest
from PIL import Image

from harness.errors import HarnessError
from harness.goldens.checks import (
    GoldenChecks,
    GoldenMismatch,
    GoldenMissing,
    GoldenOutcome,
    GoldenSizeChanged,
)
from harness.goldens.errors import GoldenError, GoldenRefusedError
from harness.goldens.names import golden_name
from harness.goldens.store import GoldenMode, GoldenStore
from harness.pixels.comparison import Tolerance, Verdict
from harness.pixels.frame import Frame, FrameSource
from harness.pixels.rectangle import Rectangle


def solid(value=0x204060, width=8, height=8, depth=24):
    return Frame(np.full((height, width), value, np.uint32), depth, FrameSource.WINDOW)


def spotted(x=3, y=2):
    raw = solid().raw.copy()
    raw[y, x] += 0x1F00
    return Frame(raw, 24, FrameSource.WINDOW)


@pytest.fixture
def checks(tmp_path):
    """Open the goldens of one test run: ``checks(mode, server, pattern)``."""

    def open_(mode="check", server="xvfb", pattern=None, store=None):
        store = store or GoldenStore(
            tmp_path / "golden",
            GoldenMode(mode),
            re.compile(pattern) if pattern else None,
            environment={},
        )
        return GoldenChecks(
            store=store,
            suite="present",
            test="test-skip",
            server=server,
            release="21.1.7",
            results=tmp_path / "results",
            rerun_command="pytest suites/present -k skip",
        )

    return open_


def contents(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def test_a_missing_golden_fails_and_shows_the_frame(checks, tmp_path):
    """The actual frame is saved beside the results, and nothing in the golden folder."""
    run = checks()
    with pytest.raises(GoldenMissing) as caught:
        run.check(solid(), "after-skip")
    assert str(caught.value).splitlines()[0] == ("there is no golden for this frame (8x8 depth 24)")
    with Image.open(tmp_path / "results/after-skip.actual.png") as image:
        assert Frame.from_image(image, 24).digest == solid().digest
    assert not (tmp_path / "golden").exists()
    assert str(caught.value).endswith("accept      pytest suites/present -k skip --golden=add")
    assert [result.verdict for result in run.done] == [Verdict.MISSING]


def test_add_saves_one_golden_for_all_servers(checks, tmp_path):
    """What one server added is what every other is judged by."""
    added = checks("add").check(solid(), "after-skip")
    assert (added.outcome, added.verdict) == (GoldenOutcome.ADDED, Verdict.MISSING)
    assert set(contents(tmp_path / "golden")) == {
        "present/test-skip/after-skip.json",
        "present/test-skip/after-skip.png",
    }
    matched = checks(server="xephyr").check(solid(), "after-skip")
    assert (matched.outcome, matched.verdict) == (GoldenOutcome.CHECKED, Verdict.MATCH)


def test_a_mismatch_gives_numbers_then_paths_then_commands(checks, tmp_path):
    """The text of a failure, in the order a reader needs it."""
    checks("add").check(solid(), "after-skip")
    with pytest.raises(GoldenMismatch) as caught:
        checks().check(spotted(), "after-skip")
    results, golden = tmp_path / "results", tmp_path / "golden/present/test-skip/after-skip.png"
    assert str(caught.value).splitlines() == [
        "1 of 64 pixels differ, worst channel green +31, first at (3, 2), "
        "bounding box 3,2..4,3; exact comparison",
        f"  golden      {golden}",
        f"  expected    {results}/after-skip.expected.png",
        f"  actual      {results}/after-skip.actual.png",
        f"  difference  {results}/after-skip.difference.png",
        f"  look        xdg-open {results}/after-skip.difference.png",
        "  accept      pytest suites/present -k skip --golden=update=present/test-skip/after-skip",
    ]
    result = caught.value.result
    assert set(result.pictures) == {"expected", "actual", "difference"}
    assert (result.expected, result.digest) == (solid().digest, spotted().digest)
    with Image.open(results / "after-skip.difference.png") as image:
        assert image.getpixel((3, 2)) == (255, 0, 0)


@pytest.mark.parametrize("mode", ["check", "add"])
def test_only_update_changes_a_golden(checks, tmp_path, mode):
    """``check`` writes nothing and ``add`` nothing that exists."""
    checks("add").check(solid(), "after-skip")
    before = contents(tmp_path / "golden")
    with pytest.raises(GoldenMismatch):
        checks(mode).check(spotted(), "after-skip")
    assert contents(tmp_path / "golden") == before


def test_another_size_is_told_as_such(checks, tmp_path):
    """No difference picture, since nothing was compared."""
    checks("add").check(solid(), "after-skip")
    with pytest.raises(GoldenSizeChanged, match="expected 8x8 depth 24, got 9x8 depth 24"):
        checks().check(solid(width=9), "after-skip")
    assert not (tmp_path / "results/after-skip.difference.png").exists()
    with pytest.raises(GoldenSizeChanged, match="got 8x8 depth 32"):
        checks().check(solid(depth=32), "after-skip")
    updated = checks("update").check(solid(width=9), "after-skip")
    assert (updated.outcome, updated.verdict) == (GoldenOutcome.UPDATED, Verdict.SIZE_CHANGED)
    assert checks().check(solid(width=9), "after-skip").verdict is Verdict.MATCH


def test_update_rewrites_only_what_changed_and_matches(checks, tmp_path):
    """Equal frames keep their files; the pattern limits the rest; nothing is added."""
    for name in ("kept", "changed", "other"):
        checks("add").check(solid(), name)
    before = contents(tmp_path / "golden")
    run = checks("update", pattern="test-skip/(kept|changed)$")
    assert run.check(solid(), "kept").outcome is GoldenOutcome.CHECKED
    assert run.check(spotted(), "changed").outcome is GoldenOutcome.UPDATED
    with pytest.raises(GoldenMismatch):
        run.check(spotted(), "other")
    with pytest.raises(GoldenMissing):
        run.check(spotted(), "new")
    after = contents(tmp_path / "golden")
    assert {key for key in before if before[key] != after[key]} == {
        "present/test-skip/changed.json",
        "present/test-skip/changed.png",
    }
    assert before.keys() == after.keys()


def test_a_failure_says_whether_another_capture_agrees(checks):
    """Where none does, the command that accepts the frame is not offered."""
    checks("add").check(solid(), "shown")

    def dead():
        raise HarnessError("the server is gone")

    for recapture, steady in ((solid, False), (spotted, True), (dead, True), (None, True)):
        run = checks()
        with pytest.raises(GoldenMismatch) as caught:
            run.check(spotted(), "shown", recapture=recapture)
        assert run.done[0].steady is steady
        assert ("unsteady    another capture at once" in str(caught.value)) is not steady
        assert ("  accept  " in str(caught.value)) is steady


def test_two_captures_must_agree_before_one_is_saved(checks, tmp_path):
    """An unstable frame never becomes golden."""
    with pytest.raises(GoldenError, match="two captures in a row differ"):
        checks("add").check(solid(), "after-skip", recapture=spotted)
    assert not (tmp_path / "golden").exists()
    assert checks("add").check(solid(), "after-skip", recapture=solid).outcome == "added"


def test_servers_that_disagree_do_not_overwrite_each_other(checks, tmp_path):
    """Of two servers in one updating run, the second with other pixels is told so."""
    checks("add").check(solid(), "after-skip")
    first = checks("update")
    first.check(spotted(), "after-skip")
    second = checks("update", server="xephyr", store=first.store)
    with pytest.raises(GoldenError, match=r"made with xvfb 21\.1\.7; xephyr 21\.1\.7 shows"):
        second.check(spotted(x=5), "after-skip")
    assert checks().check(spotted(), "after-skip").verdict is Verdict.MATCH


def test_a_variant_is_a_statement_with_a_reason(checks, tmp_path):
    """A declared variant is written for its server alone, and found before the common golden."""
    checks("add").check(solid(), "after-skip")
    variants = {"xephyr": "the host window adds a spot"}
    run = checks("add", server="xephyr")
    added = run.check(spotted(), "after-skip", variants=variants)
    assert added.key == "present/test-skip/after-skip.xephyr.png"
    assert run.store.entries()[added.key].reason == "the host window adds a spot"
    assert checks(server="xephyr").check(spotted(), "after-skip").key == added.key
    assert checks(server="xvfb").check(solid(), "after-skip").verdict is Verdict.MATCH
    with pytest.raises(GoldenError, match="needs a reason"):
        checks().check(solid(), "after-skip", variants={"xvfb": " "})


@pytest.mark.parametrize("mode", ["add", "update"])
def test_a_declared_variant_leaves_the_common_golden_alone(checks, tmp_path, mode):
    """Whichever mode writes it, the golden of the other servers stays; its reason is kept."""
    checks("add").check(solid(), "after-skip")
    common = (tmp_path / "golden/present/test-skip/after-skip.png").read_bytes()
    variants = {"xephyr-d24": "rounds"}
    checks(mode, "xephyr").check(spotted(), "after-skip", variants=variants)
    updated = checks("update", "xephyr").check(spotted(x=1), "after-skip")
    assert updated.key == "present/test-skip/after-skip.xephyr-d24.png"
    assert checks().store.entries()[updated.key].reason == "rounds"
    assert (tmp_path / "golden/present/test-skip/after-skip.png").read_bytes() == common


def test_the_most_specific_golden_is_used(checks):
    """Server and depth, then server, then depth, then the common one."""
    frames = {}
    order = ("xvfb-d24", "xvfb", "d24", "")
    for step, variant in enumerate(reversed(order)):
        frames[variant] = spotted(x=step)
        store = GoldenStore(checks().store.folder, GoldenMode.ADD, environment={})
        key = f"present/test-skip/frame{'.' if variant else ''}{variant}.png"
        store.save(key, frames[variant], server="xvfb", reason="shown here")
        assert checks().check(frames[variant], "frame").key == key
    for variant in order:
        found = checks().check(frames[variant], "frame").key
        checks().store.delete(found)


def test_a_tolerance_and_ignored_areas_reach_the_comparison(checks):
    """Both are per check; the reason of a tolerance is kept beside the picture."""
    tolerance = Tolerance(-2, 2, 1, "glamor rounds")
    run = checks("add")
    key = run.check(solid(), "after-skip", tolerance=tolerance).key
    assert run.store.entries()[key].reason == "glamor rounds"
    assert checks().check(spotted(), "after-skip", tolerance=tolerance).verdict is Verdict.MATCH
    masked = checks().check(spotted(), "after-skip", ignore=[Rectangle(3, 2, 1, 1)])
    assert masked.verdict is Verdict.MATCH


def test_a_name_is_checked_once_per_test(checks):
    """Two frames of one name would hide each other; another run of the test may use it again."""
    run = checks("add")
    run.check(solid(), "after-skip")
    with pytest.raises(GoldenError, match="already checked"):
        run.check(solid(), "after-skip")
    checks("add", store=run.store).check(solid(), "after-skip")


@pytest.mark.parametrize(
    "name", ["", "After", "a b", "../up", "a/b", "a.b", "ä", "n" * 121, "a\n", "under_score"]
)
def test_an_impossible_name_is_refused(checks, tmp_path, name):
    """Names mean the same on every file system."""
    with pytest.raises(GoldenError, match="expected a golden's name"):
        checks("add").check(solid(), name)
    assert not (tmp_path / "golden").exists()


def test_test_ids_become_names():
    """What pytest calls a test is spelt so that every file system keeps it."""
    assert golden_name("test_Skip[depth24-xvfb]") == "test-skip-depth24-xvfb"
    with pytest.raises(GoldenError):
        golden_name("[]")
    with pytest.raises(GoldenError):
        golden_name("n" * 121)


@pytest.mark.parametrize("mode", ["add", "update"])
def test_goldens_are_not_written_where_ci_is_set(tmp_path, mode):
    """CI never accepts its own pictures, unless told to."""
    with pytest.raises(GoldenRefusedError, match=f"--golden {mode} is refused where CI is set"):
        GoldenStore(tmp_path, GoldenMode(mode), environment={"CI": "true"})
    GoldenStore(tmp_path, GoldenMode(mode), environment={"CI": "true"}, even_in_ci=True)
    for unset in ("", "0", "false", "False", "no"):
        GoldenStore(tmp_path, GoldenMode(mode), environment={"CI": unset})
    GoldenStore(tmp_path, GoldenMode.CHECK, environment={"CI": "true"})


def test_results_that_cannot_be_written_do_not_hide_the_mismatch(checks, tmp_path):
    """The numbers come all the same, with the reason why there are no pictures."""
    checks("add").check(solid(), "after-skip")
    (tmp_path / "results").write_text("a file where the folder should be")
    with pytest.raises(GoldenMismatch, match=r"1 of 64 pixels(.|\n)*not written to .*: ") as caught:
        checks().check(spotted(), "after-skip")
    assert caught.value.result.pictures == {}


def test_a_golden_folder_that_cannot_be_written_is_named(checks, tmp_path):
    """The error says what to make writable."""
    (tmp_path / "golden").mkdir()
    (tmp_path / "golden/present").write_text("a file where the folder should be")
    with pytest.raises(GoldenError, match=r"cannot be written: .*; make .* writable"):
        checks("add").check(solid(), "after-skip")
    assert set(contents(tmp_path / "golden")) == {"present"}
