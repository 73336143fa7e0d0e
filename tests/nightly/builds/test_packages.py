# SPDX-License-Identifier: MIT
"""Source packages of Debian releases, fetched and patched without root."""

import os
import shutil

import pytest

from harness.nightly.builds.cache import BuildCache
from harness.nightly.builds.definitions import BuildDefinition
from harness.nightly.builds.errors import BuildFailed, BuildStage
from harness.nightly.builds.making import make, resolve
from harness.nightly.builds.progress import no_progress
from harness.nightly.builds.recipe import Recipe
from harness.nightly.builds.sources.packages import FRESH_SECONDS, source_package
from harness.servers.kinds.table import ServerKind
from tests.nightly.builds.project import write_project
from tests.nightly.builds.source_repository import SourceRepository

PATCH = """\
--- a/meson.build
+++ b/meson.build
@@ -1 +1 @@
-project('tiny', 'c', version: '7.8.9')
+project('tiny', 'c', version: '7.8.9.1')
"""

pytestmark = pytest.mark.skipif(
    shutil.which("apt-get") is None or shutil.which("dpkg-source") is None,
    reason="needs apt and dpkg-dev, which this system does not have",
)


@pytest.fixture
def repository(tmp_path, monkeypatch) -> SourceRepository:
    """A machine that gets its packages from a folder."""
    folder = tmp_path / "repository"
    folder.mkdir()
    sources = tmp_path / "sources.list"
    sources.write_text(f"deb [trusted=yes] file:{folder} stable main\n")
    config = tmp_path / "apt.conf"
    config.write_text(
        f'Dir::Etc::sourcelist "{sources}";\nDir::Etc::sourceparts "{tmp_path / "none"}";\n'
    )
    monkeypatch.setenv("APT_CONFIG", str(config))
    return SourceRepository(folder, "trixie")


@pytest.mark.parametrize("form", ["1.0", "3.0 (quilt)"])
def test_a_package_is_built_with_its_patches(cache, repository, tmp_path, form):
    """Whether dpkg-source applies them or leaves that to the package's rules."""
    repository.add("xorg-server", "7.8.9-3", write_project(tmp_path / "tree"), PATCH, form)
    repository.publish()
    definition = BuildDefinition(
        name="packaged", release="xvfb@trixie", recipe=Recipe(kinds=(ServerKind.XVFB,))
    )
    built = make(cache, definition)
    record = built.record
    assert (record.package, record.ref) == ("xorg-server 7.8.9-3", "7.8.9-3")
    assert record.repository == "xorg-server@trixie"
    assert record.version == "7.8.9.1"
    assert cache.named("packaged").key == built.key


def test_a_package_is_not_looked_for_twice_in_a_night(cache, repository, tmp_path, monkeypatch):
    """But it is the next night, and a newer one is another revision."""
    tree = write_project(tmp_path / "tree")
    repository.add("xorg-server", "7.8.9-3", tree)
    repository.publish()
    first = source_package(cache.sources, "xorg-server", "trixie", no_progress)
    repository.add("xorg-server", "7.8.9-4", tree)
    repository.publish()
    assert source_package(cache.sources, "xorg-server", "trixie", no_progress) == first
    stamp = cache.folder / "packages/trixie/xorg-server.fetched"
    os.utime(stamp, (0, stamp.stat().st_mtime - FRESH_SECONDS - 1))
    newer = source_package(cache.sources, "xorg-server", "trixie", no_progress)
    assert newer.package == "xorg-server 7.8.9-4"
    assert newer.commit != first.commit


def test_the_same_package_is_the_same_revision_in_every_cache(
    cache, repository, tmp_path, monkeypatch
):
    """Workers with caches of their own agree."""
    repository.add("xorg-server", "7.8.9-3", write_project(tmp_path / "tree"))
    repository.publish()
    here = source_package(cache.sources, "xorg-server", "trixie", no_progress)
    other = BuildCache(tmp_path / "other/builds")
    assert source_package(other.sources, "xorg-server", "trixie", no_progress) == here


@pytest.mark.parametrize(
    ("package", "release", "reason"),
    [
        pytest.param("xorg-server", "wheezy", "there is no release wheezy", id="release"),
        pytest.param("xwayland", "trixie", "no such source package", id="package"),
    ],
)
def test_what_there_is_not_is_said(cache, repository, tmp_path, package, release, reason):
    """In the words of fetched servers."""
    repository.add("xorg-server", "7.8.9-3", write_project(tmp_path / "tree"))
    repository.publish()
    with pytest.raises(BuildFailed, match=reason) as caught:
        source_package(cache.sources, package, release, no_progress)
    assert caught.value.stage is BuildStage.FETCH


def test_a_patch_that_does_not_apply_is_an_error(cache, repository, tmp_path):
    """With the log of patch."""
    wrong = PATCH.replace("-project('tiny'", "-project('other'")
    repository.add("xorg-server", "7.8.9-3", write_project(tmp_path / "tree"), wrong)
    repository.publish()
    definition = BuildDefinition(name="packaged", release="xvfb@trixie")
    with pytest.raises(BuildFailed) as caught:
        resolve(cache, definition)
    assert "1 out of 1 hunk" in caught.value.reason
    assert "change.patch" in caught.value.log.read_text()
