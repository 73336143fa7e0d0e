# SPDX-License-Identifier: MIT
"""What a failure shows, and the evidence by which an expected one is recognised."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from harness.errors import HarnessError
from harness.results.run import Outcome
from harness.timeline.rules import RULES

STATUSES = (
    Outcome.FAILED,
    Outcome.CRASHED,
    Outcome.HUNG,
    Outcome.GOLDEN,
    Outcome.RULE,
    Outcome.LEFT_BEHIND,
    Outcome.SANITIZER,
    Outcome.ERROR,
)
"""How a test can fail."""

FATAL = frozenset({Outcome.CRASHED, Outcome.HUNG})

_FORM = re.compile(rf"({'|'.join(STATUSES)})(?::\s+(\S+)(?:\s+(.*\S))?)?\s*")
_RULE_NAMES = sorted(one.name for one in RULES)


class ExpectationError(HarnessError):
    """An expectation is not written as it must be."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that a failure shows.

    ``names`` are what evidence may call it: the rule, the golden and its short names, the class
    of the exception and those above it.  ``text`` has the words of the failure, of a golden the
    verdict and the digest of the captured picture.
    """

    outcome: Outcome
    names: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """What one phase of a test showed: the failure itself, and the rules that broke besides."""

    main: Sign
    besides: tuple[Sign, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """How an expected failure shows: its outcome, and if given the name of its cause.

    ``detail`` must be found in the words of the failure; of a picture it begins its digest.
    """

    outcome: Outcome
    name: str = ""
    detail: str = ""

    def __str__(self) -> str:
        words = f"{self.name} {self.detail}".strip()
        return f"{self.outcome}: {words}" if words else str(self.outcome)

    @property
    def specific(self) -> bool:
        """Whether it stands for one failure alone: a rule, a golden, an exception with its words.

        Without them an exception is each assertion of the test, each wait, each death.
        """
        by_name = self.outcome in (Outcome.RULE, Outcome.GOLDEN)
        return bool(self.detail or (by_name and self.name))

    def shown_by(self, sign: Sign) -> bool:
        """Whether ``sign`` is of this outcome, name and detail.

        A sanitizer reports what would crash a server or hang it, before it does.
        """
        if sign.outcome is Outcome.SANITIZER and self.outcome in FATAL:
            return True
        return (
            sign.outcome is self.outcome
            and (not self.name or self.name in sign.names)
            and self.detail in sign.text
        )


def parse_evidence(text: str) -> Evidence:
    """``STATUS`` or ``STATUS: NAME DETAIL``, such as ``rule violated: no-flip``.

    Raises ExpectationError for another status, a broken rule without its name, and a name that
    no rule has.
    """
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ExpectationError(
            f"expected a status ({', '.join(STATUSES)}), and what shows it behind a colon, such as "
            f"'failed: WaitTimeout' or 'rule violated: no-flip', got {text!r}"
        )
    outcome, name, detail = Outcome(found[1]), found[2] or "", found[3] or ""
    if outcome is Outcome.RULE and name not in _RULE_NAMES:
        raise ExpectationError(
            f"expected the name of a rule behind '{Outcome.RULE}:', got {name!r}; the rules are "
            f"{', '.join(_RULE_NAMES)}"
        )
    return Evidence(outcome, name, detail)


def parse_all(evidence: str | Iterable[str]) -> tuple[Evidence, ...]:
    """One or several of them.  Raises ExpectationError as ``parse_evidence`` does."""
    texts = (evidence,) if isinstance(evidence, str) else tuple(evidence)
    for text in texts:
        if not isinstance(text, str):
            raise ExpectationError(f"expected evidence as text, got {text!r}")
    return tuple(parse_evidence(text) for text in texts)
