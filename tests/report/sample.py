# SPDX-License-Identifier: MIT
"""A run with a test of every outcome, and the files that it left."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from harness.goldens.files import png
from harness.pixels.comparison import compare, difference_picture
from harness.pixels.frame import Frame, FrameSource
from harness.pixels.image_encoding import pixel_type
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

TIMELINE = """\
<svg xmlns="http://www.w3.org/2000/svg" width="560" height="60" viewBox="0 0 560 60">
<title>Presentations of two windows</title>
<g fill="none" stroke="currentColor"><path d="M10 20h540M10 40h540"/></g>
<rect x="40" y="12" width="90" height="16" fill="#7aa7e8" style="fill: url(//elsewhere.example)"
 onclick="document.title='acted'"><title>PresentPixmap serial 1</title></rect>
<a href="https://elsewhere.example/"><text><animate attributeName="href"
 values="javascript:document.title='acted'"/>here</text></a>
<embed xmlns="http://www.w3.org/1999/xhtml" src="javascript:parent.document.title='acted'"/>
<style>@import url(https://elsewhere.example/); body { display: none }</style>
<script>document.title = 'acted'</script>
</svg>
"""
SECRET = "not of this run"
LOG = """\
The X.Org Foundation
<script>document.title = 'acted'</script>
---- the test begins here ----
Backtrace: none
"""

SERVERS = {
    "xvfb": ServerIdentity(
        name="xvfb",
        kind="xvfb",
        vendor="X.Org",
        version="21.1.7",
        package="xvfb 2:21.1.7-3+deb12u9",
        program="/usr/bin/Xvfb",
    ),
    "xwayland@trixie": ServerIdentity(
        name="xwayland@trixie", kind="xwayland", vendor="X.Org", version="24.1.6"
    ),
}


def frame(depth, width=64, height=48, start=0):
    """A frame of many values: ``start`` is that of its first pixel."""
    count = np.arange(start, start + width * height, dtype=np.uint64).reshape(height, width)
    return Frame(
        (count * 2654435761 & (1 << depth) - 1).astype(pixel_type(depth)),
        depth,
        FrameSource.PIXMAP,
    )


def changed(before, *places):
    """``before`` with other pixels at ``places`` (x, y)."""
    raw = before.raw.copy()
    for x, y in places:
        raw[y, x] ^= 1
    return Frame(raw, before.depth, before.source)


def checked(folder, name, before, after):
    """The result of a check of ``after`` against ``before``, with its pictures in ``folder``."""
    comparison = compare(before, after)
    pictures = {"expected": before.to_image(), "actual": after.to_image()}
    if before.size == after.size:
        pictures["difference"] = difference_picture(before, after)
    place = folder / "frames"
    place.mkdir(exist_ok=True)
    for kind, image in pictures.items():
        (place / f"{name}.{kind}.png").write_bytes(png(image))
    box = comparison.box
    return FrameResult(
        name=name,
        golden=f"present/test-frames/{name}.png",
        verdict=str(comparison.verdict),
        depth=after.depth,
        size=(after.width, after.height),
        total=comparison.total,
        differing=comparison.differing,
        box=box and (box.x, box.y, box.width, box.height),
        worst=str(comparison.worst or ""),
        text=str(comparison),
        digest=after.digest,
        pictures={kind: f"frames/{name}.{kind}.png" for kind in pictures},
    )


def frames(folder):
    """Frames of every depth that differ in a few pixels, one of another size, one that matches."""
    found = []
    for depth in (1, 8, 15, 16, 24, 30, 32):
        before = frame(depth)
        found.append(checked(folder, f"depth-{depth}", before, changed(before, (5, 3), (60, 40))))
    found.append(checked(folder, "larger", frame(24), frame(24, 80, 50)))
    missing = replace(found[4], name="new", verdict="missing", differing=0, worst="", box=None)
    found.append(
        replace(
            missing,
            golden="present/test-frames/new.png",
            text="there is no golden for this frame (64x48 depth 24)",
            pictures={"actual": "frames/depth-24.actual.png"},
        )
    )
    found.append(
        FrameResult(
            name="same",
            golden="present/test-frames/same.png",
            verdict="match",
            depth=24,
            size=(64, 48),
            total=64 * 48,
        )
    )
    return tuple(found)


CAUSES = {
    Outcome.RULE: Cause(CauseKind.RULE, "idle-once", "presentproto 8, PresentIdleNotify"),
    Outcome.GOLDEN: Cause(CauseKind.GOLDEN, "present/test-frames/depth-24.png"),
    Outcome.EXPECTED: Cause(
        CauseKind.BUG,
        "xserver!1461",
        "https://gitlab.freedesktop.org/xorg/xserver/-/merge_requests/1461",
    ),
    Outcome.SKIPPED: Cause(CauseKind.NEED, "needs 2 CRTCs, Xvfb 21.1.7 has 1"),
    Outcome.FAILED: Cause(CauseKind.EXCEPTION, "AssertionError"),
}


STEPS = """\
0001.png  presenter -> CreateWindow
0001.png  presenter -> MapWindow <b>
0002.png  presenter -> Pixmap serial=1
0003.png  presenter <- Complete serial=1
../../../secret.png  presenter -> Pixmap serial=2
"""


def sample(folder: Path, passed: int = 30) -> Run:
    """The run; its files are written into ``folder``."""
    kept = folder / "test_rules"
    (folder.parent / "secret.txt").write_text(SECRET)
    kept.mkdir(parents=True)
    (kept / "timeline.svg").write_text(TIMELINE)
    (kept / "server.log").write_text(LOG)
    (kept / "timeline.txt").write_text("\n".join(f"{n:8.3f}  presenter" for n in range(4000)))
    watched = kept / "watch"
    watched.mkdir()
    for number in (1, 2, 3):
        (watched / f"000{number}.png").write_bytes(png(frame(24, start=number).to_image()))
    (watched / "steps.txt").write_text(STEPS)
    tests = []
    for number, outcome in enumerate(Outcome):
        tests.append(
            TestResult(
                id=f"suites/{'randr' if number % 2 else 'present'}/test_{outcome.name.lower()}.py"
                f"::test_ends_{outcome.name.lower()}[xvfb-<b>{number}</b>]",
                server="xvfb",
                outcome=outcome,
                cause=CAUSES.get(outcome),
                message=""
                if outcome is Outcome.PASSED
                else f"It is {outcome}: <img src=x>\n  and more",
                durations=Durations(setup=0.01, call=0.5 * number, teardown=0.003),
                assertions=("PRE-017", "PRE-086"),
                command=f"pytest 'suites/test_{outcome.name.lower()}.py::test_it[{number}]'",
                observations={"torn reads": "18 of 150"} if outcome is Outcome.PASSED else {},
                frames=frames(folder) if outcome is Outcome.GOLDEN else (),
                files={
                    "timeline picture": "test_rules/timeline.svg",
                    "timeline": "test_rules/timeline.txt",
                    "log": "test_rules/server.log",
                    "gone": "test_rules/gone.txt",
                    "outside": "../secret.txt",
                }
                if outcome is Outcome.RULE
                else {"steps": "test_rules/watch/steps.txt"}
                if outcome is Outcome.HUNG
                else {},
            )
        )
    for number in range(passed):
        tests.append(
            TestResult(
                id=f"suites/composite/test_many.py::test_window_is_shown[xwayland@trixie-{number}]",
                server="xwayland@trixie",
                outcome=Outcome.PASSED,
                durations=Durations(call=0.02 * (number % 7)),
                command=f"pytest 'suites/composite/test_many.py::test_window_is_shown[{number}]'",
            )
        )
    return Run(
        id="20261129T142320Z-5c0e21",
        started="2026-11-29T14:23:20Z",
        seconds=83.5,
        command=("pytest", "suites/", "--server", "xvfb"),
        versions={"pytest": "8.3.4", "Python": "3.11.7"},
        machine={"system": "Debian 12", "processors": "2"},
        seed="1234",
        notes=("Xvfb ended badly after the last test",),
        servers=SERVERS,
        tests=tuple(tests),
    )
