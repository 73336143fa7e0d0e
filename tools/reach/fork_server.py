# SPDX-License-Identifier: MIT
"""A plugin of pytest: what was collected once is run again and again, each time in a fork.

Jobs come and answers go as lines of JSON.  The first line out is the list of all tests.
"""

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

import harness
from harness.servers.process.reaper import REAPER

_OF_COMMANDS = ("harness.cli", "harness.farm", "harness.nightly")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the descriptors of both pipes."""
    group = parser.getgroup("reach")
    group.addoption("--reach-jobs", type=int, metavar="FD", required=True)
    group.addoption("--reach-answers", type=int, metavar="FD", required=True)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Serve jobs until there are no more; in a fork run the tests of its job as pytest does."""
    if session.testsfailed:
        # Some could not be collected, which pytest itself says.
        return None
    config = session.config
    items = {item.nodeid: item for item in session.items}
    with (
        os.fdopen(config.getoption("--reach-jobs"), encoding="utf-8") as jobs,
        os.fdopen(config.getoption("--reach-answers"), "w", encoding="utf-8") as answers,
    ):
        _import_all()
        _say(answers, list(items))
        for line in jobs:
            job = json.loads(line)
            if (child := os.fork()) == 0:
                _become(session, job, items)
                return None
            _say(answers, _awaited(child, job))
    return True


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep, in a fork, which test failed first, and why."""
    if report.failed and _Fork.report:
        crash = getattr(report.longrepr, "reprcrash", None)
        why = str(crash.message) if crash is not None else report.longreprtext[-500:]
        with Path(_Fork.report).open("a", encoding="utf-8") as file:
            _say(file, {"test": report.nodeid, "why": why})


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_unconfigure() -> Generator[None]:
    """End a fork when pytest is done: to take its memory apart needs more time than its tests."""
    yield
    if _Fork.session is not None:
        REAPER.end()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(int(_Fork.session.exitstatus))


class _Fork:
    """What a fork is told: its session, and the file for its failures."""

    session: pytest.Session | None = None
    report = ""


def _import_all() -> None:
    """Import what tests import when they run: each fork would do so anew."""
    for module in pkgutil.walk_packages(harness.__path__, "harness."):
        if not module.name.startswith(_OF_COMMANDS):
            with contextlib.suppress(ImportError):
                importlib.import_module(module.name)
    gc.freeze()


def _become(session: pytest.Session, job: dict[str, Any], items: dict[str, pytest.Item]) -> None:
    """Make this fork a session of the tests of ``job``."""
    log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    for standard in (1, 2):
        os.dup2(log, standard)
    os.environ.update(job["environment"])
    _Fork.session, _Fork.report = session, job["report"]
    session.items = [items[test] for test in job["tests"]]
    session.testscollected = len(session.items)
    session.config.option.maxfail = job["most_failures"]


def _awaited(child: int, job: dict[str, Any]) -> dict[str, Any]:
    """How the fork ended: its status, and whether its time was over."""
    handle = os.pidfd_open(child)
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        late = not poll.poll(job["seconds"] * 1000)
        if late:
            # What it has started ends with it: its reaper sees to that.
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    finally:
        os.close(handle)
    return {"status": os.waitstatus_to_exitcode(status), "late": late}


def _say(file: Any, what: object) -> None:
    file.write(json.dumps(what) + "\n")
    file.flush()
