# SPDX-License-Identifier: MIT
"""All sources that were ever built, in one bare git repository of the cache."""

import difflib
import hashlib
import re
import subprocess
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from harness.nightly.builds.errors import NO_SPACE, BuildCacheUnusable, BuildFailed, BuildStage
from harness.nightly.builds.locks import locked
from harness.nightly.builds.progress import BuildStep, Progress
from harness.nightly.builds.revision import SourceRevision
from harness.nightly.builds.toolchain.tools import build_environment, tool

_FULL_NAME = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_NAMES_SHOWN = 5

_AS_IT_IS = ("-c", "core.autocrlf=false", "-c", "core.excludesFile=/dev/null")
"""A working tree is taken with the rules of its own .gitignore and no others."""

_AUTHOR = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (
        ("NAME", "xharness"),
        ("EMAIL", "xharness@localhost"),
        ("DATE", "1970-01-01T00:00:00Z"),
    )
}
"""The same tree is the same commit, whenever and by whomever it was made."""


class SourceStore:
    """The repository in ``folder``, made when it is first needed.

    Methods raise BuildFailed (stage fetch) for what git refuses, BuildToolMissing without git, and
    BuildCacheUnusable where the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def resolve(self, repository: str, ref: str, progress: Progress) -> SourceRevision:
        """The commit that ``ref`` names in ``repository``, a folder or an address, fetched.

        Raises BuildFailed when there is no such ref.
        """
        folder = Path(repository).expanduser()
        if folder.is_dir():
            return self._resolve_local(folder.absolute(), ref, progress)
        if _FULL_NAME.fullmatch(ref) and self.has(ref):
            return SourceRevision(repository, ref, ref)
        mirror = self._mirror(repository, ref, progress)
        for name in (f"{mirror}/heads/{ref}", f"{mirror}/tags/{ref}", f"{mirror}/{ref}"):
            if commit := self._find(f"{name}^{{commit}}"):
                return SourceRevision(repository, ref, commit)
        if re.fullmatch(r"[0-9a-f]{7,64}", ref) and (commit := self._find(f"{ref}^{{commit}}")):
            return SourceRevision(repository, ref, commit)
        listed = self._git("for-each-ref", "--format=%(refname)", f"{mirror}/").split()
        names = [name.removeprefix(f"{mirror}/").partition("/")[2] for name in listed]
        raise _no_ref(ref, repository, [name for name in names if name])

    def snapshot(self, folder: Path) -> SourceRevision:
        """The working tree in ``folder`` as it is, without what its .gitignore names.

        Raises BuildFailed when it is no folder.
        """
        folder = folder.expanduser().absolute()
        what = f"what is in {folder}"
        if not folder.is_dir():
            reason = "it is no folder" if folder.exists() else "it does not exist"
            raise BuildFailed(what, BuildStage.FETCH, f"{reason}; expected sources")
        tree = self._tree_of(folder, what)
        described = _output("-C", str(folder), "describe", "--always", "--dirty", "--tags")
        return SourceRevision(str(folder), described, tree)

    def keep_package(self, folder: Path, name: str, package: str) -> SourceRevision:
        """The unpacked source package in ``folder``, as a commit.

        ``name`` is PACKAGE@RELEASE, ``package`` the package with its version.
        """
        tree = self._tree_of(folder, package)
        with self._locked():
            commit = self._git("commit-tree", "-m", package, tree, environment=_AUTHOR)
            self._git("update-ref", _package_ref(name), commit)
        return SourceRevision(name, package.partition(" ")[2], commit, package)

    def kept_package(self, name: str) -> SourceRevision | None:
        """The commit of PACKAGE@RELEASE that was kept last, None for none."""
        commit = self._find(f"{_package_ref(name)}^{{commit}}")
        if not commit:
            return None
        package = self._git("show", "--no-patch", "--format=%s", commit)
        return SourceRevision(name, package.partition(" ")[2], commit, package)

    def has(self, name: str) -> bool:
        """Whether the object ``name`` is here."""
        return bool(self._find(f"{name}^{{tree}}"))

    def require(self, revision: SourceRevision, progress: Progress) -> None:
        """Fetch the revision unless it is here.  Raises BuildFailed when it cannot be fetched."""
        if self.has(revision.commit):
            return
        folder = Path(revision.repository).expanduser()
        if folder.is_dir():
            self._fetch_commit(str(folder.absolute()), revision.commit, progress)
            return
        self._mirror(revision.repository, "", progress)
        if not self.has(revision.commit):
            self._fetch_commit(revision.repository, revision.commit, progress)

    def export(self, name: str, folder: Path) -> None:
        """Write the files of the object ``name`` into the new ``folder``."""
        folder.mkdir()
        index = folder.with_name("index")
        own = {"GIT_INDEX_FILE": str(index), "GIT_WORK_TREE": str(folder)}
        self._git("read-tree", name, environment=own)
        self._git("checkout-index", "--all", environment=own, at=folder)
        index.unlink()

    def _resolve_local(self, folder: Path, ref: str, progress: Progress) -> SourceRevision:
        at = ("-C", str(folder))
        wanted = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        commit = _output(*at, *wanted)
        if not commit:
            # Says why, when it is no repository at all.
            listed = self._run(
                [*at, "for-each-ref", "--format=%(refname:short)"], f"{ref} of {folder}"
            )
            raise _no_ref(ref, str(folder), listed.split())
        if not self.has(commit):
            self._fetch_commit(str(folder), commit, progress)
        return SourceRevision(str(folder), ref, commit)

    def _fetch_commit(self, repository: str, commit: str, progress: Progress) -> None:
        self._fetch(repository, [f"+{commit}:refs/kept/{commit}"], progress)

    def _mirror(self, repository: str, ref: str, progress: Progress) -> str:
        """Fetch all branches and tags of an address; the prefix of their names here."""
        mirror = f"refs/mirrors/{hashlib.sha256(repository.encode()).hexdigest()[:16]}"
        specs = [f"+refs/{kind}/*:{mirror}/{kind}/*" for kind in ("heads", "tags")]
        if ref == "HEAD" or ref.startswith("refs/"):
            specs.append(f"+{ref}:{mirror}/{ref}")
        self._fetch(repository, specs, progress)
        return mirror

    def _fetch(self, repository: str, specs: list[str], progress: Progress) -> None:
        with self._locked():
            progress(BuildStep(f"fetching from {repository}"))
            words = ["fetch", "--quiet", "--no-tags", "--update-shallow", "--no-write-fetch-head"]
            if len(specs) > 1:
                words.append("--prune")
            self._git(*words, "--", repository, *specs, what=repository)

    def _tree_of(self, folder: Path, what: str) -> str:
        name = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
        with self._locked():
            self._require_repository(what)
            (self.folder / "indexes").mkdir(exist_ok=True)
            own = {
                "GIT_WORK_TREE": str(folder),
                "GIT_INDEX_FILE": str(self.folder / "indexes" / name),
            }
            self._git(*_AS_IT_IS, "add", "--all", ".", environment=own, what=what, at=folder)
            tree = self._git("write-tree", environment=own, what=what)
            self._git("update-ref", f"refs/kept/{tree}", tree)
        return tree

    def _find(self, name: str) -> str:
        if not self.folder.exists():
            return ""
        words = ("rev-parse", "--verify", "--quiet", "--end-of-options", name)
        return _output(*self._here(), *words)

    def _locked(self) -> AbstractContextManager[int]:
        return locked(self.folder.with_suffix(".lock"))

    def _here(self) -> tuple[str, str]:
        return "--git-dir", str(self.folder)

    def _git(
        self,
        *words: str,
        environment: Mapping[str, str] | None = None,
        what: str = "the sources",
        at: Path | None = None,
    ) -> str:
        self._require_repository(what)
        return self._run([*self._here(), *words], what, environment, at)

    def _require_repository(self, what: str) -> None:
        if not (self.folder / "HEAD").exists():
            self._run(["init", "--quiet", "--bare", str(self.folder)], what)

    def _run(
        self,
        words: list[str],
        what: str,
        environment: Mapping[str, str] | None = None,
        at: Path | None = None,
    ) -> str:
        done = _git_process(words, environment, at)
        if done.returncode:
            said = done.stderr.strip() or f"git ended with status {done.returncode}"
            if NO_SPACE in said:
                raise BuildCacheUnusable(self.folder.parent, NO_SPACE)
            raise BuildFailed(what, BuildStage.FETCH, said.removeprefix("fatal: "))
        return done.stdout.strip()


def _package_ref(name: str) -> str:
    return f"refs/packages/{name.replace('@', '/')}"


def _no_ref(ref: str, repository: str, names: list[str]) -> BuildFailed:
    near = difflib.get_close_matches(ref, names, _NAMES_SHOWN) or names[:_NAMES_SHOWN]
    rest = f" of {len(names)}" if len(names) > len(near) else ""
    there = f"there are {', '.join(near)}{rest}" if names else "it is empty"
    return BuildFailed(
        f"{ref} of {repository}", BuildStage.FETCH, f"no branch, tag or commit {ref!r}; {there}"
    )


def _output(*words: str) -> str:
    """What git prints; empty when it fails."""
    done = _git_process(words)
    return "" if done.returncode else done.stdout.strip()


def _git_process(
    words: list[str] | tuple[str, ...],
    environment: Mapping[str, str] | None = None,
    at: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tool("git"), *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        env=build_environment() | dict(environment or {}),
        cwd=at,
    )
