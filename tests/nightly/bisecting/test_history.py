# SPDX-License-Identifier: MIT
"""git bisect runs beside the user's repository, and tells which commits come next."""

import pytest

from harness.nightly.bisecting.history import CommitHistory, HistoryError
from tests.nightly.bisecting.history_project import git, repository_of


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A repository of 16 commits, the first bad one is v11."""
    folder = tmp_path_factory.mktemp("project")
    return repository_of(folder, *["good"] * 11, *["bad"] * 5)


@pytest.fixture
def history(project, tmp_path):
    return CommitHistory.beside(project / ".git", tmp_path / "repository.git")


def named(project, *names):
    return [git(project, "rev-parse", f"{name}^{{commit}}") for name in names]


def step(tmp_path, project, text):
    """A program for git bisect run; ``number`` is that of the commit."""
    path = tmp_path / "step"
    path.write_text(
        "#!/bin/sh\n"
        f"number=$(git -C {project} describe --tags $(git rev-parse BISECT_HEAD) | tr -d v)\n"
        f"echo $number >>{tmp_path}/asked\n{text}\n"
    )
    path.chmod(0o755)
    return path


def test_one_commit_is_found(project, history, tmp_path):
    """The first that is bad; the user's repository has no trace of it."""
    before = sorted(path.name for path in (project / ".git").iterdir())
    good, bad, first = named(project, "v0", "v15", "v11")
    program = step(tmp_path, project, "[ $number -lt 11 ]")
    assert history.search(good, bad, program, tmp_path / "log") == [first]
    assert sorted(path.name for path in (project / ".git").iterdir()) == before
    assert "running" in (tmp_path / "log").read_text()


def test_commits_that_cannot_be_judged_are_candidates(project, history, tmp_path):
    """The first bad one, and those before it that were skipped."""
    good, bad, *candidates = named(project, "v0", "v15", "v11", "v10", "v9")
    text = "[ $number = 9 ] || [ $number = 10 ] && exit 125\n[ $number -lt 11 ]"
    found = history.search(good, bad, step(tmp_path, project, text), tmp_path / "log")
    assert sorted(found) == sorted(candidates)


def test_a_step_that_gives_up_ends_the_search(project, history, tmp_path):
    """Nothing is named, and the error says where git's words are."""
    good, bad = named(project, "v0", "v15")
    with pytest.raises(HistoryError, match="names no commit; the last lines of"):
        history.search(good, bad, step(tmp_path, project, "exit 255"), tmp_path / "log")


def test_ends_that_are_not_related_are_refused(project, tmp_path):
    """With the words of git."""
    git(project, "checkout", "--quiet", "--orphan", "other")
    git(project, "commit", "--quiet", "--message", "of no ancestor")
    (stranger,) = named(project, "other")
    git(project, "checkout", "--quiet", "main")
    history = CommitHistory.beside(project / ".git", tmp_path / "repository.git")
    with pytest.raises(HistoryError, match="git bisect"):
        history.search(stranger, *named(project, "v15"), tmp_path / "step", tmp_path / "log")


def test_midpoints_are_those_that_git_asks_for(project, history, tmp_path):
    """Each commit that a step gets was the first of the midpoints; then come the next ones."""
    good, bad = named(project, "v0", "v15")
    program = step(tmp_path, project, "exit 255")
    with pytest.raises(HistoryError):
        history.search(good, bad, program, tmp_path / "log")
    asked = (tmp_path / "asked").read_text().split()
    midpoints = [git(project, "describe", "--tags", one) for one in history.midpoints((), 3)]
    assert [f"v{one}" for one in asked] == midpoints[:1] == ["v7"]
    assert sorted(midpoints[1:]) == ["v11", "v3"]
    assert len(history.midpoints((), 100)) == 14


def test_midpoints_leave_out_what_is_known(project, history, tmp_path):
    """The next ones stand for it."""
    good, bad, middle = named(project, "v0", "v15", "v7")
    with pytest.raises(HistoryError):
        history.search(good, bad, step(tmp_path, project, "exit 255"), tmp_path / "log")
    assert middle not in history.midpoints({middle}, 3)
    assert len(history.midpoints({middle}, 3)) == 3


def test_details_are_those_of_the_commit(project, history):
    """Author, subject, and what it changed."""
    (commit,) = named(project, "v11")
    details = history.details(commit)
    assert details.author == "Ann Author <ann@example.org>"
    assert details.subject == "bad number 11"
    assert "hw/vfb/server" in details.changes
    assert str(details) == f"{commit[:12]} bad number 11"
