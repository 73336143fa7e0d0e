# SPDX-License-Identifier: MIT
"""The files of a report: in place of an older one, or not at all."""

import base64
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from harness.report.html import writing
from harness.report.html.writing import ReportError, write_report
from harness.results.run import Cause, CauseKind, Ended, FrameResult, Outcome, Run, TestResult
from tests.report.sample import sample

ONE = TestResult(id="a.py::a", outcome=Outcome.PASSED)


def files(folder):
    """All files below, with their contents."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def run(tmp_path):
    """The sample; its files are in ``run``."""
    (tmp_path / "run").mkdir()
    return sample(tmp_path / "run")


def test_a_report_takes_the_place_of_an_older_one(tmp_path, run):
    """No file of the older one is left."""
    folder = tmp_path / "run"
    write_report(run, folder, folder / "report")
    (folder / "report" / "data" / "tests-99.js").write_text("old")
    write_report(run, folder, folder / "report")
    assert not (folder / "report" / "data" / "tests-99.js").exists()
    assert {path.name for path in folder.iterdir()} == {"frames", "report", "test_rules"}


def test_files_of_somebody_else_stay(tmp_path, run):
    """A folder that holds other files is refused."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(ReportError, match=r"mine holds files that are no report: name an empty"):
        write_report(run, tmp_path / "run", tmp_path / "mine")
    assert files(tmp_path / "mine") == {"thesis.txt": b"years of work"}


@pytest.mark.parametrize("output", [".", "..", "/"])
def test_the_working_folder_is_not_replaced(tmp_path, run, output, monkeypatch):
    """Nor one that it is in: a shell would stay in what is deleted."""
    (tmp_path / "out" / "in").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "out" / "in")
    with pytest.raises(ReportError, match=f"takes the place of {output}, where this command"):
        write_report(run, tmp_path / "run", Path(output))
    assert list((tmp_path / "out").iterdir()) == [tmp_path / "out" / "in"]


def test_a_link_to_a_folder_stays_one(tmp_path, run):
    """Such as one to a disk with more room."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "r").symlink_to("disk")
    for _ in range(2):
        write_report(run, tmp_path / "run", tmp_path / "r")
    assert (tmp_path / "r").is_symlink()
    assert (tmp_path / "disk" / "index.html").exists()
    assert not list(tmp_path.glob(".*"))


def test_a_file_is_no_folder(tmp_path, run):
    """It stays, and the error names it."""
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ReportError, match=r"file is no folder"):
        write_report(run, tmp_path / "run", tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_full_disk_leaves_the_older_report(tmp_path, run, monkeypatch):
    """Nothing half-written is taken for a report."""
    folder = tmp_path / "run"
    write_report(run, folder, folder / "report")
    before = files(folder)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "_write_pages", full)
    with pytest.raises(ReportError, match=r"report cannot be written: No space left on device"):
        write_report(run, folder, folder / "report")
    assert files(folder) == before


def test_the_same_run_gives_the_same_report(tmp_path, run):
    """Byte by byte."""
    folder = tmp_path / "run"
    write_report(run, folder, folder / "report")
    first = files(folder / "report")
    write_report(run, folder, folder / "report")
    assert files(folder / "report") == first


def test_a_report_elsewhere_has_its_pictures_and_links_to_nothing(tmp_path, run):
    """It can be sent away without the run."""
    write_report(run, tmp_path / "run", tmp_path / "elsewhere")
    text = (tmp_path / "elsewhere" / "data" / "tests-0.js").read_text()
    assert '"link"' not in text
    assert '"actual":"iVBOR' in text
    assert str(tmp_path / "run") not in text


def test_many_tests_are_in_several_files(tmp_path):
    """Each is read when one of its tests is opened; together they are all."""
    tests = tuple(
        TestResult(id=f"a/test_a.py::test_a[{n}]", outcome=Outcome.PASSED, command="x" * 1000)
        for n in range(2000)
    )
    write_report(Run(id="r", started="2026-11-29T14:23:20Z", tests=tests), tmp_path, tmp_path / "r")
    index = (tmp_path / "r" / "data" / "index.js").read_text()
    starts = json.loads(index.removeprefix("xharness.index(").removesuffix(");\n"))["chunks"]
    assert len(starts) > 2
    total = 0
    for number, start in enumerate(starts):
        assert start == total
        text = (tmp_path / "r" / "data" / f"tests-{number}.js").read_text()
        assert len(text) < 1.1 * writing.CHUNK
        total += len(json.loads(text.partition(", ")[2].removesuffix(");\n")))
    assert total == 2000


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ended": Ended.INTERRUPTED, "complete": False}, "Some of the collected tests have no"),
        ({"ended": Ended.BROKEN_OFF, "complete": False}, "Broken off."),
        ({"tests": ()}, "No tests"),
        ({"tests": (ONE,)}, "1 test, none failed"),
        ({"notes": ("</pre><script>",)}, "&lt;/pre&gt;&lt;script&gt;"),
    ],
)
def test_what_the_first_page_says(tmp_path, run, change, words):
    """Also of a session that did not end, and of none."""
    write_report(replace(run, **change), tmp_path / "run", tmp_path / "r")
    assert words in (tmp_path / "r" / "index.html").read_text()


def test_the_numbers_of_a_cause_stand_apart(tmp_path):
    """Of the tests that failed by it, and of the others, such as flakes."""
    cause = Cause(CauseKind.EXCEPTION, "WaitTimeout")
    outcomes = (Outcome.FAILED, Outcome.FLAKY)
    tests = tuple(TestResult(id=f"a.py::{one.name}", outcome=one, cause=cause) for one in outcomes)
    run = Run(id="r", started="2026-11-29T14:23:20Z", tests=tests)
    write_report(run, tmp_path, tmp_path / "r")
    text = (tmp_path / "r" / "index.html").read_text()
    assert '<span class="bad">1 failed</span>, 1 more</span>' in text
    write_report(replace(run, tests=tests[:1]), tmp_path, tmp_path / "r")
    text = (tmp_path / "r" / "index.html").read_text()
    assert '<span class="bad">1 failed</span></span>' in "".join(text.split("\n"))


def test_all_that_is_odd_in_names_is_kept(tmp_path):
    """Lone surrogates, separators of lines, ends of scripts: the pages are valid UTF-8."""
    odd = "\udc80\u2028</script>\x00é"
    test = TestResult(
        id=f"a.py::{odd}", outcome=Outcome.FAILED, message=odd, observations={odd: odd}
    )
    run = Run(id="r", started="2026-11-29T14:23:20Z", notes=(odd,), tests=(test,))
    write_report(run, tmp_path, tmp_path / "r")
    for path in (tmp_path / "r").rglob("*.html"):
        assert path.read_text("utf-8")
    shutil.rmtree(tmp_path / "r")


@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt",
        "logs/../../secret.txt",
        "link.txt",
        "up/secret.txt",
        "pipe.txt",
        "\0/a.txt",
        "x" * 300,
    ],
)
def test_no_path_and_no_link_leads_out_of_the_run(tmp_path, path):
    """A run that was downloaded may name anything; absolute paths included."""
    folder = tmp_path / "run"
    (folder / "logs").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "up").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.txt")
    frame = FrameResult(name="a", golden="a/a/a.png", verdict="mismatch", pictures={"actual": path})
    for name in (path, str(tmp_path / "secret.txt")):
        test = TestResult(
            id="a.py::a", outcome=Outcome.FAILED, files={"log": name}, frames=(frame,)
        )
        run = Run(id="r", started="2026-11-29T14:23:20Z", tests=(test,))
        write_report(run, folder, folder / "r")
        text = (folder / "r" / "data" / "tests-0.js").read_text()
        assert '"gone":true' in text
        assert '"text"' not in text
        assert base64.b64encode(b"secret").decode() not in text
