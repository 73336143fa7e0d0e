# SPDX-License-Identifier: MIT
"""Folders of results: one for each session, deleted only when nobody uses them any more."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.results.folder import KEPT, LATEST, Results, ResultsError, new_session

NAMES = st.text(min_size=1, max_size=200)


def session(folder, second):
    """The results of a session that began at ``second`` of some minute, not closed."""
    return Results(folder / f"20261129T1423{second:02}Z-5c0e21")


def keep(results, name="test"):
    """Keep something of a test."""
    (results.of_test(name) / "timeline.txt").write_text(name)
    return results


@given(NAMES, NAMES)
def test_no_two_tests_share_a_folder(one, other):
    """Whatever characters tell them apart, and however long they are."""
    results = Results(new_session(Path("results")))
    if one != other:
        assert results.path_of(one) != results.path_of(other)
    path = results.path_of(one)
    assert path.parent == results.folder
    assert len(path.name) < 140


def test_parameters_that_fold_have_their_own_evidence(tmp_path):
    """Readable, and told apart where it is not."""
    results = session(tmp_path, 0)
    folders = {
        results.path_of(f"test_it.py::test_it[{word}]") for word in ("-1", "1", "a b", "a+b")
    }
    assert len(folders) == 4
    assert all(folder.name.startswith("test_it.py-test_it-") for folder in folders)


def test_latest_is_the_session_that_began_last(tmp_path):
    """Also when an older one keeps something later."""
    old, new = session(tmp_path, 1), session(tmp_path, 2)
    keep(new)
    keep(old)
    assert (tmp_path / LATEST).resolve() == new.folder
    assert (old.path_of("test") / "timeline.txt").exists()


def test_a_session_that_begins_removes_the_link_only(tmp_path):
    """Nobody takes the evidence of an older session for its own."""
    old = keep(session(tmp_path, 1))
    session(tmp_path, 2).begin()
    assert not (tmp_path / LATEST).is_symlink()
    assert (old.path_of("test") / "timeline.txt").exists()


def test_the_folder_of_an_earlier_release_is_kept(tmp_path):
    """It was ``latest`` itself, and becomes one among others."""
    keep(Results(tmp_path / LATEST)).close()
    keep_here = session(tmp_path, 2)
    keep_here.begin()
    keep(keep_here)
    assert (tmp_path / LATEST).resolve() == keep_here.folder
    assert len(list(tmp_path.glob("*/test-*/timeline.txt"))) == 3


@pytest.mark.parametrize("kind", ["folder", "link", "dangling"])
def test_what_is_not_ours_is_left_alone(tmp_path, kind):
    """A project may have a ``results/latest`` of its own."""
    latest = tmp_path / LATEST
    if kind == "folder":
        latest.mkdir()
        (latest / "thesis.tex").write_text("mine")
    else:
        latest.symlink_to("thesis")
        if kind == "link":
            (tmp_path / "thesis").mkdir()
    before = (latest.is_symlink(), sorted(latest.glob("*")))
    results = session(tmp_path, 1)
    results.begin()
    keep(results)
    assert (latest.is_symlink(), sorted(latest.glob("*"))) == before
    assert (results.path_of("test") / "timeline.txt").exists()


def test_the_oldest_sessions_that_are_over_are_deleted(tmp_path):
    """Those that run stay, whatever their age."""
    running = keep(session(tmp_path, 0))
    for second in range(1, KEPT + 5):
        keep(session(tmp_path, second)).close()
    kept = sorted(path.name[13:15] for path in tmp_path.iterdir() if path.name != LATEST)
    assert kept == [f"{second:02}" for second in (0, *range(5, KEPT + 5))]
    running.close()
    keep(session(tmp_path, 59))
    assert not running.folder.exists()


def test_a_folder_in_use_is_not_emptied(tmp_path):
    """A second session with the same --results DIR is refused, and only while the first runs."""
    first, second = Results(tmp_path / "kept"), Results(tmp_path / "kept")
    first.clear()
    worker = keep(Results(tmp_path / "kept"))
    with pytest.raises(ResultsError, match="kept is in use by a session that runs"):
        second.clear()
    assert (worker.path_of("test") / "timeline.txt").exists()
    first.close()
    worker.close()
    second.clear()
    assert not worker.path_of("test").exists()


def test_emptying_leaves_the_folders_of_sessions(tmp_path):
    """``--results results`` is where sessions without the option have theirs."""
    given_folder = Results(tmp_path / "results")
    given_folder.clear()
    keep(given_folder, "old")
    own = keep(session(tmp_path / "results", 1))
    given_folder.close()
    Results(tmp_path / "results").clear()
    assert not given_folder.path_of("old").exists()
    assert (own.path_of("test") / "timeline.txt").exists()


def test_a_closed_folder_is_free_although_a_child_inherited_its_lock(tmp_path):
    """Another thread's child has every descriptor of ours until it executes its program."""
    folder = Results(tmp_path / "results")
    folder.clear()
    inherited = os.dup(folder._lock)
    try:
        folder.close()
        Results(tmp_path / "results").clear()
    finally:
        os.close(inherited)
