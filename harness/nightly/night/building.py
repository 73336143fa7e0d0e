# SPDX-License-Identifier: MIT
"""The servers of a night: built or fetched, and the verdict on each build."""

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from harness.errors import HarnessError
from harness.nightly.builds.cache import BuildCache, Built
from harness.nightly.builds.errors import BuildFailed
from harness.nightly.builds.making import resolve
from harness.nightly.builds.progress import BuildStep
from harness.nightly.builds.recipe import Preset, Recipe
from harness.nightly.builds.revision import SourceRevision
from harness.nightly.night.files import read_value, write_value
from harness.nightly.night.night import BuildStatus, BuildVerdict
from harness.nightly.night.nights import BUILDS
from harness.nightly.night.plan import NightJob, NightPlan, PlanError, definitions_of
from harness.results.file_format import RunFileError
from harness.servers.kinds.table import ServerKind
from harness.servers.kms.kernel_build import build as build_kernel
from harness.servers.releases.cache import ReleasedServer
from harness.servers.releases.fetch import fetch

FORMAT = "xharness-night-build"

Say = Callable[[str], None]

_SAY_SECONDS = 20.0
"""How often a build that goes on says how far it is."""


class NotBuilt(HarnessError):
    """The server of a job is not there, as its build has failed: that verdict is written."""


def build(plan: NightPlan, night: Path, name: str, root: Path, say: Say) -> BuildVerdict:
    """Build what ``name`` means now into the cache; the verdict, also kept in ``night``.

    Raises PlanError for a build that the plan has not, BuildToolMissing, BuildCacheUnusable.
    """
    definition = definitions_of(plan, root).get(name)
    if definition is None or name not in plan.config.builds:
        known = ", ".join(plan.config.builds) or "none"
        raise PlanError(f"the night {plan.id} has no build {name}; it has {known}")
    began = time.monotonic()
    verdict = BuildVerdict(
        name=name,
        status=BuildStatus.FAILED,
        repository=definition.git or definition.source or definition.release,
        ref=definition.ref,
        preset=str(definition.recipe.preset),
        options=definition.recipe.options,
        wanted=tuple(map(str, definition.recipe.kinds)),
    )
    cache, progress = BuildCache(), SpokenProgress(name, say)
    try:
        revision = resolve(cache, definition, progress)
        verdict = replace(
            verdict, ref=revision.ref, commit=revision.commit, package=revision.package
        )
        built = cache.build(revision, definition.recipe, progress)
        cache.name(name, built)
    except BuildFailed as error:
        cache.keep_failure(name, error)
        verdict = replace(
            verdict, stage=str(error.stage), reason=str(error), log=_kept(error.log, night, name)
        )
    else:
        missing = sorted({*verdict.wanted} - {*built.record.kinds})
        lacks = dict.fromkeys(missing, "the sources have none") | dict(built.record.lacks)
        verdict = replace(
            verdict,
            status=BuildStatus.BUILT,
            repository=revision.repository,
            kinds=tuple(built.record.kinds),
            lacks=lacks,
            log=_kept(built.log, night, name),
        )
    verdict = replace(verdict, seconds=round(time.monotonic() - began, 1))
    write_value(_file(night, name), FORMAT, verdict)
    return verdict


def build_verdicts(plan: NightPlan, night: Path) -> tuple[BuildVerdict, ...]:
    """The verdicts on all builds of the plan, and on servers that could not be fetched."""
    names = dict.fromkeys((*plan.config.builds, *(job.server for job in plan.jobs)))
    found = []
    for name in names:
        if _file(night, name).exists():
            found.append(_read(night, name))
        elif name in plan.config.builds:
            reason = "nothing is known of it: its job did not run, or its artifact is lost"
            found.append(BuildVerdict(name=name, status=BuildStatus.MISSING, reason=reason))
    return tuple(found)


def provide(night: Path, job: NightJob, say: Say) -> None:
    """See to it that pytest finds the server of the job.

    A release is fetched unless it is in the cache, so is the kernel built that a kind runs in; a
    build that is in none of this machine, as its job ran on another one, is made again.  Raises
    NotBuilt, and PlanError for a build that was not tried yet.
    """
    if job.build:
        _provide_build(night, job, say)
        return
    kind = ServerKind(job.server.partition("@")[0])
    try:
        stage = "fetch"
        if "@" in job.server:
            fetch(ReleasedServer.parse(job.server))
        if kind.info.guest:
            stage = "kernel"
            build_kernel(lambda _phase, _done: None)
    except HarnessError as error:
        verdict = BuildVerdict(
            name=job.server, status=BuildStatus.FAILED, stage=stage, reason=str(error)
        )
        write_value(_file(night, job.server), FORMAT, verdict)
        raise NotBuilt(f"{job.server}: {error}") from None


def _provide_build(night: Path, job: NightJob, say: Say) -> None:
    name = job.build
    if not _file(night, name).exists():
        raise PlanError(f"{job.name}: {name} is not built yet: xharness nightly build NIGHT {name}")
    verdict = _read(night, name)
    if verdict.status is not BuildStatus.BUILT:
        raise NotBuilt(f"{job.name}: {verdict.reason}")
    kind = job.server.partition("@")[0]
    if kind in verdict.lacks or kind not in verdict.kinds:
        raise NotBuilt(f"{job.name}: {verdict.lacks.get(kind, f'{name} has no {kind}')}")
    BuildCache().name(name, made(verdict, say))


def made(verdict: BuildVerdict, say: Say) -> Built:
    """The build of this verdict, from the cache or made again.

    Raises BuildFailed, BuildToolMissing, BuildCacheUnusable.
    """
    recipe = Recipe(Preset(verdict.preset), verdict.options, tuple(map(ServerKind, verdict.wanted)))
    revision = SourceRevision(verdict.repository, verdict.ref, verdict.commit, verdict.package)
    return BuildCache().build(revision, recipe, SpokenProgress(verdict.name, say))


def _file(night: Path, name: str) -> Path:
    return night / BUILDS / f"{name}.json"


def _read(night: Path, name: str) -> BuildVerdict:
    try:
        verdict: BuildVerdict = read_value(_file(night, name), FORMAT, BuildVerdict)
    except RunFileError as error:
        return BuildVerdict(name=name, status=BuildStatus.MISSING, reason=str(error))
    return verdict


def _kept(log: Path | None, night: Path, name: str) -> str:
    """The place of the copy of ``log``, relative to the night; empty where there is none."""
    if log is None or not log.exists():
        return ""
    place = Path(BUILDS) / f"{name}.log"
    (night / place).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(log, night / place)
    return place.as_posix()


class SpokenProgress:
    """Says each new phase of a build at once, and how far it is now and then."""

    def __init__(self, name: str, say: Say) -> None:
        self._name = name
        self._say = say
        self._phase = ""
        self._said = 0.0

    def __call__(self, step: BuildStep) -> None:
        """Say the step, unless one of its phase was said a moment ago."""
        now = time.monotonic()
        phase = step.phase.partition(":")[0]
        if phase != self._phase or now - self._said >= _SAY_SECONDS:
            self._phase, self._said = phase, now
            self._say(f"  {self._name}: {step}")
