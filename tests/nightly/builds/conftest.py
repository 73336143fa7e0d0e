# SPDX-License-Identifier: MIT
"""Builds of a tiny meson project."""

import shutil
from pathlib import Path

import pytest

from harness.nightly.builds.cache import BuildCache, Built
from harness.nightly.builds.recipe import Recipe
from harness.nightly.builds.revision import SourceRevision
from harness.servers.kinds.table import ServerKind
from tests.nightly.builds.project import commit, write_project

XVFB_ONLY = Recipe(kinds=(ServerKind.XVFB,))

_PROGRAMS = ("ninja", "cc", "pkg-config", "git")


@pytest.fixture(autouse=True, scope="session")
def programs() -> None:
    """What builds need, besides Python."""
    if missing := [name for name in _PROGRAMS if shutil.which(name) is None]:
        pytest.skip(f"{missing[0]} not found on PATH: tools/setup ci installs it")


@pytest.fixture
def cache(tmp_path, monkeypatch) -> BuildCache:
    """An empty cache, which is that of the user."""
    monkeypatch.setenv("XHARNESS_CACHE", str(tmp_path / "cache"))
    return BuildCache()


@pytest.fixture
def project(tmp_path) -> Path:
    """A repository with one commit on ``main``, which builds."""
    folder = write_project(tmp_path / "project")
    commit(folder, "first")
    return folder


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> tuple[BuildCache, Path, SourceRevision, Built]:
    """A cache of its own, the project, its revision and the build of that: not to be changed."""
    folder = tmp_path_factory.mktemp("made")
    repository = write_project(folder / "project", ServerKind.XVFB, ServerKind.XEPHYR)
    cache = BuildCache(folder / "cache/builds")
    revision = SourceRevision(str(repository), "main", commit(repository, "first"))
    return cache, repository, revision, cache.build(revision, XVFB_ONLY)
