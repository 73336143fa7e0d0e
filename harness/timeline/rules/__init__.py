# SPDX-License-Identifier: MIT
"""The promises of Present and RANDR that hold in every test, and the search for broken ones."""

from harness.timeline.model.present import PresentHistory
from harness.timeline.record import Timeline
from harness.timeline.rules import changes, contexts, events, notices, redirections, serial_groups
from harness.timeline.rules.base import Family, Rule, Violation

__all__ = ["RULES", "Family", "Rule", "Violation", "check"]

RULES: tuple[Rule, ...] = (
    *events.RULES,
    *serial_groups.RULES,
    *contexts.RULES,
    *redirections.RULES,
    *notices.RULES,
    *changes.RULES,
)


def check(timeline: Timeline, family: Family) -> list[Violation]:
    """Every broken promise in ``timeline``, in order of time.

    ``family`` says how the server presents; rules that do not hold there stay silent.  No
    legal use of a good server, however loaded, gives a violation.
    """
    model = PresentHistory.of(timeline)
    found = [violation for rule in RULES for violation in rule.check(model, family)]
    return sorted(found, key=lambda one: one.entries[-1].time)
