# SPDX-License-Identifier: MIT
"""The picture of a report in README, taken of a real session.

``python -m tools.report_picture --write`` takes it, with the browser that ``tools/setup ci``
installs; ``--check`` finds out whether the report has changed since.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "report.png"
SIZE = 1040, 722
"""Width and height of the picture, in pixels."""

COLOURS = 96
_SOURCES = "Sources"
_BROWSERS = "chromium", "chromium-browser", "google-chrome"

TESTS = """\
def test_update_area_limits_what_is_drawn(presenter, golden):
    window = presenter.window(120, 80)
    window.present(window.pixmap()).wait_complete()
    area = presenter.region((24, 16, 64, 40))
    window.present(window.pixmap("orange"), update=area).wait_complete()
    golden.check(window, "updated")


def test_pixmap_comes_back(presenter):
    window = presenter.window(64, 64)
    window.present(window.pixmap("blue")).wait_idle()
"""

BUGS = """\
import pytest
from harness.faults.scripted import Duplicate, Ignore

@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        bug = Ignore("PolyFillRectangle")
        if item.name.startswith("test_pixmap"):
            bug = Duplicate("PresentIdleNotify")
        item.add_marker(pytest.mark.faults(bug, judged=True))
"""


def sources() -> str:
    """A digest of all that decides how the picture looks."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for path in sorted((ROOT / "harness" / "report" / "html").rglob("*")):
        if path.is_file() and path.suffix in (".py", ".html", ".css", ".js"):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def is_fresh() -> bool:
    """Whether the picture is of the report as it is now."""
    with Image.open(PICTURE) as picture:
        return picture.info.get(_SOURCES) == sources()


def take(folder: Path) -> None:
    """Take the picture of a test's page, of a server with two bugs judged in ``folder``.

    Raises CalledProcessError when a session does not end as it should.
    """
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_present.py").write_text(TESTS)
    _session(folder, "--golden=add")
    (folder / "conftest.py").write_text(BUGS)
    _session(folder, "--results=run", "--report", fails=True)
    page = (folder / "run" / "report" / "test.html").as_uri()
    shot = folder / "report.png"
    _shoot(f"{page}#1", shot)
    information = PngInfo()
    information.add_text(_SOURCES, sources())
    with Image.open(shot) as picture:
        few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(PICTURE, optimize=True, pnginfo=information)


def _session(folder: Path, *options: str, fails: bool = False) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    command = [sys.executable, "-m", "pytest", "--server=xvfb", "-q", "-p", "no:randomly", *options]
    done = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode != int(fails):
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout)


def _shoot(address: str, shot: Path) -> None:
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, _BROWSERS)), None)
    with sync_playwright() as driver:
        # Containers run as root, where Chromium has no sandbox.
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
        page.goto(address)
        page.wait_for_selector("main h1")
        page.wait_for_load_state("networkidle")
        top = page.get_by_role("heading", name="Frame").first.bounding_box()
        assert top is not None
        # What is above has paths of this machine.
        clip = {"x": 0, "y": top["y"] - 12, "width": SIZE[0], "height": SIZE[1]}
        page.screenshot(path=shot, full_page=True, clip=clip)
        browser.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when done or up to date, 1 when ``--check`` found that the picture is stale."""
    parser = argparse.ArgumentParser(prog="python -m tools.report_picture", description=__doc__)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help=f"take docs/{PICTURE.name}")
    action.add_argument("--check", action="store_true", help="say whether it is stale")
    chosen = parser.parse_args(arguments)
    if chosen.write:
        with tempfile.TemporaryDirectory(prefix="xharness-") as folder:
            project = Path(folder) / "present"
            project.mkdir()
            take(project)
    elif not is_fresh():
        print(f"docs/{PICTURE.name} is stale: run python -m tools.report_picture --write")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
