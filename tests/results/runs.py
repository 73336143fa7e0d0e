# SPDX-License-Identifier: MIT
"""Small runs, as sessions would have found them."""

from harness.results.run import Outcome, Run, ServerIdentity, TestResult

XVFB = ServerIdentity(
    name="xvfb", kind="xvfb", vendor="X.Org", version="21.1.7", package="xvfb 2:21.1.7-3"
)
XEPHYR = ServerIdentity(name="xephyr", kind="xephyr", vendor="X.Org", version="21.1.16")


def passed(name, server="xvfb", **members):
    """The result of ``test.py::name`` on ``server``."""
    outcome = members.pop("outcome", Outcome.PASSED)
    return TestResult(id=f"test.py::{name}[{server}]", server=server, outcome=outcome, **members)


def failed(name, server="xvfb", **members):
    """The same, which failed."""
    return passed(name, server, **{"outcome": Outcome.FAILED, "message": "no", **members})


def run(*tests, **members):
    """A run of these tests."""
    known = {"xvfb": XVFB, "xephyr": XEPHYR}
    servers = {test.server: known[test.server] for test in tests if test.server in known}
    whole = {"id": "a", "started": "2026-11-29T14:00:00Z", "seconds": 9.0, "servers": servers}
    return Run(tests=tests, **{**whole, **members})
