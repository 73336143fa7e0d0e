# SPDX-License-Identifier: MIT
"""Source packages of Debian releases: fetched by apt without root, unpacked, patched, kept."""

import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from harness.errors import HarnessError
from harness.nightly.builds.errors import NO_SPACE, BuildCacheUnusable, BuildFailed, BuildStage
from harness.nightly.builds.locks import locked
from harness.nightly.builds.progress import BuildStep, Progress
from harness.nightly.builds.revision import SourceRevision
from harness.nightly.builds.sources.store import SourceStore
from harness.nightly.builds.toolchain.programs import run
from harness.nightly.builds.toolchain.tools import build_environment, tool
from harness.servers.kinds.table import ServerKind
from harness.servers.releases.apt import PrivateApt

FRESH_SECONDS = 12 * 3600.0
"""How long a package that was fetched counts as the release's newest."""

SOURCE_PACKAGES = {
    ServerKind.XVFB: "xorg-server",
    ServerKind.XEPHYR: "xorg-server",
    ServerKind.XORG: "xorg-server",
    ServerKind.XWAYLAND: "xwayland",
}
"""The source packages that are built by meson."""


def source_package(
    store: SourceStore, package: str, release: str, progress: Progress
) -> SourceRevision:
    """The newest source ``package`` of ``release``, with its patches, in ``store``.

    Within twelve hours it is not looked for again; with those that were kept when it cannot be
    fetched, as without a network.  Raises BuildFailed (stage fetch), BuildToolMissing,
    BuildCacheUnusable, FetchRefused where there is no apt.
    """
    name = f"{package}@{release}"
    folder = store.folder.with_name("packages") / release
    stamp = folder / f"{package}.fetched"
    kept = store.kept_package(name)
    with suppress(OSError):
        if kept is not None and 0 <= time.time() - stamp.stat().st_mtime < FRESH_SECONDS:
            return kept
    with locked(folder / "lock", lambda: progress(BuildStep("waiting for another fetch"))) as lock:
        try:
            revision = _fetch(store, package, release, lock, progress)
            stamp.touch()
        except OSError as error:
            raise BuildCacheUnusable(folder, error.strerror or str(error)) from None
    return revision


def _fetch(
    store: SourceStore, package: str, release: str, lock: int, progress: Progress
) -> SourceRevision:
    folder = store.folder.with_name("packages") / release
    tool("dpkg-source")
    what = f"the source package {package} of {release}"

    def tell(phase: str, done: float) -> None:
        progress(BuildStep(f"{phase}: {done:.0f} %" if done else phase))

    with tempfile.TemporaryDirectory(prefix="unpacked-", dir=folder) as scratch:
        try:
            apt = PrivateApt(release, folder / "apt", lock, tell, types="deb-src")
            apt.update()
            description = apt.download_source(package, Path(scratch))
        except HarnessError as error:
            if NO_SPACE in str(error):
                raise BuildCacheUnusable(folder, NO_SPACE) from None
            raise BuildFailed(what, BuildStage.FETCH, str(error)) from None
        version = _version(description)
        progress(BuildStep(f"unpacking {package} {version}"))
        log = folder / f"{package}.log"
        log.write_text("", encoding="utf-8")
        source = Path(scratch) / "source"
        command = [tool("dpkg-source"), "--no-check", "--extract", str(description), str(source)]
        _require(what, run(command, log, build_environment(), lock=lock), log)
        _apply_patches(what, source, log, lock)
        shutil.rmtree(source / ".pc", ignore_errors=True)
        return store.keep_package(source, f"{package}@{release}", f"{package} {version}")


def _apply_patches(what: str, source: Path, log: Path, lock: int) -> None:
    """Apply what dpkg-source leaves to the package's own rules: the patches of format 1.0."""
    series = source / "debian/patches/series"
    applied = (source / ".pc/applied-patches").exists()
    if applied or not series.exists():
        return
    for line in series.read_text(encoding="utf-8", errors="replace").splitlines():
        words = line.partition("#")[0].split()
        if not words:
            continue
        levels = [word for word in words[1:] if word.startswith("-p")] or ["-p1"]
        patch = source / "debian/patches" / words[0]
        command = [tool("patch"), *levels, "--forward", "--batch", "--input", str(patch)]
        _require(what, run(command, log, build_environment(), lock=lock, folder=source), log)


def _require(what: str, failure: str | None, log: Path) -> None:
    if failure is None:
        return
    if NO_SPACE in failure:
        raise BuildCacheUnusable(log.parent, NO_SPACE)
    lines = failure.strip().splitlines() or ["it printed nothing"]
    raise BuildFailed(what, BuildStage.FETCH, lines[-1], log)


def _version(description: Path) -> str:
    """The version in a ``.dsc`` file."""
    for line in description.read_text(encoding="utf-8", errors="replace").splitlines():
        name, _, value = line.partition(":")
        if name == "Version":
            return value.strip()
    return ""
