# SPDX-License-Identifier: MIT
"""A timeline held against the rules."""

from collections.abc import Sequence
from operator import methodcaller

from harness.errors import HarnessError
from harness.timeline import rules
from harness.timeline.record import Timeline
from harness.timeline.text import violations_text

__tracebackhide__ = methodcaller("errisinstance", HarnessError)


class RuleViolated(HarnessError):
    """The server broke a rule that must hold for every timeline; ``violations`` say which."""

    def __init__(self, text: str, violations: Sequence[rules.Violation] = ()) -> None:
        super().__init__(text)
        self.violations = tuple(violations)


def enforce(timeline: Timeline, family: rules.Family) -> None:
    """Raise RuleViolated, with the entries, when the record so far breaks a rule."""
    violations = rules.check(timeline, family)
    if violations:
        raise RuleViolated(violations_text(violations, timeline), violations)
