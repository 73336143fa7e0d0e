# SPDX-License-Identifier: MIT
"""Lines that would have excused the new failures of runs, without the reasons for them."""

import re
from collections.abc import Mapping, Sequence

from harness.results.expectations.evidence import STATUSES, Evidence
from harness.results.expectations.reading import LINK, REASON
from harness.results.run import (
    Attempt,
    CauseKind,
    LineKind,
    Outcome,
    Run,
    ServerIdentity,
    TestResult,
)
from harness.servers.kinds.table import ServerKind
from harness.servers.version import Vendor

_PROTOCOL_ERROR = re.compile(r"got an? \w+ error for \w+")
_STEADY = re.compile(r"[^\s\d/]+(?: [^\s\d/]+)*")
"""Words of a message without numbers, ids and paths, which may differ each time."""

_MOST_WORDS = 8
_HEAD = """\
# Suggested by the run {runs}. These lines are refused until you write behind {reason}
# what is wrong with the server, and behind {link} where that is reported.
"""


def suggestion(runs: Sequence[Run]) -> Mapping[str, str]:
    """Expectation files, by their names, that name the new failures and flakes of ``runs``.

    Each group is for servers of one kind from the judged version on.
    """
    found: dict[LineKind, dict[str, dict[str, None]]] = {}
    for run in runs:
        for test in run.tests:
            kind, failure = _new(test)
            if kind is not None and failure is not None:
                groups = found.setdefault(kind, {})
                lines = groups.setdefault(_scope(run.servers.get(test.server)), {})
                lines[f"{test.id}, {_evidence(failure)}"] = None
    head = _HEAD.format(runs=", ".join(run.id for run in runs), reason=REASON, link=LINK)
    return {
        f"suggested-{kind}.txt": "\n".join([head, *(_group(*group) for group in groups.items())])
        for kind, groups in found.items()
    }


def _new(test: TestResult) -> tuple[LineKind | None, TestResult | Attempt | None]:
    """The kind of file to which ``test`` would belong, and what it failed by."""
    if test.outcome is Outcome.FLAKY and test.attempts:
        return LineKind.FLAKES, test.attempts[0]
    if test.outcome in STATUSES:
        return LineKind.FAILS, test
    return None, None


def _scope(server: ServerIdentity | None) -> str:
    """The keys for servers such as ``server``."""
    if server is None:
        return ""
    kinds = f"servers: {server.kind}\n" if server.kind in set(ServerKind) else ""
    known = server.vendor in set(Vendor)
    return kinds + (f"since: {server.vendor} {server.version}\n" if known else "")


def _group(scope: str, lines: Mapping[str, None]) -> str:
    return "\n".join([f"# {REASON}", f"# {LINK}", scope + "\n".join(lines)]) + "\n"


def _evidence(failure: TestResult | Attempt) -> Evidence:
    """As narrow as what is stored of the failure."""
    cause = failure.cause
    if cause is None or cause.kind not in (CauseKind.RULE, CauseKind.GOLDEN, CauseKind.EXCEPTION):
        return Evidence(failure.outcome)
    detail = _detail(failure.message, cause.name) if cause.kind is CauseKind.EXCEPTION else ""
    return Evidence(failure.outcome, cause.name, detail)


def _detail(message: str, exception: str) -> str:
    """The words of a failure that tell it from others and come again each time; empty if none."""
    if error := _PROTOCOL_ERROR.search(message):
        return error[0]
    name, _, said = message.strip().partition("\n")[0].partition(": ")
    if name != exception:
        return ""
    parts = [" ".join(words.split(" ")[:_MOST_WORDS]) for words in _STEADY.findall(said)]
    steady = [words for part in parts if (words := part.strip(" ([{,;:")).isprintable()]
    found = max(steady, key=len, default="")
    return "" if found == "assert" or not re.search(r"\w", found) else found
