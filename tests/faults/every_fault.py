# SPDX-License-Identifier: MIT
"""A pytest plugin: each test runs once per ``--fault TEST=NAME``, on the double with that fault.

One session thus tries many faults; without the option every test runs on the honest double.
``--outcomes FILE`` gets one JSON list of test, fault and failure per line; an empty failure is
a test that passed.
"""

import json
from pathlib import Path

import pytest


def pytest_addoption(parser):
    parser.addoption("--fault", action="append", default=[], metavar="TEST=NAME")
    parser.addoption("--outcomes", type=Path, metavar="FILE")


@pytest.fixture(autouse=True)
def fault(request):
    """The fault of the server that this test runs on."""
    return request.param


def pytest_generate_tests(metafunc):
    test = metafunc.function.__name__
    chosen = metafunc.config.getoption("fault") or [f"{test}=honest"]
    names = [one.partition("=")[2] for one in chosen if one.startswith(f"{test}=")]
    metafunc.parametrize(
        "fault",
        [pytest.param(name, marks=pytest.mark.xserver(args=("-fault", name))) for name in names],
        indirect=True,
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    if report.failed or (report.when == "call" and report.passed):
        outcome = [item.function.__name__, item.callspec.params["fault"], report.longreprtext]
        with item.config.getoption("outcomes").open("a") as file:
            file.write(json.dumps(outcome) + "\n")
    return report
