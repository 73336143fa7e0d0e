# SPDX-License-Identifier: MIT
"""The report of a very large run: how long it takes to write and to open, how large it is."""

import importlib.util
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Run as Measurement
from benchmarks.measure import Section, Variant, timed
from harness.goldens.files import png
from harness.pixels.comparison import difference_picture
from harness.pixels.frame import Frame, FrameSource
from harness.report.html.writing import write_report
from harness.results.run import (
    Cause,
    CauseKind,
    Durations,
    FrameResult,
    Outcome,
    Run,
    ServerIdentity,
    TestResult,
)
from harness.results.run_file import NAME, write_run

WRITING_AIM = 0.03
OPENING_AIM = 1.0
SECONDS_PER_TEST = 0.013
"""What one takes in ``pytest suites/ --server xvfb -n 2`` on two cores."""

_BROWSERS = "chromium", "chromium-browser", "google-chrome"
_PICTURES = 40
"""How many different pictures the frames have; the file system has them in its cache anyway."""


@contextmanager
def opening(quick: bool) -> Iterator[Section]:
    """Write the report and open its pages."""
    with _written(quick) as (run, folder), _browser() as browser:
        pages = [] if browser is None else _opened(browser, folder)
        yield Section(
            f"the report of {_words(run)}",
            [
                Variant(f"the run itself, at {SECONDS_PER_TEST * 1000:g} ms a test", _run(run)),
                Variant("results.json written", timed(lambda: write_run(folder, run))),
                Variant(
                    "report written",
                    timed(lambda: write_report(run, folder, folder / "report")),
                    WRITING_AIM,
                ),
                *pages,
            ],
            rounds=5,
            missing=[] if pages else ["pages: needs chromium and playwright (tools/setup ci)"],
        )


@contextmanager
def weight(quick: bool) -> Iterator[Section]:
    """What the report takes of a disk and of a browser."""
    with _written(quick) as (run, folder), _browser() as browser:
        report = folder / "report"
        pages = []
        if browser is not None:
            pages = [
                Variant("scripts' memory, an empty page", _heap(browser, _EMPTY)),
                *(
                    Variant(
                        f"scripts' memory, {name}",
                        _heap(browser, f"{report.as_uri()}/{page}"),
                        None,
                        "scripts' memory, an empty page",
                    )
                    for name, page in _PAGES.items()
                ),
            ]
        yield Section(
            f"the report of {_words(run)}",
            [
                Variant("results.json", lambda: _size([folder / NAME])),
                Variant("report, pictures included", lambda: _size(report.rglob("*"))),
                Variant(
                    "of it, what the list of tests reads", lambda: _size(_read_by_list(report))
                ),
                *pages,
            ],
            rounds=1,
            unit="MB",
            missing=[] if pages else ["memory: needs chromium and playwright (tools/setup ci)"],
        )


_EMPTY = "about:blank"
_SHOWN = "#tests li, .frame canvas"
_PAGES = {"list of tests": "index.html#all", "a test with a frame": "test.html#0"}


def _words(run: Run) -> str:
    frames = sum(len(test.frames) for test in run.tests)
    return f"{len(run.tests)} tests, {frames} frames of which differ"


@contextmanager
def _written(quick: bool) -> Iterator[tuple[Run, Path]]:
    """A run and its folder, with its report in it."""
    tests, frames = (400, 200) if quick else (20_000, 10_000)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        run = _large(folder, tests, frames)
        write_run(folder, run)
        write_report(run, folder, folder / "report")
        yield run, folder


def _large(folder: Path, tests: int, frames: int) -> Run:
    """A run in which half of the tests that have a frame show a wrong one."""
    made = _frames(folder, frames)
    servers = [f"server{number}" for number in range(5)]
    results = []
    for number in range(tests):
        server = servers[number % 5]
        test = f"suites/suite{number % 7}/test_{number % 90}.py::test_window_{number // 5}_is_shown"
        shown = made[number : number + 1]
        log = {"log": f"logs/{number % _PICTURES}.log"} if shown else {}
        results.append(
            TestResult(
                id=f"{test}[{server}]",
                server=server,
                outcome=Outcome.GOLDEN if shown else Outcome.PASSED,
                cause=Cause(CauseKind.GOLDEN, shown[0].golden) if shown else None,
                message=shown[0].text if shown else "",
                durations=Durations(setup=0.002, call=0.01, teardown=0.001),
                assertions=("PRE-017", "PRE-086"),
                frames=shown,
                files=log,
                command=f"pytest '{test}[{server}]' --server={server}",
            )
        )
    return Run(
        id="20261129T142320Z-5c0e21",
        started="2026-11-29T14:23:20Z",
        seconds=tests * SECONDS_PER_TEST,
        servers={name: ServerIdentity(name=name, version="21.1.7") for name in servers},
        tests=tuple(results),
    )


def _frames(folder: Path, count: int) -> tuple[FrameResult, ...]:
    """Results of frames of 128x128 pixels, and their pictures."""
    (folder / "logs").mkdir()
    for number in range(_PICTURES):
        y, x = np.mgrid[0:128, 0:128].astype(np.uint32)
        before = Frame(x // 16 * 7919 ^ y // 8 * 104729 * number, 24, FrameSource.WINDOW)
        raw = before.raw.copy()
        raw[40:60, 30:90] ^= 0xFF
        after = Frame(raw, 24, FrameSource.WINDOW)
        pictures = {
            "expected": before.to_image(),
            "actual": after.to_image(),
            "difference": difference_picture(before, after),
        }
        for kind, image in pictures.items():
            (folder / f"{number}.{kind}.png").write_bytes(png(image))
        (folder / "logs" / f"{number}.log").write_text("(II) a line of a server's log\n" * 100)
    return tuple(
        FrameResult(
            name="shown",
            golden=f"suite/test-{number // 5}/shown.png",
            verdict="mismatch",
            depth=24,
            size=(128, 128),
            total=128 * 128,
            differing=1200,
            box=(30, 40, 60, 20),
            worst="blue -255",
            text="1200 of 16384 pixels differ, worst channel blue -255, first at (30, 40)",
            pictures={
                kind: f"{number % _PICTURES}.{kind}.png"
                for kind in ("expected", "actual", "difference")
            },
        )
        for number in range(count)
    )


def _run(run: Run) -> Measurement:
    return lambda: run.seconds * 1000


def _size(files: Iterable[Path]) -> float:
    """Together, in MB."""
    return sum(path.stat().st_size for path in files if path.is_file()) / 1e6


def _read_by_list(report: Path) -> list[Path]:
    return [report / "index.html", report / "data" / "index.js", *(report / "assets").iterdir()]


@contextmanager
def _browser() -> Iterator[Any]:
    """A headless browser, or None where there is none."""
    program = next(filter(None, map(shutil.which, _BROWSERS)), None)
    with ExitStack() as stack:
        if program is None or importlib.util.find_spec("playwright") is None:
            yield None
            return
        from playwright.sync_api import sync_playwright

        driver = stack.enter_context(sync_playwright())
        # Containers run as root, where Chromium has no sandbox.
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        stack.callback(browser.close)
        yield browser


def _opened(browser: Any, folder: Path) -> list[Variant]:
    report = (folder / "report").as_uri()
    second = "one second"
    return [
        Variant(second, lambda: 1000.0),
        *(
            Variant(f"{name} opens", _opening(browser, f"{report}/{page}"), OPENING_AIM, second)
            for name, page in _PAGES.items()
        ),
    ]


def _opening(browser: Any, address: str) -> Measurement:
    """From the start of the navigation to the first row, or the first picture, in ms."""

    def run() -> float:
        page = browser.new_context().new_page()
        began = time.perf_counter()
        page.goto(address)
        page.wait_for_selector(_SHOWN)
        took = time.perf_counter() - began
        page.context.close()
        return took * 1000

    return run


def _heap(browser: Any, address: str) -> Measurement:
    """The memory (MB) that scripts of a page hold once garbage is collected."""

    def run() -> float:
        page = browser.new_context().new_page()
        if address != _EMPTY:
            page.goto(address)
            page.wait_for_selector(_SHOWN)
        session = page.context.new_cdp_session(page)
        session.send("HeapProfiler.collectGarbage")
        used = session.send("Runtime.getHeapUsage")["usedSize"]
        page.context.close()
        return float(used) / 1e6

    return run
