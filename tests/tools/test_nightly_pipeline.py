# SPDX-License-Identifier: MIT
"""The pipelines of a night: their files say what nightly.toml says, and their targets work."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.nightly.night.config import read_config
from tools.nightly_demo import history
from tools.nightly_demo.__main__ import RUNNER, node

ROOT = Path(__file__).resolve().parents[2]
TARGETS = {"plan", "build", "judge", "merge", "report", "skips"}

CONFIG = """\
[night]
suites = ["suite"]
servers = ["xvfb"]
workers = 1
"""


def test_the_jobs_of_the_pipeline_are_those_of_the_configuration():
    """`make nightly-jobs` makes them so."""
    command = ["nightly", "jobs", "--format", "gitlab", "--check", ".gitlab/nightly.yml"]
    done = subprocess.run([sys.executable, "-m", "harness.cli", *command], cwd=ROOT)
    assert done.returncode == 0


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["vendor.github-workflows", ".github/workflows/nightly.yml"], id="github"),
        pytest.param(
            ["vendor.gitlab-ci", "--data-transform", "gitlab-ci", ".gitlab-ci.yml"], id="gitlab"
        ),
        pytest.param(
            ["vendor.gitlab-ci", "--data-transform", "gitlab-ci", ".gitlab/nightly.yml"],
            id="gitlab-jobs",
        ),
    ],
)
def test_the_files_are_of_the_shape_that_their_services_want(words):
    """By the schemas that GitHub and GitLab publish."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_night_judges_what_make_matrix_judges():
    """Servers of other releases; the table of verdicts has the same columns.  The night has one
    more, whose kernel takes minutes to build."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    matrix = re.search(r"^MATRIX \?= (.*)$", text, re.MULTILINE)[1].split()
    servers = list(read_config(ROOT / "nightly.toml").servers)
    assert [server for server in servers if server != "xorg-kms"] == matrix


@pytest.mark.parametrize("file", [".gitlab-ci.yml", ".github/workflows/nightly.yml"])
def test_pipelines_call_the_same_targets(file):
    """And nothing else that the harness has for a night."""
    text = (ROOT / file).read_text(encoding="utf-8")
    assert set(re.findall(r"(?:- |run: )make nightly-(\w+)", text)) == TARGETS
    made = re.findall(r"^nightly-(\w+):", (ROOT / "tools/nightly.mk").read_text(), re.MULTILINE)
    assert set(made) >= TARGETS


def listed(folder):
    """The jobs of a night in the pipeline of ``folder``, as gitlab-ci-local reads it."""
    if not RUNNER.exists():
        pytest.skip("gitlab-ci-local is not in this environment: tools/setup ci")
    command = [*node(), str(RUNNER), "--list-csv", "--variable", "NIGHTLY=1"]
    home = {**os.environ, "HOME": str(folder)}
    done = subprocess.run(command, cwd=folder, env=home, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [line.split(";")[0].strip('"') for line in done.stdout.splitlines()[1:]]


@pytest.fixture
def project(tmp_path):
    """A repository with the pipeline, and a suite of one test."""
    for name in ("Makefile", "tools/nightly.mk", "tools/reach.mk", ".gitlab-ci.yml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    (tmp_path / ".gitlab").mkdir()
    (tmp_path / "suite").mkdir()
    (tmp_path / "suite" / "test_it.py").write_text("def test_one(server):\n    pass\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "nightly.toml").write_text(CONFIG)
    return tmp_path


def make(project, *words):
    """What ``make`` prints there, with the harness of this checkout; it must not fail."""
    own = {
        "XHARNESS": f"{sys.executable} -m harness.cli",
        "PYTHONPATH": str(ROOT),
        "XHARNESS_CACHE": str(project / "cache"),
    }
    done = subprocess.run(
        ["make", "--no-print-directory", *words],
        cwd=project,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_each_target_does_its_step(project):
    """From the file of jobs to the report."""
    make(project, "nightly-jobs")
    assert "judge xvfb\n" in make(project, "nightly-plan")
    make(project, "nightly-build")
    assert "1 passed" in make(project, "nightly-judge", "JOB=xvfb")
    make(project, "nightly-merge")
    assert "green\nsummary: night/summary.md\n" in make(project, "nightly-report")
    make(project, "nightly-skips")
    assert "green\n" in make(project, "nightly")


def test_a_stale_file_of_jobs_stops_the_pipeline(project):
    """Before anything is judged."""
    make(project, "nightly-jobs")
    (project / "nightly.toml").write_text(CONFIG.replace('"xvfb"', '"xvfb", "xephyr"'))
    with pytest.raises(AssertionError, match=r"does not say what nightly\.toml says"):
        make(project, "nightly-plan")


def test_gitlab_has_a_job_for_each_server(project):
    """And reads the pipeline without a complaint."""
    (project / "nightly.toml").write_text(
        CONFIG + '[builds.main]\ngit = "/xserver"\nref = "main"\nservers = ["xvfb", "xephyr"]\n'
    )
    make(project, "nightly-jobs")
    git = history.GitRepository(project)
    git("init", "--quiet")
    git("remote", "add", "origin", "https://gitlab.example.org/group/project.git")
    git.commit("all")
    assert listed(project) == [
        "nightly-plan",
        "nightly-build: [main]",
        "nightly-judge: [xvfb]",
        "nightly-judge: [xvfb@main]",
        "nightly-judge: [xephyr@main]",
        "nightly-merge",
        "nightly-report",
        "nightly-skips",
    ]


def sources(folder):
    """What the demonstration changes in the sources of an X server."""
    for edit in history.FAULTS.values():
        path = folder / edit.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{old}\n" for old, _ in edit.changes))
    for name in history._TOUCHED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("int main(void);\n")


def test_the_history_of_the_demonstration_has_two_faults(tmp_path):
    """Among 30 commits, each with its subject; the same ones whenever it is made."""
    made = []
    for number in range(2):
        sources(tmp_path / "source")
        bare = tmp_path / f"server-{number}.git"
        made.append(history.make_history(tmp_path / "source", bare))
    assert made[0] == made[1]
    assert len(set(made[0])) == history.COMMITS == 30
    git = history.GitRepository(bare)
    for number, edit in history.FAULTS.items():
        commit = made[0][number - 1]
        assert git("show", "--no-patch", "--format=%s", commit) == edit.subject
        assert git("show", "--format=", "--name-only", commit) == edit.file
    assert git("rev-parse", history.BRANCH) == made[0][-1]


def test_sources_that_the_faults_do_not_fit_are_refused(tmp_path):
    """A later release may have other lines."""
    sources(tmp_path / "source")
    (tmp_path / "source" / "present" / "present.c").write_text("int main(void);\n")
    with pytest.raises(history.DemoError, match=r"present/present\.c: expected .* got it 0 times"):
        history.make_history(tmp_path / "source", tmp_path / "server.git")
