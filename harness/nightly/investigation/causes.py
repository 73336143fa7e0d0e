# SPDX-License-Identifier: MIT
"""What four runs of a new failure say of its cause: a table."""

from dataclasses import dataclass
from enum import StrEnum


class FailureOrigin(StrEnum):
    """What brought a failure."""

    PRODUCT = "product"
    """The server: its sources have changed."""
    TEST = "test"
    """The suites, or the harness that comes with them."""
    MACHINE = "machine"
    """What both run on: packages, kernel, load."""
    CHANCE = "chance"
    """It comes now and then."""
    UNKNOWN = "cannot tell"


class RunResult(StrEnum):
    """What one of the four runs showed."""

    FAILS = "fails"
    """In the same way."""
    PASSES = "passes"
    UNTOLD = "untold"
    """It could not be run, or failed in another way."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The ``origin`` of a failure, and ``why``: what the runs have in common."""

    origin: FailureOrigin
    why: str


_PRODUCT = Conclusion(
    FailureOrigin.PRODUCT,
    "it fails on this build with either suites, and passes on the last good build with either",
)
_TEST = Conclusion(
    FailureOrigin.TEST,
    "it fails with these suites on either build, and passes with the last good suites on either",
)
_MACHINE = Conclusion(
    FailureOrigin.MACHINE,
    "it fails with the suites and the build of the last good night too, which passed then: what "
    "they run on has changed",
)


def _unknown(why: str) -> Conclusion:
    return Conclusion(FailureOrigin.UNKNOWN, why)


_SAME_BUILD = _unknown(
    "it fails on the very build on which it passed, and older suites cannot be run: the suites or "
    "the machine have changed, or it comes now and then"
)


_F, _P = RunResult.FAILS, RunResult.PASSES

_FAILS_AGAIN = {
    (_P, _P, _P): _unknown(
        "it needs these suites and this build together: a test that has changed shows a server "
        "that has changed; read both changes"
    ),
    (_P, _P, _F): _unknown(
        "it fails where both are of one night and passes where they are mixed: no single change "
        "does that; it may come now and then"
    ),
    (_P, _F, _P): _TEST,
    (_P, _F, _F): _unknown(
        "it fails on the last good build with either suites, though it passed there, and on this "
        "build with these suites only: the machine has changed as well, or it comes now and then"
    ),
    (_F, _P, _P): _PRODUCT,
    (_F, _P, _F): _unknown(
        "it fails with the last good suites on either build, though they passed, and with these "
        "suites on this build only: the machine has changed as well, or it comes now and then"
    ),
    (_F, _F, _P): _unknown(
        "either these suites or this build brings it: both have changed, and each fails with the "
        "other's old side; look at both changes"
    ),
    (_F, _F, _F): _MACHINE,
}
"""By what the old suites on this build, these on the old build, and both old ones show."""


def conclude(
    again: RunResult,
    old_suites: RunResult,
    old_build: RunResult,
    both_old: RunResult,
    *,
    same_build: bool = False,
) -> Conclusion:
    """The cause of a failure by its four runs.

    They are the same ``again``, with the suites of the last good night, on its build, with both.
    A run that is untold does not matter where all that it could show means the same.  With
    ``same_build`` the build is that of the last good night.
    """
    match again:
        case RunResult.PASSES:
            return _chance(old_suites, old_build, both_old)
        case RunResult.UNTOLD:
            return _unknown("the same run again could not be told")
    found = {
        _FAILS_AGAIN[one, two, three]
        for one in _possible(old_suites)
        for two in _possible(old_build)
        for three in _possible(both_old)
    }
    if len(found) == 1:
        return found.pop()
    if old_suites is both_old is RunResult.UNTOLD:
        return _SAME_BUILD if same_build else _by_build(old_build)
    if old_build is both_old is RunResult.UNTOLD:
        return _by_suites(old_suites)
    origins = {one.origin for one in found} - {FailureOrigin.UNKNOWN}
    possible = f"the cause may be {' or '.join(sorted(origins))}" if origins else "none is certain"
    return _unknown(f"without the runs that are missing {possible}")


def with_flakes(conclusion: Conclusion, flaky: int, judged: int) -> Conclusion:
    """The cause of a failure that came and went in ``flaky`` of ``judged`` earlier runs.

    It is chance, unless the runs tell that it comes from the product or the test.
    """
    known = FailureOrigin.PRODUCT, FailureOrigin.TEST, FailureOrigin.CHANCE
    if not flaky or conclusion.origin in known:
        return conclusion
    runs = "run" if judged == 1 else "runs"
    return Conclusion(
        FailureOrigin.CHANCE,
        f"it is a known flake, which failed more than once this time: flaky in {flaky} of {judged} "
        f"earlier {runs} with the same failure",
    )


def _possible(result: RunResult) -> tuple[RunResult, ...]:
    return (_F, _P) if result is RunResult.UNTOLD else (result,)


def _chance(*others: RunResult) -> Conclusion:
    names = ("the last good suites", "the last good build", "both of the last good night")
    came = [name for name, result in zip(names, others, strict=True) if result is _F]
    where = f"; it came with {', and with '.join(came)}" if came else ", nor in any other run"
    return Conclusion(
        FailureOrigin.CHANCE, f"the same suites on the same build do not fail again{where}"
    )


def _by_build(old_build: RunResult) -> Conclusion:
    """Without runs of older suites, since there are none, or none with this test."""
    if old_build is _P:
        return Conclusion(
            FailureOrigin.PRODUCT,
            "it fails on this build and passes on the last good one, by the same suites; older "
            "suites cannot be run",
        )
    if old_build is _F:
        return _unknown(
            "it fails on the last good build too, by the same suites, and older suites cannot be "
            "run: the test is wrong, or the server was wrong before"
        )
    return _unknown("neither the suites nor the build of the last good night can be run")


def _by_suites(old_suites: RunResult) -> Conclusion:
    """Without runs on an older build, since there is none."""
    if old_suites is _P:
        return Conclusion(
            FailureOrigin.TEST,
            "it fails with these suites and passes with the last good ones, on the same build; an "
            "older build cannot be run",
        )
    return _unknown(
        "it fails with the last good suites too, and an older build cannot be run: product or "
        "machine"
    )
