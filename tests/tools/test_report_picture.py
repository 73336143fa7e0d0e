# SPDX-License-Identifier: MIT
"""The picture of a report in README: whether it is of the report as it is."""

from PIL import Image

from tools import report_picture


def test_the_picture_of_another_report_is_stale(monkeypatch, capsys):
    """Whatever makes its pages has changed; the words say what to do."""
    assert report_picture.main(["--check"]) == 0
    monkeypatch.setattr(report_picture, "sources", lambda: "others")
    assert report_picture.main(["--check"]) == 1
    assert "run python -m tools.report_picture --write" in capsys.readouterr().out


def test_the_sources_are_all_that_makes_the_page():
    """Scripts, styles and pages too."""
    html = report_picture.ROOT / "harness" / "report" / "html"
    kinds = {path.suffix for path in html.rglob("*") if path.is_file()} - {".pyc"}
    assert kinds <= {".py", ".html", ".css", ".js"}


def test_the_picture_is_small():
    """README loads it."""
    assert report_picture.PICTURE.stat().st_size < 100_000
    with Image.open(report_picture.PICTURE) as picture:
        assert picture.size == report_picture.SIZE
