# SPDX-License-Identifier: MIT
"""What an investigation found of each new failure, as values and in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from harness.inputs import printable
from harness.nightly.investigation.causes import Conclusion, RunResult
from harness.nightly.investigation.differences import NightDifferences
from harness.nightly.sessions.failure import FailureSignature
from harness.wording import counted

_SHOWN = 20
_MEANING = {
    RunResult.FAILS: "fails",
    RunResult.PASSES: "passes",
    RunResult.UNTOLD: "not known",
}


class Pairing(StrEnum):
    """Which suites judged which build in one of the four runs."""

    AGAIN = "the same again"
    OLD_SUITES = "last good suites"
    OLD_BUILD = "last good build"
    BOTH_OLD = "both last good"


@dataclass(frozen=True, slots=True)
class Observation:
    """What one of the runs showed of a failure; ``why`` says how that is known, or why it is not.

    It is empty for a run that was made and showed it.
    """

    result: RunResult
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedFailure:
    """A new failure with its four runs and what follows from them.

    ``test`` is its id in the run, ``server`` the name of the server.  ``files`` are evidence of
    the run again, ``script`` shows it alone, empty for none; ``note`` says why there is none.
    """

    test: str
    server: str
    failure: FailureSignature
    message: str
    conclusion: Conclusion
    observations: Mapping[str, Observation]
    files: Mapping[str, str] = field(default_factory=dict)
    script: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """All new failures of a run, and what differs from the last good one.

    ``left_out`` counts failures that there was no time for; ``seconds`` is what it took.
    """

    run: str
    good: str
    failures: tuple[ExplainedFailure, ...] = ()
    differences: NightDifferences = field(default_factory=NightDifferences)
    left_out: int = 0
    seconds: float = 0.0


def explanation_text(explanation: Explanation) -> str:
    """The explanation for a terminal."""
    return printable("\n".join(_lines(explanation)))


def _lines(explanation: Explanation) -> Iterator[str]:
    failures = counted(len(explanation.failures), "new failure")
    yield f"{failures} in {explanation.run} since {explanation.good}"
    for found in explanation.failures:
        yield ""
        yield f"{found.test}: {found.failure}"
        yield f"    {found.conclusion.origin}: {found.conclusion.why}"
        for name, seen in found.observations.items():
            why = f" ({seen.why.partition(chr(10))[0]})" if seen.why else ""
            yield f"    {name:17} {_MEANING[seen.result]}{why}"
        if found.script:
            yield f"    script            {found.script}"
        elif found.note:
            yield f"    no script         {found.note.partition(chr(10))[0]}"
    if explanation.left_out:
        yield ""
        yield f"{explanation.left_out} more were not investigated: the time was over (--seconds)"
    yield from _differences(explanation.differences)


def _differences(found: NightDifferences) -> Iterator[str]:
    sections = (
        ("servers that changed", found.servers),
        ("commits of the servers", found.server_commits),
        ("commits of the suites", found.suite_commits),
        ("goldens that changed", found.goldens),
        ("packages and machine", found.packages),
        ("not compared", found.unknown),
    )
    for title, rows in sections:
        if rows:
            yield ""
            yield f"{title}: {len(rows)}"
            yield from (f"    {row}" for row in rows[:_SHOWN])
            if len(rows) > _SHOWN:
                yield f"    ... {len(rows) - _SHOWN} more"
