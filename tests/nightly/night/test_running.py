# SPDX-License-Identifier: MIT
"""A whole night on this machine: real sessions of pytest, on from where one was broken off."""

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.deadlines import timeout_scale
from harness.nightly.night.jobs import judging
from harness.nightly.night.nights import JOBS, RESULTS
from harness.nightly.night.plan import read_plan
from harness.results.run import Ended
from harness.results.run_file import read_run
from tests.nightly.night.nights import day

ROOT = Path(__file__).resolve().parents[3]

# A night has several sessions of pytest, of which each takes many seconds on a loaded machine.
pytestmark = pytest.mark.timeout(400)

CONFIG = """\
[night]
suites = ["suite"]
servers = ["xvfb"]
options = ["-p", "no:randomly"]
workers = 1
[policy]
uncovered-skips = "report"
"""

TEST = """\
import os
from pathlib import Path

def test_one(server):
    assert not Path("bad").exists()

def test_two(server):
    if Path("wait").exists():
        os.read(os.open("wait", os.O_RDONLY), 1)
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with a suite of two tests and a nightly.toml, in which commands are run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("XHARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("CI", raising=False)
    (tmp_path / "suite").mkdir()
    (tmp_path / "suite" / "test_it.py").write_text(TEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "nightly.toml").write_text(CONFIG)
    return tmp_path


def summary_of(capsys):
    """The folder of the night that the last command has named, and its summary."""
    said = capsys.readouterr().out
    path = Path(said.strip().rpartition("summary: ")[2])
    return path.parent, path.read_text(encoding="utf-8")


def test_a_night_from_its_plan_to_its_summary(project, capsys, monkeypatch):
    """Green; then red for what broke, which is no new failure in the third night."""
    # On a quick machine two of them would begin in one second, and have no order.
    days = map(day, itertools.count(20))
    monkeypatch.setattr("harness.nightly.night.plan.new_session", lambda path: path / next(days))
    assert main(["nightly", "run"]) == 0
    night, text = summary_of(capsys)
    assert text.startswith("# Night of ")
    assert "green\n" in text.splitlines()[0] + "\n"
    assert "| xvfb | 2 passed |" in text
    for name in ("junit.xml", "report/index.html"):
        assert (night / name).exists()
    # These suites have no assertions.
    assert "verdicts" not in text
    assert not (night / "verdicts").exists()

    (project / "bad").touch()
    assert main(["nightly", "run"]) == 1
    second, text = summary_of(capsys)
    assert "- **1 new failure**" in text
    assert "suite/test_it.py::test_one[xvfb]`](report/test.html#0)" in text
    assert f"the last green night is `{night.name}`" in text
    assert (second / "history.html").exists()

    assert main(["nightly", "run"]) == 1
    _, text = summary_of(capsys)
    assert "- **1 failure of earlier nights**" in text
    assert f"since `{second.name}` (2 nights)" in text

    (project / "bad").unlink()
    assert main(["nightly", "run"]) == 0
    assert "## Fixed\n\n- [`suite/test_it.py::test_one[xvfb]`]" in summary_of(capsys)[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_night_goes_on_where_it_was_broken_off(project, capsys, number):
    """What was judged counts; the job that was interrupted runs again."""
    (project / "nightly.toml").write_text(CONFIG.replace('["xvfb"]', '["xvfb", "xephyr"]'))
    os.mkfifo(project / "wait")
    process = subprocess.Popen(
        [sys.executable, "-m", "harness.cli", "nightly", "run"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        # Opened once the test reads.
        pipe = os.open(project / "wait", os.O_WRONLY)
        process.send_signal(number)
        said, _ = process.communicate(timeout=60 * timeout_scale())
    finally:
        process.kill()
    os.close(pipe)
    assert process.returncode == 130, said
    assert "xharness: interrupted" in said
    (folder,) = (path for path in (project / "nights").iterdir() if path.is_dir())
    record = json.loads((folder / JOBS / "xvfb" / judging.NAME).read_text())
    assert "status" not in record
    # pytest has said what it knew when it was interrupted.
    assert read_run(folder / JOBS / "xvfb" / judging.RESULTS).ended is Ended.INTERRUPTED

    (project / "wait").unlink()
    assert main(["nightly", "run"]) == 0
    said = capsys.readouterr().out
    assert f"night {folder.name} goes on" in said
    assert {test.server for test in read_run(folder / RESULTS).tests} == {"xvfb", "xephyr"}


@pytest.mark.parametrize("change", ["config", "suite", "--new"])
def test_another_night_begins_where_it_is_not_the_same(project, capsys, change):
    """Another configuration, other suites, or as the user wishes."""
    assert main(["nightly", "run"]) == 0
    night, _ = summary_of(capsys)
    (night / "summary.md").unlink()
    if change == "config":
        (project / "nightly.toml").write_text(f"{CONFIG}\n# another\n")
    elif change == "suite":
        (project / "suite" / "test_it.py").write_text(f"{TEST}\n# another\n")
    words = ["--new"] if change == "--new" else []
    assert main(["nightly", "run", *words]) == 0
    assert summary_of(capsys)[0] != night


def test_the_steps_of_a_pipeline_make_the_same_night(project, capsys):
    """Each in a folder of its own, joined by what they leave."""
    assert main(["nightly", "plan", "night"]) == 0
    assert "judge xvfb\n" in capsys.readouterr().out
    assert main(["nightly", "build", "night"]) == 0
    shutil.copytree("night", "elsewhere")
    (project / "bad").touch()
    assert main(["nightly", "judge", "elsewhere", "--job", "xvfb"]) == 1
    shutil.copytree("elsewhere/jobs", "night/jobs")
    assert main(["nightly", "merge", "night"]) == 0
    (project / "night" / "explained" / "x").mkdir(parents=True)
    (project / "night" / "explained" / "x" / "explanation.txt").write_text("chance\n")
    assert main(["nightly", "report", "night", "--nights", "all"]) == 1
    text = (project / "night" / "summary.md").read_text()
    assert "- [The explanation of new failures (x)](explained/x/explanation.txt)\n" in text
    assert (
        "- [Expectations that would have excused this (fails)](suggested/suggested-fails.txt)\n"
        in text
    )
    assert main(["nightly", "skips", "night"]) == 0
    assert "red: 1 new failure\n" in capsys.readouterr().out
    assert (project / "all" / read_plan(Path("night")).id / "night.json").exists()


def test_nightly_toml_may_be_in_a_folder_above(project, capsys, monkeypatch):
    """As for builds: suites and nights are below the folder that has it."""
    monkeypatch.chdir(project / "suite")
    assert main(["nightly", "plan", "../night"]) == 0
    assert main(["nightly", "judge", "../night", "--job", "xvfb"]) == 0
    assert main(["nightly", "merge", "../night"]) == 0
    assert main(["nightly", "report", "../night"]) == 0
    plan = read_plan(project / "night")
    assert plan.file == "nightly.toml"
    assert (project / "nights" / plan.id / "night.json").exists()
    capsys.readouterr()
    assert main(["nightly", "run"]) == 0
    night, _ = summary_of(capsys)
    assert night.parent == project / "nights"


def test_a_job_that_never_ran_makes_the_night_red(project, capsys):
    """It is named as such."""
    assert main(["nightly", "plan", "night"]) == 0
    assert main(["nightly", "merge", "night"]) == 0
    assert main(["nightly", "report", "night"]) == 1
    said = capsys.readouterr().out
    assert "red: xvfb: missing, nothing was judged" in said
    text = (project / "night" / "summary.md").read_text()
    assert "- xvfb: **missing**\n\n      nothing is in night/jobs/xvfb: its job did not run" in text


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["judge", "night", "--job", "xorg"], "the night has no such job; it has:\n  xvfb"),
        (["judge", "none", "--job", "xvfb"], "none is no night, it has no plan.json"),
        (["build", "night", "main"], "has no build main; it has none"),
        (["plan", "night"], "night is not empty: name a new folder"),
        (["plan", "new", "--config", "none.toml"], "none.toml: No such file or directory"),
        (["report", "night"], "night.json cannot be read: No such file"),
        (["skips", "night"], "night.json cannot be read: No such file"),
        (["run", "--config", "bad.toml"], "bad.toml line 2: [night] workers: expected"),
    ],
)
def test_what_cannot_be_used_is_status_2(project, capsys, words, problem):
    """And one sentence that says what to do."""
    assert main(["nightly", "plan", "night"]) == 0
    (project / "bad.toml").write_text("[night]\nworkers = 0\n")
    assert main(["nightly", *words]) == 2
    assert problem in capsys.readouterr().err


@pytest.mark.parametrize(
    ("server", "problem"),
    [
        (
            "xvfb@tiny",
            "xvfb@tiny is judged as a build already: remove it from servers in [night]",
        ),
        (
            "xephyr@tiny",
            "xephyr@tiny: the build tiny has no xephyr: name xephyr in servers of [builds.tiny], "
            "and remove xephyr@tiny from servers in [night]",
        ),
    ],
)
def test_a_server_of_a_build_is_named_by_the_build_alone(project, capsys, server, problem):
    """It was said to have the name of a release."""
    text = CONFIG.replace('"xvfb"', f'"{server}"')
    text += '[builds.tiny]\nsource = "."\nservers = ["xvfb"]\n'
    (project / "nightly.toml").write_text(text)
    assert main(["nightly", "plan", "night"]) == 2
    assert problem in capsys.readouterr().err


@pytest.mark.parametrize("folder", [None, "night"], ids=["run", "steps"])
def test_the_folder_of_the_night_may_be_among_the_suites(project, capsys, folder):
    """What a night leaves is no part of what it judges by."""
    (project / "nightly.toml").write_text(CONFIG.replace('["suite"]', '["."]'))
    if folder is None:
        for _ in range(2):
            assert main(["nightly", "run"]) == 0, capsys.readouterr().out
        assert len(list((project / "nights").glob("2*"))) == 2
        return
    assert main(["nightly", "plan", folder]) == 0
    assert main(["nightly", "judge", folder, "--job", "xvfb"]) == 0
    # A person's session, and the plan of something else.
    (project / "results" / "one").mkdir(parents=True)
    (project / "results" / "one" / "results.json").write_text("{}")
    assert main(["nightly", "judge", folder, "--job", "xvfb"]) == 0
    (project / "suite" / "plan.json").write_text("{}")
    assert main(["nightly", "judge", folder, "--job", "xvfb"]) == 2
    assert "plan a new night" in capsys.readouterr().err


def test_suites_that_changed_since_the_plan_are_not_judged_by(project, capsys):
    """The results would not be those of one night."""
    assert main(["nightly", "plan", "night"]) == 0
    (project / "suite" / "test_it.py").write_text(f"{TEST}\n# another\n")
    assert main(["nightly", "judge", "night", "--job", "xvfb"]) == 2
    assert "check out the commit of the plan, or plan a new night" in capsys.readouterr().err


def test_a_pytest_that_refuses_is_told_from_a_failure(project, capsys):
    """Its log is kept, and the report shows its end."""
    text = CONFIG.replace('"no:randomly"', '"no:randomly", "--no-such-option"')
    (project / "nightly.toml").write_text(text)
    assert main(["nightly", "plan", "night"]) == 0
    assert main(["nightly", "judge", "night", "--job", "xvfb"]) == 2
    assert main(["nightly", "merge", "night"]) == 0
    assert main(["nightly", "report", "night"]) == 1
    assert "red: xvfb: unusable, nothing was judged" in capsys.readouterr().out
    assert "--no-such-option" in (project / "night" / "summary.md").read_text()


def test_the_jobs_of_a_pipeline_are_checked(project, capsys):
    """A build that the pipeline does not know would not be judged."""
    assert main(["nightly", "jobs", "--format", "gitlab"]) == 0
    text = capsys.readouterr().out
    assert '    matrix:\n      - JOB: ["xvfb"]\n' in text
    (project / "jobs.yml").write_text(text)
    check = ["nightly", "jobs", "--format", "gitlab", "--check", "jobs.yml"]
    assert main(check) == 0
    (project / "nightly.toml").write_text(CONFIG.replace('["xvfb"]', '["xvfb", "xephyr"]'))
    assert main(check) == 1
    assert "jobs.yml does not say what nightly.toml says: run " in capsys.readouterr().out
    assert main(["nightly", "jobs", "--format", "github"]) == 0
    lines = dict(line.split("=") for line in capsys.readouterr().out.splitlines())
    assert {name: json.loads(value) for name, value in lines.items()} == {
        "builds": [],
        "jobs": ["xvfb", "xephyr"],
    }
