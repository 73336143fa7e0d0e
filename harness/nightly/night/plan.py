# SPDX-License-Identifier: MIT
"""The plan of a night: its jobs, and the suites that all of them run."""

import hashlib
import os
import re
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.errors import HarnessError
from harness.nightly.builds.definitions import BuildDefinition, read_definitions
from harness.nightly.builds.sources.packages import SOURCE_PACKAGES
from harness.nightly.night.config import NightConfig, read_config
from harness.nightly.night.files import read_value, write_value
from harness.results.folder import new_session
from harness.results.run_file import NAME as RUN_NAME

NAME = "plan.json"
FORMAT = "xharness-night-plan"

_GIT_SECONDS = 20.0
_FILES = ".py", ".toml", ".json"
"""What the verdict of a suite depends on, its servers and libraries apart."""


class PlanError(HarnessError):
    """A night has no such plan, job or build."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NightJob:
    """One session of pytest: a server, or a shard ``I/N`` of its tests.

    ``build`` is the name of the build that the server comes from, empty for another server.
    """

    server: str
    shard: str = ""
    build: str = ""

    @property
    def name(self) -> str:
        """Its name in commands and summaries: ``xvfb@main``, or ``xvfb@main:1/4``."""
        return f"{self.server}:{self.shard}" if self.shard else self.server

    @property
    def folder(self) -> str:
        """The name of its folder."""
        return re.sub(r"[^\w.@-]", "-", self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class SuitesIdentity:
    """What tells the suites of one night from those of another.

    ``commit`` is that of the project's repository, empty outside of one; ``digest`` that of the
    files of the suites.
    """

    commit: str = ""
    digest: str = ""

    def __str__(self) -> str:
        return f"{self.commit[:12] or 'no commit'} (files {self.digest[:12]})"


@dataclass(frozen=True, slots=True, kw_only=True)
class NightPlan:
    """What a night is to judge.

    ``started`` is UTC as in RFC 3339, ``file`` the configuration that it was made from, as it was
    named, and ``digest`` that of its text.
    """

    id: str
    started: str
    file: str
    digest: str
    config: NightConfig
    suites: SuitesIdentity
    jobs: tuple[NightJob, ...] = ()

    def job(self, name: str) -> NightJob:
        """The job of this name.  Raises PlanError."""
        for job in self.jobs:
            if job.name == name:
                return job
        known = "".join(f"\n  {job.name}" for job in self.jobs)
        raise PlanError(f"--job {name}: the night has no such job; it has:{known}")


def make_plan(file: Path, root: Path) -> NightPlan:
    """The plan of a night that begins now, as the configuration ``file`` has it.

    ``root`` is the folder that the suites and ``file`` are relative to.
    Raises ConfigError, DefinitionError, and PlanError for a server that is one of a build, and
    for suites that are not there.
    """
    path = root / file
    config = read_config(path)
    kinds = {
        name: definition.recipe.kinds or tuple(SOURCE_PACKAGES)
        for name, definition in read_definitions(path).items()
    }
    jobs = [NightJob(server=server) for server in config.servers]
    jobs += [
        NightJob(server=f"{kind}@{build}", build=build)
        for build in config.builds
        for kind in kinds[build]
    ]
    for server in config.servers:
        kind, _, build = server.partition("@")
        if build in kinds:
            raise PlanError(_built_already(server, kind in kinds[build]))
    if config.shards > 1:
        jobs = [
            replace(job, shard=f"{number}/{config.shards}")
            for job in jobs
            for number in range(1, config.shards + 1)
        ]
    return NightPlan(
        id=new_session(Path()).name,
        started=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        file=str(file),
        digest=_digest(path),
        config=config,
        suites=suites_identity(config.suites, root),
        jobs=tuple(jobs),
    )


def _built_already(server: str, judged: bool) -> str:
    kind, _, build = server.partition("@")
    if judged:
        return f"{server} is judged as a build already: remove it from servers in [night]"
    return (
        f"{server}: the build {build} has no {kind}: name {kind} in servers of [builds.{build}], "
        f"and remove {server} from servers in [night]"
    )


def definitions_of(plan: NightPlan, root: Path) -> Mapping[str, BuildDefinition]:
    """The builds of the plan, from its configuration, which ``root`` has too.

    Raises PlanError when that is another one now, DefinitionError.
    """
    file = root / plan.file
    if not file.exists() or _digest(file) != plan.digest:
        raise PlanError(
            f"{file}: the night {plan.id} was planned with another text of this file: check out "
            f"that one, or plan a new night"
        )
    return read_definitions(file)


def same_night(plan: NightPlan, file: Path, root: Path) -> bool:
    """Whether a night that begins now would judge the same in the same way."""
    return (plan.digest, plan.suites) == (
        _digest(root / file),
        suites_identity(plan.config.suites, root),
    )


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def suites_identity(suites: Iterable[str], root: Path) -> SuitesIdentity:
    """The identity of the suites below ``root``.  Raises PlanError where one is not there."""
    digest = hashlib.sha256()
    for suite in suites:
        place = root / suite.partition("::")[0]
        if not place.exists():
            raise PlanError(
                f"the suite {suite} is not in {root}: expected a folder or a file there"
            )
        for path in sorted(_files(place)) if place.is_dir() else [place]:
            digest.update(path.relative_to(root).as_posix().encode(errors="surrogateescape"))
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return SuitesIdentity(commit=_commit(root), digest=digest.hexdigest())


def _files(folder: Path) -> Iterator[Path]:
    """The files of a suite, without those of nights and of sessions, which change meanwhile."""
    for place, below, names in os.walk(folder):
        if Path(place) != folder and (RUN_NAME in names or _has_plan(Path(place), names)):
            below.clear()
            continue
        below[:] = [name for name in below if not name.startswith(".")]
        yield from (Path(place, name) for name in names if name.endswith(_FILES))


def _has_plan(folder: Path, names: Sequence[str]) -> bool:
    return NAME in names and FORMAT in (folder / NAME).read_text("utf-8", errors="replace")


def _commit(root: Path) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", root, "rev-parse", "HEAD"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_GIT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return "" if done.returncode else done.stdout.strip()


def write_plan(folder: Path, plan: NightPlan) -> None:
    """Put the plan into the folder of its night.  Raises OSError."""
    write_value(folder / NAME, FORMAT, plan)


def read_plan(folder: Path) -> NightPlan:
    """The plan of the night in ``folder``.

    Raises PlanError where there is none, RunFileError for a file that cannot be used.
    """
    if not (folder / NAME).exists():
        raise PlanError(
            f"{folder} is no night, it has no {NAME}: begin one with xharness nightly plan {folder}"
        )
    plan: NightPlan = read_value(folder / NAME, FORMAT, NightPlan)
    return plan
