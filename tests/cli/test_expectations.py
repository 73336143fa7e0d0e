# SPDX-License-Identifier: MIT
"""``xharness expectations``: what it prints and writes, and how it ends."""

from dataclasses import replace

import pytest

from harness.cli.main import main
from harness.results.run import Cause, CauseKind, LineKind, Outcome, UsedLine
from harness.results.run_file import write_run
from tests.results.runs import failed, passed, run

GROUP = "# It is wrong: https://example.org/1\n"
LINE = UsedLine(
    file="xvfb-fails.txt",
    line=7,
    text="test.py, failed",
    kind=LineKind.FAILS,
    servers=("xvfb",),
    tests=1,
)


@pytest.fixture
def kept(tmp_path):
    """Write a run into a folder of this name; its path."""

    def keep(name, *tests, **members):
        write_run(tmp_path / name, run(*tests, **{"id": name, **members}))
        return str(tmp_path / name)

    return keep


def test_files_are_checked_without_a_session(tmp_path, capsys):
    """What is wrong has its place."""
    path = tmp_path / "xvfb-fails.txt"
    path.write_text(f"{GROUP}test.py::one, failed\ntest.py::two, crashed\n")
    assert main(["expectations", "check", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"{path}: 2 fails\n"
    path.write_text(f"{GROUP}test.py::one, dead\n")
    assert main(["expectations", "check", str(path)]) == 2
    assert f"xharness: {path}:2: expected TEST, STATUS" in capsys.readouterr().err


def test_files_without_lines_are_named(tmp_path, capsys):
    """What was read is said, if there is nothing in it too."""
    (tmp_path / "xvfb-fails.txt").write_text("")
    (tmp_path / "xvfb-skips.txt").write_text(f"{GROUP}test.py::one\n")
    assert main(["expectations", "check", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert said == f"{tmp_path}/xvfb-fails.txt: no fails\n{tmp_path}/xvfb-skips.txt: 1 skips\n"


@pytest.mark.parametrize(
    ("text", "status"), [(LINE.text, 1), (f"{LINE.text}: WaitTimeout no flip", 0)]
)
def test_stale_lines_of_several_runs_are_the_exit_status(kept, capsys, text, status):
    """Those that may stay are printed too."""
    line = replace(LINE, text=text)
    good = passed("one", outcome=Outcome.UNEXPECTED_PASS, expectations=(LINE.place,))
    paths = [kept(name, good, expectations=(line,)) for name in "ab"]
    assert main(["expectations", "stale", *paths]) == status
    said = capsys.readouterr().out
    assert "xvfb-fails.txt:7: all of its 2 tests pass on xvfb 21.1.7" in said
    assert ("(it may stay)" in said) == (not status)
    bad = kept("c", replace(good, outcome=Outcome.EXPECTED), expectations=(line,))
    assert main(["expectations", "stale", *paths, bad]) == 0
    assert capsys.readouterr().out == ""


def test_suggestions_are_printed_or_written(kept, tmp_path, capsys):
    """But not over others, which somebody may have worked on."""
    hang = Cause(CauseKind.EXCEPTION, "ServerHung")
    path = kept("a", failed("one", outcome=Outcome.HUNG, cause=hang))
    assert main(["expectations", "suggest", path]) == 1
    assert "# suggested-fails.txt\n" in capsys.readouterr().out
    command = ["expectations", "suggest", path, "-o", str(tmp_path / "new")]
    assert main(command) == 1
    written = tmp_path / "new" / "suggested-fails.txt"
    assert capsys.readouterr().out == f"{written}\n"
    assert "\ntest.py::one[xvfb], hung: ServerHung\n" in written.read_text()
    assert main(["expectations", "check", str(written)]) == 2
    written.write_text("mine")
    assert main(command) == 2
    assert written.read_text() == "mine"
    assert main(["expectations", "suggest", kept("b", passed("one"))]) == 0
