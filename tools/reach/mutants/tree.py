# SPDX-License-Identifier: MIT
"""A tree of an X server's sources that is built once, and then again with one fault at a time."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import HarnessError
from harness.nightly.builds.cache import BuildCache
from harness.nightly.builds.locks import locked
from harness.nightly.builds.progress import BuildStep, Progress
from harness.nightly.builds.recipe import Recipe, options_for
from harness.nightly.builds.revision import SourceRevision
from harness.nightly.builds.toolchain.driver import add_driver
from harness.nightly.builds.toolchain.meson import MesonBuild
from harness.nightly.builds.toolchain.tools import build_environment, tool
from harness.servers.kinds.table import ServerKind
from tools.reach.mutants.faults import Fault

BUILT = "built"
"""A file of the tree's folder that is there when the whole server was built in it."""

_OPTIMISED = {"buildtype": "plain", "optimization": "2", "debug": "false"}
"""A fault that makes no difference to the optimiser makes none to anybody; without symbols a
compiled file does not depend on the text of its lines."""


class DoesNotCompile(HarnessError):
    """The compiler refuses a fault."""


class FaultTree:
    """The sources, and the server of ``kind`` built from them, in ``folder``.

    Several processes may use it, one at a time: what they build is theirs inside of ``alone``.
    """

    def __init__(self, folder: Path, kind: ServerKind) -> None:
        self.folder = folder
        self.source = folder / "source"
        self.build = folder / "build"
        self._target = kind.info.built_at
        self._objects = _objects(self.source, self.build)
        self._sound: dict[str, str] = {}

    @property
    def server(self) -> Path:
        """The server as it was built last."""
        return self.build / self._target

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes from building here.  Raises BuildCacheUnusable."""
        with locked(_lock(self.folder)):
            yield

    def make(self, fault: Fault) -> bool:
        """Build the server with ``fault``; False where the compiled file is the same as without.

        Raises DoesNotCompile.
        """
        path = self.source / fault.file
        sound = path.read_bytes()
        before = self._digest(fault.file)
        try:
            path.write_bytes(fault.applied(sound))
            self._ninja(str(self._objects[fault.file].relative_to(self.build)))
            if _digest_of(self._objects[fault.file]) == before:
                return False
            self._ninja(self._target)
            return True
        finally:
            path.write_bytes(sound)

    def restore(self) -> None:
        """Build the server without any fault."""
        self._ninja(self._target)

    def compiles(self, file: str) -> bool:
        """Whether the server is built from ``file``."""
        return file in self._objects

    def _digest(self, file: str) -> str:
        """That of the compiled ``file`` without a fault, which is made first where it is not."""
        if file not in self._sound:
            self._ninja(str(self._objects[file].relative_to(self.build)))
            self._sound[file] = _digest_of(self._objects[file])
        return self._sound[file]

    def _ninja(self, target: str) -> None:
        done = subprocess.run(
            [tool("ninja"), "-C", str(self.build), target],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            env=build_environment(),
        )
        if done.returncode:
            lines = [line for line in done.stdout.splitlines() if "error" in line]
            raise DoesNotCompile(lines[0] if lines else done.stdout[-500:])


def open_tree(
    cache: BuildCache, revision: SourceRevision, kind: ServerKind, progress: Progress
) -> FaultTree:
    """The tree of ``revision`` in the cache, built where it is not yet, and without a fault.

    Raises BuildFailed, BuildToolMissing, BuildCacheUnusable.
    """
    recipe = Recipe(options=_OPTIMISED, kinds=(kind,))
    place = cache.folder.parent / "reach" / cache.key(revision, recipe)
    waiting = BuildStep("waiting for another process that uses the same tree")
    with locked(_lock(place), lambda: progress(waiting)) as lock:
        if not (place / BUILT).exists():
            _build(place, cache, revision, recipe, kind, lock, progress)
        tree = FaultTree(place, kind)
        _as_taken(tree, cache, revision)
        tree.restore()
    return tree


def _lock(place: Path) -> Path:
    return place.with_suffix(".lock")


def _build(
    place: Path,
    cache: BuildCache,
    revision: SourceRevision,
    recipe: Recipe,
    kind: ServerKind,
    lock: int,
    progress: Progress,
) -> None:
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    meson = MesonBuild(place, str(revision), lock, progress)
    progress(BuildStep("taking the sources"))
    cache.sources.require(revision, progress)
    cache.sources.export(revision.commit, meson.source)
    meson.configure(options_for(recipe, [kind], meson.declared()))
    loads_modules = kind.info.module or kind.info.own_driver
    meson.compile([] if loads_modules else [kind.info.built_at])
    if kind.info.module:
        meson.install()
        if reason := add_driver(meson, kind.info.module):
            raise HarnessError(f"{kind} of {revision} cannot be started: {reason}")
    (place / BUILT).touch()


def _as_taken(tree: FaultTree, cache: BuildCache, revision: SourceRevision) -> None:
    """Undo a fault that a process left when it was killed."""
    left = tree.folder / "taken"
    shutil.rmtree(left, ignore_errors=True)
    cache.sources.export(revision.commit, left)
    for path in left.rglob("*.c"):
        there = tree.source / path.relative_to(left)
        if path.read_bytes() != there.read_bytes():
            shutil.copyfile(path, there)
    shutil.rmtree(left)


def _objects(source: Path, build: Path) -> dict[str, Path]:
    """The compiled file of each source, which is given relative to the top of the sources."""
    commands = json.loads((build / "compile_commands.json").read_text("utf-8"))
    found: dict[str, Path] = {}
    for command in commands:
        path = Path(os.path.normpath(Path(command["directory"], command["file"])))
        words = shlex.split(command["command"])
        if path.is_relative_to(source) and "-o" in words:
            made = Path(command["directory"], words[words.index("-o") + 1])
            if made.exists():
                found.setdefault(str(path.relative_to(source)), made)
    return found


def _digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
