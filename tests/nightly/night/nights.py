# SPDX-License-Identifier: MIT
"""Small nights, as their jobs and the nights before would have left them."""

from pathlib import Path

from harness.nightly.night.config import NightConfig, Policy
from harness.nightly.night.night import JobStatus, JobVerdict, Night
from harness.nightly.night.nights import PastNight
from harness.nightly.night.plan import NightJob, NightPlan, SuitesIdentity
from tests.results.runs import run

SUITES = SuitesIdentity(commit="c" * 40, digest="d" * 64)

JUDGED = JobVerdict(name="xvfb", server="xvfb", status=JobStatus.JUDGED, tests=1)


def day(number):
    """The id of the night of this day of November."""
    return f"202611{number:02}T020000Z-00000{number % 10}"


def plan(number=30, servers=("xvfb",), **members):
    """The plan of a night that judges these servers; ``members`` are of its policy."""
    return NightPlan(
        id=day(number),
        started=f"2026-11-{number:02}T02:00:00Z",
        file="nightly.toml",
        digest="e" * 64,
        config=NightConfig(servers=tuple(servers), policy=Policy(**members)),
        suites=SUITES,
        jobs=tuple(NightJob(server=server) for server in servers),
    )


class Past(PastNight):
    """A night before whose run is not read from a file."""

    def __init__(self, night, found):
        super().__init__(Path("/nowhere"), night)
        self.__dict__["run"] = found


def past(number, *tests, servers=None, **members):
    """The night of this day, with these results; ``members`` are of its verdict."""
    started = f"2026-11-{number:02}T02:00:00Z"
    night = Night(id=day(number), started=started, **members)
    judged = {} if servers is None else {"servers": servers}
    return Past(night, run(*tests, id=day(number), started=started, **judged))
