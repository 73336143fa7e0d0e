# SPDX-License-Identifier: MIT
"""The promises of the protocol that hold in every test, and the search for broken ones."""

from types import ModuleType
from typing import Any

from harness.timeline.model.builder import build_history
from harness.timeline.record import Timeline
from harness.timeline.rules import (
    contexts,
    messages,
    pairs,
    present_events,
    randr_changes,
    randr_events,
    redirections,
    serial_groups,
)
from harness.timeline.rules.base import Family, Rule, Violation
from harness.timeline.rules.pairs import pair_group

__all__ = ["RULES", "Family", "Rule", "Violation", "check"]


def _rules(*modules: ModuleType) -> list[Any]:
    """The rules that these modules define, in order."""
    values = [value for module in modules for value in vars(module).values()]
    return [value for value in values if isinstance(value, Rule)]


_PRESENT_RULES = _rules(present_events)
_PAIR_RULES = _rules(pairs)
_GROUP_RULES = [*_PAIR_RULES, *_rules(serial_groups)]
_OTHER_RULES = _rules(messages, contexts, redirections, randr_events, randr_changes)

RULES: tuple[Rule[Any], ...] = (*_PRESENT_RULES, *_GROUP_RULES, *_OTHER_RULES)


def check(timeline: Timeline, family: Family) -> list[Violation]:
    """Every broken promise in ``timeline``, in order of time.

    ``family`` says how the server presents; rules that do not hold there stay silent.  No
    legal use of a good server, however loaded, gives a violation.
    """
    history = build_history(timeline)
    groups = [
        pair_group(history, family, group, _PAIR_RULES) for group in history.serial_groups.values()
    ]
    judged: list[tuple[Any, Any]] = [(rule, history) for rule in _PRESENT_RULES]
    judged += [(rule, group) for rule in _GROUP_RULES for group in groups]
    judged += [(rule, history) for rule in _OTHER_RULES]
    found = [one for rule, subject in judged for one in rule.check(subject, family)]
    return sorted(found, key=lambda one: one.entries[-1].time)
