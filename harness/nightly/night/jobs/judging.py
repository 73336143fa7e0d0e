# SPDX-License-Identifier: MIT
"""One job of a night: pytest as a process, its results and its log."""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.errors import HarnessError
from harness.nightly.night.files import write_value
from harness.nightly.night.plan import NightJob, NightPlan, SuitesIdentity, suites_identity

NAME = "job.json"
FORMAT = "xharness-night-job"
RESULTS, JUNIT, LOG = "results", "junit.xml", "pytest.log"
"""What a job leaves in its folder, beside NAME."""

WHOLE = (0, 1)
"""How pytest ends that has run its tests."""

_GRACE = 60.0
_TAIL = 15


class JudgingError(HarnessError):
    """A job cannot be run here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """What a job says of itself: ``status`` is pytest's, None while it runs."""

    night: str
    job: str
    suites: SuitesIdentity
    command: tuple[str, ...] = ()
    status: int | None = None
    seconds: float = 0.0

    @property
    def whole(self) -> bool:
        return self.status in WHOLE


def command_of(plan: NightPlan, job: NightJob, folder: Path) -> list[str]:
    """The command of the job, which leaves its results in ``folder``."""
    config = plan.config
    words = [sys.executable, "-m", "pytest", *config.suites, "--server", job.server]
    if job.shard:
        words += ["--shard", job.shard]
    words += ["-n", config.workers] if config.workers != "1" else []
    for expectations in config.expectations:
        words += ["--expectations", expectations]
    words += ["--rerun-failures", *config.options]
    words += [f"--results={folder / RESULTS}", f"--junitxml={folder / JUNIT}"]
    return [*words, "-p", "no:cacheprovider", "--color=no"]


def judge(plan: NightPlan, job: NightJob, folder: Path, root: Path) -> JobRecord:
    """Run the job from ``root``; what it leaves is in ``folder``.

    Ctrl-C ends pytest as it does alone, with the results so far, and is raised again.
    Raises JudgingError when the suites of ``root`` are not those of the plan.
    """
    here = suites_identity(plan.config.suites, root)
    if here != plan.suites:
        raise JudgingError(
            f"{job.name}: the night {plan.id} judges by the suites of {plan.suites}, and in {root} "
            f"are those of {here}: check out the commit of the plan, or plan a new night"
        )
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    words = command_of(plan, job, folder)
    record = JobRecord(night=plan.id, job=job.name, suites=here, command=tuple(words))
    write_value(folder / NAME, FORMAT, record)
    began = time.monotonic()
    try:
        status = _run(words, folder / LOG, root, _environment(plan, root))
    finally:
        seconds = round(time.monotonic() - began, 3)
    record = replace(record, status=status, seconds=seconds)
    write_value(folder / NAME, FORMAT, record)
    return record


def tail(log: Path) -> str:
    """The last lines of a log; empty where there is none."""
    try:
        return "\n".join(log.read_text("utf-8", errors="replace").splitlines()[-_TAIL:])
    except OSError:
        return ""


def last_line(log: Path) -> str:
    """The last line of a log, without what frames it: that of pytest has all counts."""
    lines = tail(log).splitlines() or ["it printed nothing"]
    return lines[-1].strip("= ")


def _environment(plan: NightPlan, root: Path) -> Mapping[str, str]:
    """That of this process, and what sanitizers are not to report."""
    found = dict(os.environ)
    # A session of pytest around us is not that of the job.
    found.pop("PYTEST_ADDOPTS", None)
    if plan.config.suppressions:
        folder = (root / plan.config.suppressions).absolute()
        for name, file in (("LSAN_OPTIONS", "lsan.supp"), ("UBSAN_OPTIONS", "ubsan.supp")):
            given = [found[name]] if found.get(name) else []
            found[name] = ":".join([f"suppressions={folder / file}", *given])
    return found


def _run(words: Sequence[str], log: Path, root: Path, environment: Mapping[str, str]) -> int:
    with log.open("wb") as file:
        file.write(f"{shlex.join(words)}\n".encode(errors="backslashreplace"))
        file.flush()
        # A group of its own: Ctrl-C comes to us, and we pass it on once.
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            cwd=root,
            env=environment,
            start_new_session=True,
        )
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=_GRACE)
            except (subprocess.TimeoutExpired, KeyboardInterrupt):
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            raise
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
