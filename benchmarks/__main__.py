# SPDX-License-Identifier: MIT
"""The command line: ``python -m benchmarks [NAME ...] [--rounds N] [--quick]``."""

import argparse
import importlib.util
import shutil
import sys
from collections.abc import Sequence

from benchmarks.machine import machine
from benchmarks.measure import measure
from benchmarks.sections import (
    builds,
    capture,
    compare,
    memory,
    peak,
    plugin,
    proxy,
    recording,
    report,
    results,
    start,
    suites,
    tests,
    valgrind,
)
from benchmarks.table import summary, table

SECTIONS = {
    "start": start.section,
    "flip-start": start.flip_section,
    "tests": tests.section,
    "suites": suites.section,
    "suites-wall": suites.wall_section,
    "results": results.section,
    "capture": capture.section,
    "compare": compare.section,
    "plugin": plugin.section,
    "memory": memory.section,
    "peak": peak.section,
    "trips": proxy.round_trips,
    "images": proxy.images,
    "record": recording.round_trips,
    "record-images": recording.images,
    "report": report.opening,
    "weight": report.weight,
}
if importlib.util.find_spec("mesonbuild") or shutil.which("meson"):
    SECTIONS["builds"] = builds.section
if shutil.which("valgrind"):
    SECTIONS["valgrind"] = valgrind.section


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 0 also when an aim is missed, for a busy machine misses them all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="*", metavar="NAME", help=f"of {', '.join(SECTIONS)}")
    parser.add_argument("--rounds", type=_positive, metavar="N", help="how often to measure each")
    parser.add_argument("--quick", action="store_true", help="one small round: does it all work?")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.name) - SECTIONS.keys())
    if unknown:
        parser.error(f"{unknown[0]} is not one of {', '.join(SECTIONS)}")
    print(machine(), flush=True)
    all_measured = []
    for name in options.name or SECTIONS:
        with SECTIONS[name](options.quick) as section:
            rounds = options.rounds or (1 if options.quick else section.rounds)
            measured = measure(section, rounds)
        print(f"\n{table(name, section, measured)}", flush=True)
        all_measured += measured
    print(f"\n{summary(all_measured)}")
    return 0


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


if __name__ == "__main__":
    sys.exit(main())
