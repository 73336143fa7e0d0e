# SPDX-License-Identifier: MIT
"""``xharness explain`` as a person starts it, with real sessions on servers with a fault."""

import json
import subprocess
import sys

import pytest

from harness.cli.main import main
from harness.nightly.investigation.old_suites import NoOldSuites, suites_of
from harness.results.run_file import read_run, write_run
from tests.conftest import environment
from tests.doubles.faults import write_launcher
from tests.nightly.bisecting.history_project import git
from tests.results.runs import passed, run

pytestmark = pytest.mark.timeout(400)

_TEST = """\
def test_shown(presenter):
    window = presenter.window(20, 20)
    window.present(window.pixmap("red")).wait_complete()
"""


@pytest.fixture
def project(tmp_path):
    """Suites with two commits, and servers of two nights."""
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "--quiet", ".")
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_a.py").write_text(_TEST)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "a test")
    return folder


def judged(project, program, results):
    """Run the test on this server, as a night does."""
    command = [sys.executable, "-m", "pytest", "-p", "harness.fixtures.plugin", "test_a.py"]
    command += ["--server-path", program, f"--results={results}", "-p", "no:cacheprovider", "-q"]
    subprocess.run(command, cwd=project, env=environment({}), capture_output=True, check=False)
    return results


def explain(project, *words):
    command = [sys.executable, "-m", "harness.cli", "explain", *map(str, words)]
    changes = {"PYTEST_ADDOPTS": "-p harness.fixtures.plugin"}
    return subprocess.run(
        command, cwd=project, env=environment(changes), capture_output=True, text=True, check=False
    )


def test_a_fault_of_the_server_is_told_from_one_of_the_test(project, tmp_path):
    """A build with a fault, and suites that have changed since: the product it is."""
    good = judged(project, write_launcher(tmp_path / "then"), tmp_path / "good")
    (project / "test_a.py").write_text(f"{_TEST}\n# A comment.\n")
    git(project, "commit", "--quiet", "--all", "--message", "a comment")
    now = judged(project, write_launcher(tmp_path / "now", "claims-flip"), tmp_path / "bad")
    assert read_run(now).suites == {"commit": git(project, "rev-parse", "HEAD")}
    assert "python" in read_run(now).packages
    words = (now, "--good", good, "--scripts", "0", "-o", tmp_path / "out", "--format", "json")
    done = explain(project, *words)
    assert done.returncode == 1, done.stdout + done.stderr
    found = json.loads(done.stdout)
    (failure,) = found["failures"]
    assert failure["conclusion"]["origin"] == "product", done.stdout
    assert {name: one["result"] for name, one in failure["observations"].items()} == {
        "the same again": "fails",
        "last good build": "passes",
        "last good suites": "fails",
        "both last good": "passes",
    }
    assert "recording" in failure["files"]
    assert len(found["differences"]["suite_commits"]) == 1
    assert (tmp_path / "out/explanation.txt").exists()
    assert git(project, "status", "--porcelain") == ""


def test_without_a_new_failure_there_is_nothing_to_explain(project, tmp_path):
    """Status 0."""
    good = judged(project, write_launcher(tmp_path / "then"), tmp_path / "good")
    done = explain(project, good, "--good", good, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 new failures" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--good-suites=gone"], "--good-suites: expected a folder, got 'gone'"),
        (["--scripts=-1"], "--scripts: expected a number such as 3, got '-1'"),
        (["--repo=xvfb@mains=."], "--repo xvfb@mains: expected a server of the run"),
        (["-o", "file"], "file is a file; name a folder (-o)"),
    ],
)
def test_wrong_options_are_refused_before_anything_runs(tmp_path, monkeypatch, capsys, words, said):
    """Status 2; each was taken, and made the explanation a poorer one after minutes."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    write_run(tmp_path, run(passed("one")))
    try:
        status = main(["explain", ".", "--good", ".", *words])
    except SystemExit as ended:
        status = ended.code
    assert status == 2
    assert said in capsys.readouterr().err


def test_old_suites_are_a_checkout_beside(project, tmp_path):
    """Made once, and the user's work tree is not touched."""
    old = git(project, "rev-parse", "HEAD")
    (project / "test_a.py").write_text("changed")
    found = suites_of(project, old, tmp_path / "beside")
    assert (tmp_path / "beside" / f"suites-{old[:12]}/test_a.py").read_text() == _TEST
    assert suites_of(project, old, tmp_path / "beside") == found
    assert (project / "test_a.py").read_text() == "changed"


def test_suites_of_no_commit_are_refused(project, tmp_path):
    with pytest.raises(NoOldSuites, match="the suites of the last good night"):
        suites_of(project, "f" * 40, tmp_path / "beside")
