# SPDX-License-Identifier: MIT
"""What a test shows when it fails, so that the same failure is told from another one."""

import re
from dataclasses import dataclass, replace

from harness.results.run import CauseKind, Outcome, TestResult
from harness.results.test_names import with_server

_GOOD = (Outcome.PASSED, Outcome.UNEXPECTED_PASS)
_NUMBER = re.compile(r"0x[0-9a-fA-F]+|\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class FailureSignature:
    """How a test failed; equal values are the same failure, on any server and in any run.

    ``test`` is its id on a server that is called as its kind.  ``cause`` is the rule, the golden,
    the exception or what else the results group it by.  ``words`` is the first line of the message
    without its numbers, where the cause is an exception, which alone says little; else it is empty.
    """

    test: str
    outcome: Outcome
    cause: str = ""
    words: str = ""

    def __str__(self) -> str:
        cause = self.cause.removeprefix(f"{CauseKind.EXCEPTION} ")
        words = ": ".join(filter(None, (cause, self.words)))
        return f"{self.outcome} ({words})" if words else str(self.outcome)

    def resembles(self, other: "FailureSignature") -> bool:
        """Whether both have the same cause, whatever its words: suites of other days say others."""
        return replace(self, words="") == replace(other, words="")


def failure_of(test: TestResult) -> FailureSignature | None:
    """The failure that the result shows; None for a test that passed.

    A skip and an expected failure are one too: no other result is the same.
    """
    if test.outcome in _GOOD:
        return None
    cause, words = "", ""
    if test.cause is not None:
        cause = f"{test.cause.kind} {test.cause.name}"
    if test.cause is None or test.cause.kind is CauseKind.EXCEPTION:
        words = _NUMBER.sub("#", test.message.strip().partition("\n")[0])
    if test.cause is not None:
        words = words.removeprefix(f"{test.cause.name}: ")
    return FailureSignature(test_of(test), test.outcome, cause, words)


def test_of(test: TestResult) -> str:
    """The id of the test on a server that is called as its kind: ``xvfb`` for ``xvfb@sid``."""
    return with_server(test.id, test.server, test.server.partition("@")[0])
