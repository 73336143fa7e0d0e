# SPDX-License-Identifier: MIT
"""``xharness bisect`` as a person starts it, on repositories whose servers are built in no time."""

import json
import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.nightly.bisecting import search
from harness.nightly.bisecting.question import read_question
from harness.nightly.bisecting.repetition import ENOUGH
from harness.nightly.bisecting.step import Workplace
from tests.conftest import ROOT
from tests.nightly.bisecting.history_project import git, repository_of, write_script

SECONDS = 100.0

pytestmark = pytest.mark.timeout(400)

_FAULTY = """\
#!{python} -IS
import os, sys
if sys.argv[1:] == ['-help']:
    os.execvp('Xvfb', ['Xvfb', '-help'])
sys.path.insert(0, {root!r})
from tests.doubles.faults import main
main({fault!r}, sys.argv[1:])
"""

_TEST = """\
def test_shown(presenter):
    window = presenter.window(20, 20)
    window.present(window.pixmap("red")).wait_complete()
"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A folder for builds that the tests of this module share."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Commits v0 to v9; v4 is not built, v6 brings the bug, v7 fails in another way."""
    states = [*["good"] * 4, "broken", "good", "bad", "other", "bad", "bad"]
    return repository_of(tmp_path_factory.mktemp("project") / "repository", *states)


@dataclass(frozen=True)
class Bisect:
    """The command, in a folder of its own."""

    folder: Path
    environment: Mapping[str, str]

    def __call__(self, *words):
        with self.start(*words) as process:
            out, errors = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, out, errors)

    def start(self, *words):
        return subprocess.Popen(
            [sys.executable, "-m", "harness.cli", "bisect", *map(str, words)],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )


@pytest.fixture
def bisect(cache, tmp_path):
    environment = {**os.environ, "XHARNESS_CACHE": str(cache), "PYTHONPATH": str(ROOT)}
    return Bisect(tmp_path, environment)


@pytest.fixture
def script(tmp_path):
    return write_script(tmp_path / "bug.py")


def ends(project, good, bad):
    return "--repo", project, "--good", good, "--bad", bad


def test_the_first_bad_commit_is_named(bisect, project, script):
    """With its author, subject and changes, and what it shows; the repository stays as it was."""
    before = {path: path.stat().st_mtime_ns for path in (project / ".git").rglob("*")}
    done = bisect(script, *ends(project, "v0", "v9"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"first bad {git(project, 'rev-parse', 'v6')}" in done.stdout
    assert "author    Ann Author <ann@example.org>" in done.stdout
    assert "subject   bad number 6" in done.stdout
    assert "hw/vfb/server" in done.stdout
    assert "the last lines of the output:\n    bug" in done.stdout
    assert "up to 3 runs each, chance of a wrong verdict on one 0.8%" in done.stdout
    said = done.stderr.splitlines()
    assert len([line for line in said if "runs show the failure" in line]) >= 3
    assert not [line for line in said if re.search("(?i)bisect|is the first bad commit|sh: ", line)]
    assert {path: path.stat().st_mtime_ns for path in (project / ".git").rglob("*")} == before


def test_the_same_command_goes_on_where_it_was(bisect, project, script, tmp_path):
    """Nothing is built or run a second time; what was cut off is done again."""
    words = (script, *ends(project, "v0", "v9"), "-o", tmp_path / "search", "--format", "json")
    first = bisect(*words)
    assert first.returncode == 0, first.stderr
    verdicts = tmp_path / "search/judgements.jsonl"
    kept = verdicts.read_bytes()
    verdicts.write_bytes(kept[:-20])
    again = bisect(*words)
    assert again.returncode == 0, again.stderr
    assert again.stderr.count("runs show the failure") + again.stderr.count("skip, ") == 1
    one, other = json.loads(first.stdout), json.loads(again.stdout)
    assert one["first_bad"] == other["first_bad"]
    assert len(one["judged"]) == len(other["judged"])


def test_another_search_begins_with_the_runs_of_the_first(bisect, project, script, tmp_path, cache):
    """Nothing that those tell is run again, neither at the ends nor between."""
    runs = tmp_path / "runs"
    script.write_text(f"open({str(runs)!r}, 'a').write('x')\n{script.read_text()}")
    first = Workplace(tmp_path / "first")
    assert bisect(script, *ends(project, "v0", "v6"), "-o", first.folder).returncode == 0
    made = runs.stat().st_size
    second = Workplace(tmp_path / "second")
    program = (sys.executable, "-m", "harness.cli.nightly.bisect_step")
    earlier = first.judgements.read().values()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XHARNESS_CACHE", str(cache))
        patch.setenv("PYTHONPATH", str(ROOT))
        report = search.bisect(
            read_question(first.question), second, program, lambda line: None, earlier
        )
    assert [one.commit for one in report.first_bad] == [git(project, "rev-parse", "v6")]
    assert (report.bad.runs, report.good.runs) == (ENOUGH, 3)
    assert runs.stat().st_size == made > ENOUGH + 3
    assert report.files


def test_neighbours_that_cannot_be_judged_are_candidates(bisect, project, script):
    """Each with the reason; the status says that it is not certain."""
    done = bisect(script, *ends(project, "v3", "v5"), "--runs", "1")
    assert done.returncode == 2
    assert "runs show it" in done.stderr
    done = bisect(script, *ends(project, "v6", "v8"))
    assert done.returncode == 2
    assert "--good" in done.stderr
    states = ["good", "broken", "bad"]
    narrow = repository_of(project.parent / "narrow", *states)
    done = bisect(script, *ends(narrow, "v0", "v2"))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "the first bad commit is one of these 2" in done.stdout
    assert "broken number 1 (Ann Author <ann@example.org>): it cannot be built" in done.stdout


def test_a_failure_that_comes_now_and_then_is_found(bisect, cache, tmp_path, script):
    """It is measured first, then each commit is tried often enough."""
    rare = repository_of(tmp_path / "rare", *["good"] * 3, *["rare"] * 3)
    # With -j one run of a commit follows the other: each fourth one is the fourth.
    done = bisect(script, *ends(rare, "v0", "v5"), "-j", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"first bad {git(rare, 'rev-parse', 'v3')}" in done.stdout
    assert "up to 22 runs each, chance of a wrong verdict on one 0.9%" in done.stdout


def test_several_commits_are_judged_at_once(bisect, script, tmp_path):
    """Those that come next; the verdict is the same, and the time of builds has all of them."""
    own = repository_of(tmp_path / "own", *["good"] * 3, *["bad"] * 3)
    words = (script, *ends(own, "v0", "v5"), "--option", "strip=true", "--format", "json")
    done = bisect(*words, "-j", "3")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert [one["commit"] for one in report["first_bad"]] == [git(own, "rev-parse", "v3")]
    built = [report["good"], report["bad"], *report["judged"]]
    # meson alone takes longer than a look into the cache.
    assert all(one["building"] > 0.1 for one in built)
    assert report["building"] == pytest.approx(sum(one["building"] for one in built))


def test_the_step_serves_git_bisect_run_of_the_user(bisect, project, script, tmp_path):
    """In a clone of the user's, by the script that stands in the folder."""
    search = tmp_path / "search"
    assert bisect(script, *ends(project, "v0", "v9"), "-o", search).returncode == 0
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(project), str(clone))
    git(clone, "bisect", "start", "v9", "v0")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = ["git", "-C", clone, "bisect", "run", search / "step"]
    said = subprocess.run(words, env=environment, capture_output=True, text=True).stdout
    assert f"{git(project, 'rev-parse', 'v6')} is the first bad commit" in said


def test_an_error_is_not_a_bad_commit(bisect, project, script, tmp_path):
    """Whatever ends the program of a step ends git's search."""
    search = tmp_path / "search"
    assert bisect(script, *ends(project, "v0", "v9"), "-o", search).returncode == 0
    (search / "judgements.jsonl").unlink()
    (search / "question.json").write_text("{")
    done = subprocess.run([search / "step"], cwd=project, capture_output=True, text=True)
    assert done.returncode == 255, done.stderr


def test_a_test_is_run_on_each_build(bisect, tmp_path, cache):
    """It fails by the same rule from the commit on that is named; a skip in between is none."""
    faults = ["honest", "claims-flip", "claims-flip"]
    servers = [
        _FAULTY.format(python=sys.executable, root=str(ROOT), fault=fault) for fault in faults
    ]
    project = repository_of(tmp_path / "servers", *servers)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_flip.py").write_text(_TEST)
    done = bisect("test_flip.py", *ends(project, "v0", "v2"), "--runs", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"first bad {git(project, 'rev-parse', 'v1')}" in done.stdout
    assert "failure   test_flip.py::test_shown[xvfb]: rule violated (rule no-flip)" in done.stdout
    assert "timeline" in done.stdout


def test_ctrl_c_leaves_nothing_running(bisect, project, script, tmp_path):
    """Not what workers have started either; the same command goes on."""
    fifo, hold = tmp_path / "fifo", tmp_path / "hold"
    os.mkfifo(fifo)
    held = (
        "import os, select\n"
        f"if os.path.exists({str(hold)!r}):\n"
        f"    os.write(os.open({str(fifo)!r}, os.O_WRONLY), b'held')\n"
        "    select.select([], [], [], 300)\n"
    )
    script.write_text(held + script.read_text())
    reading = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    words = (script, *ends(project, "v0", "v9"), "-j", "2", "-o", tmp_path / "search")
    with bisect.start(*words) as process:
        assert any(line.startswith("up to") for line in process.stderr)
        hold.touch()
        assert select.select([reading], [], [], SECONDS)[0]
        assert os.read(reading, 4) == b"held"
        os.killpg(process.pid, signal.SIGINT)
        process.communicate()
    assert process.returncode == 130
    # The end of the file comes when the last of its writers has ended.
    data = b"held"
    while data and select.select([reading], [], [], SECONDS)[0]:
        data = os.read(reading, 64)
    assert data == b""
    hold.unlink()
    assert bisect(*words).returncode == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(
            ["{script}", "--good", "v0", "--bad", "v99"],
            "--bad v99: expected a commit, a branch or a tag of --repo",
            id="ref",
        ),
        pytest.param(
            ["{script}", "{script}", "--good", "v0", "--bad", "v9"],
            "one script alone",
            id="scripts",
        ),
        pytest.param(["{script}", "--good", "v9", "--bad", "v0"], "exchange them?", id="exchanged"),
        pytest.param(["{script}", "--good", "v3", "--bad", "v3"], "both are the commit", id="same"),
        pytest.param(
            ["test_none.py::test_a", "--good", "v0", "--bad", "v9"],
            "there is no such file",
            id="test",
        ),
        pytest.param(
            ["{script}", "--good", "v0", "--bad", "v3"],
            "expected a failure, and 0 of 16 runs show it",
            id="bad is good",
        ),
        pytest.param(
            ["{script}", "--good", "v0", "--bad", "v7"],
            "cannot tell (status 125)",
            id="bad is other",
        ),
        pytest.param(
            ["{script}", "--good", "v4", "--bad", "v9"],
            "it cannot be built",
            id="good is not built",
        ),
        pytest.param(
            ["{script}", "--good", "v6", "--bad", "v9"],
            "expected none of the failures of the bad commit",
            id="good is bad",
        ),
        pytest.param(
            ["{script}", "--good", "v0", "--bad", "v9", "--preset", "fast"], "plain", id="preset"
        ),
    ],
)
def test_what_cannot_be_bisected_is_said(bisect, project, script, words, message):
    """Status 2, and what was expected and seen."""
    done = bisect(*(word.format(script=script) for word in words), "--repo", project)
    assert done.returncode == 2, done.stdout
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
