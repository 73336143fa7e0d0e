# SPDX-License-Identifier: MIT
"""``xharness report``: the pages of a run that is over."""

import pytest

from harness.cli.main import main
from harness.results.run_file import write_run
from tests.report.sample import sample


@pytest.fixture
def folder(tmp_path):
    """The folder of a run."""
    (tmp_path / "run").mkdir()
    write_run(tmp_path / "run", sample(tmp_path / "run"))
    return tmp_path / "run"


@pytest.mark.parametrize("name", [".", "results.json"])
def test_the_report_is_written_beside_the_results(folder, capsys, name):
    """Whether the folder is named, or its file; the first page's place is printed."""
    assert main(["report", str(folder / name)]) == 0
    assert capsys.readouterr().out == f"{folder}/report/index.html\n"
    assert "9</strong> of 44 tests failed" in (folder / "report" / "index.html").read_text()


def test_the_report_goes_elsewhere(folder, tmp_path, capsys):
    """And leaves the run as it is."""
    assert main(["report", str(folder), "-o", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "index.html").exists()
    assert not (folder / "report").exists()


def test_a_folder_without_results_is_said(tmp_path, capsys):
    """With what to name instead."""
    assert main(["report", str(tmp_path)]) == 1
    assert (
        "holds no results.json: leave it out, or name the folder of a session"
        in capsys.readouterr().err
    )
