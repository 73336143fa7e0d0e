# SPDX-License-Identifier: MIT
"""What has changed between two nights stands beside their failures."""

from dataclasses import replace

import pytest

from harness.nightly.investigation.differences import NightChange, differences_between
from harness.results.run import Run, ServerIdentity
from tests.nightly.bisecting.history_project import git

SERVER = ServerIdentity(name="xvfb", kind="xvfb", version="21.1.7", package="xvfb 21.1.7-3")
GOOD = Run(
    id="then",
    started="2026-11-29T02:00:00Z",
    packages={"dpkg": {"libpixman-1-0": "0.42", "weston": "10"}, "python": {"numpy": "1.26"}},
    machine={"system": "Linux 6.1"},
    servers={"xvfb": SERVER},
)


@pytest.fixture
def project(tmp_path):
    """Suites with three commits; the last one changes a golden."""
    folder = tmp_path / "project"
    (folder / "golden").mkdir(parents=True)
    git(folder, "init", "--quiet", ".")
    for name in ("test_a.py", "test_b.py", "golden/a.png"):
        (folder / name).write_text(name)
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message", f"add {name}")
    return folder


def between(now, good=GOOD, suites=None, repositories=None):
    return differences_between(
        good, now, servers=["xvfb"], suites=suites, repositories=repositories or {}
    )


def test_packages_and_servers_that_changed(tmp_path):
    """New and removed ones too; what is the same is not named."""
    packages = {"dpkg": {"libpixman-1-0": "0.43", "mesa": "23"}, "python": {"numpy": "1.26"}}
    updated = replace(SERVER, package="xvfb 21.1.7-4")
    now = replace(GOOD, packages=packages, servers={"xvfb": updated}, machine={"system": "Linux 7"})
    found = between(now, suites=tmp_path)
    assert found.packages == (
        NightChange("dpkg libpixman-1-0", "0.42", "0.43"),
        NightChange("dpkg mesa", "none", "23"),
        NightChange("dpkg weston", "10", "none"),
        NightChange("machine system", "Linux 6.1", "Linux 7"),
    )
    assert found.servers == (NightChange("xvfb package", "xvfb 21.1.7-3", "xvfb 21.1.7-4"),)


def test_commits_and_goldens_of_the_suites(project):
    """Those in between, the newest first."""
    old = replace(GOOD, suites={"commit": git(project, "rev-parse", "HEAD~2")})
    now = replace(GOOD, suites={"commit": git(project, "rev-parse", "HEAD")})
    found = between(now, old, project)
    assert [line.partition(" ")[2] for line in found.suite_commits] == [
        "add golden/a.png",
        "add test_b.py",
    ]
    assert found.goldens == ("golden/a.png",)


def test_commits_of_a_server(project):
    """From the repository that is named for it."""
    commits = git(project, "log", "--format=%H").split()
    then = replace(GOOD, servers={"xvfb": replace(SERVER, commit=commits[2])})
    now = replace(GOOD, servers={"xvfb": replace(SERVER, commit=commits[0])})
    assert len(between(now, then, project, {"xvfb": project}).server_commits) == 2
    assert between(now, then, project).server_commits == ()


def test_what_cannot_be_compared_is_said(tmp_path):
    """Runs of an old release, local changes, servers that only one night had."""
    now = replace(GOOD, packages={}, servers={}, suites={"commit": "a" * 40, "changed": "yes"})
    said = " ".join(between(now, suites=tmp_path).unknown)
    for words in ("packages: an old release", "has not judged it", "they had changes"):
        assert words in said
