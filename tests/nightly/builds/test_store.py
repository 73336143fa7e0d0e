# SPDX-License-Identifier: MIT
"""Sources by their names: refs of folders and addresses, working trees, what there is not."""

import pytest

from harness.nightly.builds.errors import BuildCacheUnusable, BuildFailed, BuildToolMissing
from harness.nightly.builds.progress import no_progress
from harness.nightly.builds.revision import SourceRevision
from harness.nightly.builds.sources.store import SourceStore
from harness.nightly.builds.toolchain import tools
from tests.nightly.builds.project import commit, git, write_project


@pytest.fixture
def store(tmp_path) -> SourceStore:
    return SourceStore(tmp_path / "cache/sources.git")


@pytest.fixture
def history(tmp_path):
    """A repository with two commits, a tag on the first and a branch beside; its two commits."""
    folder = write_project(tmp_path / "project")
    first = commit(folder, "first")
    git(folder, "tag", "--annotate", "--message", "one", "v1")
    git(folder, "branch", "topic/one")
    (folder / "new").write_text("")
    return folder, first, commit(folder, "second")


@pytest.mark.parametrize("as_address", [False, True], ids=["folder", "address"])
@pytest.mark.parametrize(
    ("ref", "which"),
    [
        pytest.param("main", 2, id="branch"),
        pytest.param("topic/one", 1, id="branch-with-slash"),
        pytest.param("v1", 1, id="annotated-tag"),
        pytest.param("HEAD", 2, id="head"),
        pytest.param("refs/heads/main", 2, id="whole-name"),
        pytest.param("{first}", 1, id="commit"),
        pytest.param("{first:.9}", 1, id="short"),
    ],
)
def test_a_ref_is_a_commit_that_is_here(store, history, as_address, ref, which):
    """A branch, a tag, a commit, of a folder or of an address."""
    folder, first, second = history
    ref = ref.format(first=first)
    repository = f"file://{folder}" if as_address else str(folder)
    revision = store.resolve(repository, ref, no_progress)
    assert revision == SourceRevision(repository, ref, (first, second)[which - 1])
    assert store.has(revision.commit)


def test_a_branch_is_looked_up_every_time(store, history):
    """Its newest commit is meant; what was a branch and is none any more is an error."""
    folder, first, second = history
    repository = f"file://{folder}"
    assert store.resolve(repository, "main", no_progress).commit == second
    git(folder, "reset", "--hard", first)
    assert store.resolve(repository, "main", no_progress).commit == first
    git(folder, "branch", "--delete", "topic/one")
    with pytest.raises(BuildFailed, match="no branch, tag or commit 'topic/one'"):
        store.resolve(repository, "topic/one", no_progress)


def test_a_commit_that_is_here_needs_no_repository(store, history):
    """Such as that of an address without a network."""
    folder, first, _ = history
    repository = f"file://{folder}"
    store.resolve(repository, "main", no_progress)
    folder.rename(folder.with_name("elsewhere"))
    assert store.resolve(repository, first, no_progress).commit == first


@pytest.mark.parametrize("as_address", [False, True], ids=["folder", "address"])
def test_a_ref_that_does_not_exist_names_those_that_are_near(store, history, as_address):
    """A slip of the fingers is seen at once."""
    folder, *_ = history
    repository = f"file://{folder}" if as_address else str(folder)
    with pytest.raises(BuildFailed, match="no branch, tag or commit 'mains'; there are main of 3"):
        store.resolve(repository, "mains", no_progress)


@pytest.mark.parametrize("ref", ["--upload-pack=touch x", "-x", "a b", "", "v1^{tree}:x"])
def test_a_ref_is_never_an_option(store, history, ref):
    """Nor anything else than a name."""
    folder, *_ = history
    for repository in (str(folder), f"file://{folder}"):
        with pytest.raises(BuildFailed):
            store.resolve(repository, ref, no_progress)


def test_what_is_no_repository_is_an_error(store, tmp_path):
    """In git's words, with its place."""
    with pytest.raises(BuildFailed, match="not a git repository"):
        store.resolve(str(tmp_path), "main", no_progress)
    with pytest.raises(BuildFailed, match=r"does not appear to be a git repository|does not exist"):
        store.resolve(f"file://{tmp_path}/none", "main", no_progress)
    with pytest.raises(BuildFailed, match=r"none.*fetch"):
        store.resolve(str(tmp_path / "none"), "main", no_progress)


def test_a_commit_is_fetched_when_it_is_built(store, history):
    """As for a bisection, which names commits alone."""
    folder, first, second = history
    store.require(SourceRevision(str(folder), "", first), no_progress)
    assert store.has(first)
    assert not store.has(second)
    store.require(SourceRevision(f"file://{folder}", "", second), no_progress)
    assert store.has(second)
    with pytest.raises(BuildFailed):
        store.require(SourceRevision(str(folder), "", "f" * 40), no_progress)


def test_a_working_tree_is_taken_as_it_is(store, history, tmp_path):
    """With changes and new files, without what .gitignore names; nothing in it changes."""
    folder, *_ = history
    before = store.snapshot(folder)
    assert before.ref == git(folder, "describe", "--always", "--tags")
    assert store.snapshot(folder) == before
    (folder / ".gitignore").write_text("ignored\n")
    (folder / "ignored").write_text("built by hand")
    (folder / "hw/vfb/main.c").write_text("changed")
    status = git(folder, "status", "--porcelain")
    after = store.snapshot(folder)
    assert after.commit != before.commit
    assert after.ref.endswith("-dirty")
    assert git(folder, "status", "--porcelain") == status
    target = tmp_path / "out"
    store.export(after.commit, target)
    assert (target / "hw/vfb/main.c").read_text() == "changed"
    assert (target / "new").exists()
    assert not (target / "ignored").exists()
    (folder / "ignored").write_text("built again")
    assert store.snapshot(folder) == after


def test_a_working_tree_needs_no_repository(store, tmp_path):
    """An unpacked archive; programs in it stay programs."""
    folder = write_project(tmp_path / "unpacked")
    (folder / "tool.sh").write_text("#!/bin/sh\n")
    (folder / "tool.sh").chmod(0o755)
    revision = store.snapshot(folder)
    assert revision.ref == ""
    store.export(revision.commit, tmp_path / "out")
    assert (tmp_path / "out/tool.sh").stat().st_mode & 0o111
    for missing in (tmp_path / "none", folder / "meson.build"):
        with pytest.raises(BuildFailed, match="expected sources"):
            store.snapshot(missing)


def test_variables_of_a_git_hook_lead_nowhere_else(store, history, monkeypatch, tmp_path):
    """Such as those that a bisection sets."""
    folder, _, second = history
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "hook"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert store.resolve(str(folder), "main", no_progress).commit == second
    store.snapshot(folder)
    assert not (tmp_path / "hook").exists()
    assert not (tmp_path / "index").exists()


def test_a_machine_without_git_is_told_what_to_install(store, history, monkeypatch):
    """It is no verdict on the sources."""
    folder, *_ = history
    monkeypatch.setattr(tools.shutil, "which", lambda *_, **__: None)
    with pytest.raises(BuildToolMissing, match=r"git not found on PATH.*apt-get install git"):
        store.resolve(str(folder), "main", no_progress)


def test_a_store_that_cannot_be_written_is_no_verdict(tmp_path, history):
    """As on a disk that is full."""
    folder, *_ = history
    (tmp_path / "file").write_text("")
    with pytest.raises(BuildCacheUnusable):
        SourceStore(tmp_path / "file/sources.git").snapshot(folder)
