# SPDX-License-Identifier: MIT
"""The cache of builds: one folder for each revision, recipe and compiler, used when it is whole."""

import contextlib
import datetime
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from harness.errors import HarnessError
from harness.inputs import variable
from harness.locks import is_held
from harness.nightly.builds.errors import BuildCacheUnusable, BuildFailed, BuildStage
from harness.nightly.builds.locks import locked
from harness.nightly.builds.progress import BuildStep, Progress, no_progress
from harness.nightly.builds.recipe import Recipe, kinds_in, options_for
from harness.nightly.builds.revision import SourceRevision
from harness.nightly.builds.sources.store import SourceStore
from harness.nightly.builds.toolchain import tools
from harness.nightly.builds.toolchain.driver import add_driver
from harness.nightly.builds.toolchain.meson import MesonBuild
from harness.servers.builds import from_build_folder
from harness.servers.kinds.table import ServerKind
from harness.servers.made_builds import (
    BUILD_FILE,
    MESON_FOLDER,
    VERSION,
    BuildRecord,
    builds_folder,
    read_record,
    record_text,
)

_KEPT_ON_FAILURE = ("build.log", "meson-log.txt")
_NEEDED_BY_LINKER = ("*.o", "*.a")


@dataclass(frozen=True, slots=True)
class Built:
    """A whole build.

    ``folder`` is its meson build folder, what ``--server-build`` takes.  ``new`` says whether it
    was built now, and not found in the cache.
    """

    folder: Path
    record: BuildRecord
    new: bool = False

    @property
    def key(self) -> str:
        """Its name in the cache."""
        return self.folder.parent.name

    @property
    def log(self) -> Path:
        """All that its programs printed."""
        return self.folder.parent / "build.log"


class BuildCache:
    """The builds in ``folder``, by default in that of the user's cache.

    A build is made where it stays, since programs and counters of coverage have its path in them;
    its record is written last, and without that it is not there.  Processes may share a cache.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or builds_folder()
        self.sources = SourceStore(self.folder / "sources.git")

    def key(self, revision: SourceRevision, recipe: Recipe) -> str:
        """What decides a build: sources, options, kinds, compiler, and its variables.

        Raises BuildToolMissing without a compiler.
        """
        parts = {
            "format": VERSION,
            "commit": revision.commit,
            "options": sorted(recipe.wishes.items()),
            "kinds": sorted(recipe.kinds),
            "compiler": tools.compiler(),
            "environment": {name: variable(name) or "" for name in tools.ENVIRONMENT},
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:20]

    def find(self, revision: SourceRevision, recipe: Recipe) -> Built | None:
        """The build if it is in the cache.  Raises BuildToolMissing without a compiler."""
        return self._whole(self._place(self.key(revision, recipe)))

    def build(
        self, revision: SourceRevision, recipe: Recipe, progress: Progress = no_progress
    ) -> Built:
        """The build, made unless it is in the cache; of two that make the same the second waits.

        Raises BuildFailed, BuildToolMissing, BuildCacheUnusable.
        """
        place = self._place(self.key(revision, recipe))
        built = self._whole(place)
        if built is None or built.record.lacks:
            waiting = BuildStep("waiting for another process that makes the same build")
            with locked(self._lock(place), lambda: progress(waiting)) as lock:
                built = self._whole(place)
                try:
                    if built is None:
                        built = self._make(place, revision, recipe, lock, progress)
                    elif built.record.lacks:
                        built = self._completed(built, lock, progress)
                except OSError as error:
                    raise BuildCacheUnusable(self.folder, error.strerror or str(error)) from None
        with contextlib.suppress(OSError):
            # Of another user, where the cache is shared and only read.
            os.utime(built.folder / BUILD_FILE)
        return built

    def made(self) -> list[Built]:
        """All whole builds, the one that was used last first."""
        found = [built for place in self._places() if (built := self._whole(place))]
        return sorted(found, key=_last_use, reverse=True)

    def unfinished(self) -> list[Path]:
        """The folders of builds that failed or were interrupted, and that no process works on."""
        return [
            place
            for place in self._places()
            if self._whole(place) is None and not is_held(self._lock(place))
        ]

    def name(self, name: str, built: Built) -> None:
        """Let ``KIND@NAME`` mean this build.  Raises BuildCacheUnusable."""
        link = self.folder / "names" / name
        try:
            link.parent.mkdir(parents=True, exist_ok=True)
            new = link.with_name(f"{name}.{os.getpid()}~")
            new.unlink(missing_ok=True)
            new.symlink_to(Path("../made") / built.key)
            new.rename(link)
            self._failure(name).unlink(missing_ok=True)
        except OSError as error:
            raise BuildCacheUnusable(self.folder, error.strerror or str(error)) from None

    def keep_failure(self, name: str, error: BuildFailed) -> None:
        """Keep why the build ``name`` could not be made, until it is, where that can be written."""
        log = f" (log: {error.log})" if error.log is not None else ""
        reason = " ".join(error.reason.split())
        with contextlib.suppress(OSError):
            self._failure(name).parent.mkdir(parents=True, exist_ok=True)
            self._failure(name).write_text(f"failed: {error.stage}: {reason}{log}", "utf-8")

    def failure(self, name: str) -> str:
        """Why the build ``name`` failed when it was to be made last; empty where it did not."""
        try:
            return self._failure(name).read_text("utf-8", errors="replace")
        except OSError:
            return ""

    def named(self, name: str) -> Built | None:
        """The build that ``name`` means, None while it is not made."""
        link = self.folder / "names" / name
        return self._whole(link.resolve()) if link.is_symlink() else None

    def names(self) -> dict[str, list[str]]:
        """The names of each build that has some, by its key."""
        found: dict[str, list[str]] = {}
        for link in sorted((self.folder / "names").glob("[a-z]*")):
            if link.is_symlink() and not link.name.endswith("~"):
                found.setdefault(link.readlink().name, []).append(link.name)
        return found

    def forget(self, name: str) -> bool:
        """Let ``name`` mean no build any more; whether it did.  The build stays."""
        self._failure(name).unlink(missing_ok=True)
        there = name in chain.from_iterable(self.names().values())
        if there:
            (self.folder / "names" / name).unlink(missing_ok=True)
        return there

    def remove(self, place: Path) -> bool:
        """Remove the folder of a build; False when a process works on it."""
        if is_held(self._lock(place)):
            return False
        with locked(self._lock(place)):
            # Without its record no other process takes the rest for a build.
            (place / MESON_FOLDER / BUILD_FILE).unlink(missing_ok=True)
            shutil.rmtree(place, ignore_errors=True)
        return True

    def _failure(self, name: str) -> Path:
        return self.folder / "failed" / name

    def _place(self, key: str) -> Path:
        return self.folder / "made" / key

    def _lock(self, place: Path) -> Path:
        return self.folder / "locks" / place.name

    def _places(self) -> Iterator[Path]:
        return (place for place in sorted((self.folder / "made").glob("*")) if place.is_dir())

    def _whole(self, place: Path) -> Built | None:
        folder = place / MESON_FOLDER
        record = read_record(folder)
        return None if record is None else Built(folder, record)

    def _make(
        self, place: Path, revision: SourceRevision, recipe: Recipe, lock: int, progress: Progress
    ) -> Built:
        began = time.monotonic()
        what = f"{revision} ({recipe.preset})"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        build = MesonBuild(place, what, lock, progress)
        try:
            progress(BuildStep("taking the sources"))
            self.sources.require(revision, progress)
            self.sources.export(revision.commit, build.source)
            declared = build.declared()
            kinds = kinds_in(build.source, recipe)
            options = options_for(recipe, kinds, declared)
            if not kinds:
                raise _no_servers(what, recipe)
            build.configure(options)
            _compile(build, kinds)
            record = BuildRecord(
                repository=revision.repository,
                ref=revision.ref,
                commit=revision.commit,
                package=revision.package,
                preset=recipe.preset,
                options=options,
                kinds=tuple(map(str, kinds)),
                lacks=_lacks(build, kinds),
                compiler=tools.compiler(),
                version=build.version(),
                made=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
                seconds=round(time.monotonic() - began, 1),
            )
            _tidy(place)
        except BuildFailed:
            _keep_logs(place)
            raise
        return _written(build.build, record)

    def _completed(self, built: Built, lock: int, progress: Progress) -> Built:
        """The build with what it lacked when it was made, if the machine has that now."""
        build = MesonBuild(built.folder.parent, built.record.origin, lock, progress)
        lacks = _lacks(build, map(ServerKind, built.record.kinds))
        if lacks == built.record.lacks:
            return built
        return replace(_written(built.folder, replace(built.record, lacks=lacks)), new=False)


def _compile(build: MesonBuild, kinds: tuple[ServerKind, ...]) -> None:
    """Compile the servers, and all else where one of them loads modules."""
    loads_modules = any(kind.info.module or kind.info.own_driver for kind in kinds)
    build.compile([] if loads_modules else [kind.info.built_at for kind in kinds])
    if loads_modules:
        build.install()
    for kind in kinds:
        try:
            if not kind.info.own_driver:
                from_build_folder(build.build, kind)
        except HarnessError as error:
            raise BuildFailed(build.what, BuildStage.COMPILE, str(error), build.log) from None


def _lacks(
    build: MesonBuild, kinds: Iterator[ServerKind] | tuple[ServerKind, ...]
) -> dict[str, str]:
    """Why some of ``kinds`` cannot be started: their module is missing, or cannot be compiled."""
    lacks = {}
    for kind in kinds:
        if kind.info.own_driver:
            build.progress(BuildStep(f"compiling {kind.info.own_driver}"))
            try:
                from_build_folder(build.build, kind)
            except HarnessError as error:
                lacks[str(kind)] = str(error)
        if kind.info.module is not None:
            build.progress(BuildStep(f"adding {Path(kind.info.module.file).name}"))
            if reason := add_driver(build, kind.info.module):
                lacks[str(kind)] = reason
    return lacks


def _no_servers(what: str, recipe: Recipe) -> BuildFailed:
    wanted = " or ".join(map(str, recipe.kinds)) or "X server"
    return BuildFailed(what, BuildStage.CONFIGURE, f"the sources have no {wanted} to build")


def _written(folder: Path, record: BuildRecord) -> Built:
    new = folder / f"{BUILD_FILE}.new"
    with new.open("w", encoding="utf-8") as file:
        file.write(record_text(record))
        file.flush()
        os.fsync(file.fileno())
    new.rename(folder / BUILD_FILE)
    return Built(folder, record, new=True)


def _tidy(place: Path) -> None:
    """Remove what only the linker needed: a third of the whole."""
    shutil.rmtree(place / "stubs", ignore_errors=True)
    for pattern in _NEEDED_BY_LINKER:
        for path in (place / MESON_FOLDER).rglob(pattern):
            path.unlink()


def _keep_logs(place: Path) -> None:
    """Leave the logs of a build that failed, and nothing that takes room."""
    of_meson = place / MESON_FOLDER / "meson-logs/meson-log.txt"
    if of_meson.exists():
        of_meson.rename(place / of_meson.name)
    for path in place.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name not in _KEPT_ON_FAILURE:
            path.unlink(missing_ok=True)


def _last_use(built: Built) -> float:
    try:
        return (built.folder / BUILD_FILE).stat().st_mtime
    except OSError:
        return 0.0
