# SPDX-License-Identifier: MIT
"""The cost of writing what a session finds into results.json."""

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.measure import Section, Variant
from benchmarks.sections.suites import SAME_ORDER, processor_time
from benchmarks.sessions import ROOT

AIM = 1.03


@contextmanager
def section(quick: bool) -> Iterator[Section]:
    """The suites on Xvfb with results and without."""
    tests = "suites/present/test_version.py" if quick else "suites/"
    arguments = [tests, "--server", "xvfb", *SAME_ORDER]
    yield Section(
        f"pytest {tests} --server xvfb: processor time of the session and its servers",
        [
            Variant(
                "no results", processor_time(ROOT, [*arguments, "-o", "xharness_results=false"])
            ),
            Variant("results.json and its journal", processor_time(ROOT, arguments), AIM),
        ],
        rounds=3,
        unit="s",
    )
