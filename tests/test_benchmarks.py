# SPDX-License-Identifier: MIT
"""The benchmarks run and tell what they should; how fast anything is, is not tested."""

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.common_tests import common_tests
from benchmarks.measure import Result, Section, Variant, measure
from benchmarks.table import summary, table
from benchmarks.yardsticks.peers import Peers

ROOT = Path(__file__).resolve().parent.parent
ROW = re.compile(
    r"  (?P<name>.+?) +(?P<figure>-?[\d.]+) +\S+\.\.\S+ +(?P<ratio>-?[\d.]+) +\S+\.\.\S+"
    r"(?:  <= (?P<aim>[\d.]+): (?P<verdict>met|MISSED)|  of .+)?"
)
SECTIONS = (
    "start",
    "flip-start",
    "tests",
    "suites",
    "suites-wall",
    "results",
    "capture",
    "compare",
    "plugin",
    "memory",
)
SECTIONS += ("peak", "trips", "images", "record", "record-images", "report", "weight")
SECTIONS += ("builds",) if importlib.util.find_spec("mesonbuild") else ()
SECTIONS += ("valgrind",) if shutil.which("valgrind") else ()
BROWSER = importlib.util.find_spec("playwright") is not None and any(
    map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
)
AIMS = {
    "start": {"0.36"},
    "flip-start": {"1.1"},
    "tests": {"0.36", "0.08"},
    "suites": {"0.4"},
    "suites-wall": set(),
    "results": {"1.03"},
    "capture": {"3", "1.3"},
    "compare": {"1", "1.5"},
    "plugin": {"1.05"},
    "memory": {"1.05"},
    "peak": {"1"},
    "trips": {"2.5"},
    "images": set(),
    "record": {"1.25"},
    "record-images": {"1.3"},
    "report": {"0.03", "1"} if BROWSER else {"0.03"},
    "weight": set(),
    "builds": {"0.05"},
    "valgrind": {"0.25"},
}


def benchmarks(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )


@pytest.mark.parametrize("name", SECTIONS)
def test_section_prints_its_yardstick_peers_and_aims(name: str) -> None:
    """A quick run gives a line per variant, the first of ratio 1, and judges every aim."""
    done = benchmarks(name, "--quick")
    assert done.returncode == 0, done.stdout + done.stderr
    machine, versions = done.stdout.splitlines()[:2]
    assert " cores, " in machine
    assert versions.startswith("Xvfb ")
    rows = [found for line in done.stdout.splitlines() if (found := ROW.fullmatch(line))]
    assert float(rows[0]["ratio"]) == 1.0
    assert {row["aim"] for row in rows} - {None} == AIMS[name]
    judged = [row for row in rows if row["verdict"]]
    met = sum(row["verdict"] == "met" for row in judged)
    assert f"\n{met} of {len(judged)} aims met" in done.stdout


def test_versions_are_compared_by_the_tests_that_both_have(tmp_path: Path) -> None:
    """In whatever folder they are; a name that two tests share is compared with none."""
    older, newer = tmp_path / "older", tmp_path / "newer"
    both, twice = "def test_both(): pass\n", "def test_twice(): pass\n"
    files = {
        older / "test_a.py": f"{both}def test_gone(): raise SystemExit(1)\n",
        older / "test_b.py": twice,
        newer / "room/test_a.py": f"{both}def test_new(): raise SystemExit(1)\n",
        newer / "room/test_b.py": twice,
        newer / "other/test_b.py": twice,
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for checkout in (older, newer):
        (checkout / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\n")
        (checkout / ".venv").symlink_to(sys.prefix)
    with common_tests((older, newer), ["-n", "0"]) as (run, count):
        assert count == 1
        for checkout in (older, newer):
            run(checkout, ["-n", "0", f"--junit-xml={tmp_path / checkout.name}.xml"])
            assert 'tests="1"' in (tmp_path / f"{checkout.name}.xml").read_text()


def test_unknown_section_is_one_sentence() -> None:
    """A name that is no section is refused with the names that are."""
    done = benchmarks("stat")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith(f"stat is not one of {', '.join(SECTIONS)}")


def playing(figures: list[float], log: list[str], name: str) -> Callable[[], float]:
    """A run that gives these figures one after the other, and logs that it ran."""
    left = iter(figures)

    def run() -> float:
        log.append(name)
        return next(left)

    return run


def test_variants_take_turns_and_ratios_stay_within_a_round() -> None:
    """Each round starts with another variant; a slow round slows both sides of its ratios."""
    log: list[str] = []
    variants = [
        Variant("yardstick", playing([99, 1, 10, 100], log, "a")),
        Variant("ours", playing([1, 2, 20, 300], log, "b"), 2.0),
        Variant("other", playing([1, 8, 80, 800], log, "c"), None, "ours"),
    ]
    _, ours, other = measure(Section("title", variants, rounds=3), 3)
    assert "".join(log) == "abcbcacababc"
    assert (ours.figure, ours.ratios, ours.ratio, ours.met) == (20, [2, 2, 3], 2, True)
    assert (other.ratio, other.met) == (4, None)


def test_table_names_what_is_missed_and_what_is_missing() -> None:
    """An aim that is missed stands in its row and in the summary, a missing peer below."""
    peers = Peers()
    assert peers.module("there_is_no_such_module") is None
    assert peers.program("there-is-no-such-program", "build it") is None
    variants = [Variant("yardstick", float), Variant("ours", float, 0.5)]
    section = Section("a title", variants, rounds=2, missing=peers.missing, notes=["note well"])
    results = [Result(variants[0], [4, 4], [1, 1]), Result(variants[1], [3, 5], [0.75, 1.25])]
    text = table("name", section, results)
    assert text.startswith("name: a title\n")
    assert "3.00..5.00   1.000      0.75..1.25  <= 0.5: MISSED" in text
    assert "not measured: there_is_no_such_module is not installed (pip install" in text
    assert "not measured: there-is-no-such-program is not installed (build it)" in text
    assert "note: note well" in text
    assert summary(results) == "0 of 1 aims met; missed: ours"
