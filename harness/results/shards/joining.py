# SPDX-License-Identifier: MIT
"""Whether runs are shards of one suite, and what their whole lacks."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from harness.errors import HarnessError
from harness.results.run import Outcome, Run, ShardIdentity, TestResult


class NotOneSuite(HarnessError):
    """Runs are shards of different suites, or of one that was divided in different ways."""


def joined(runs: Sequence[Run]) -> ShardIdentity | None:
    """The part of a suite that the shards among ``runs`` are together; None without shards.

    Runs that are whole, as all shards together are, may be of any suites.  Raises NotOneSuite.
    """
    parts = [(run, run.shard) for run in runs if run.shard is not None and not run.shard.whole]
    if not parts:
        whole = [run.shard for run in runs]
        return whole[0] if len(set(whole)) == 1 else None
    first_run, first = parts[0]
    for run, shard in parts[1:]:
        if difference := _difference(first, shard):
            raise NotOneSuite(
                f"results from two different suites: {first_run.id} is shard {first}, {run.id} is "
                f"shard {shard}; {difference}"
            )
    # A run that is whole already may be merged with a shard of it that was repeated.
    same_suite = [run.shard for run in runs if run.shard and not _difference(first, run.shard)]
    numbers = sorted({number for shard in same_suite for number in shard.numbers})
    return replace(first, numbers=tuple(numbers))


def _difference(one: ShardIdentity, other: ShardIdentity) -> str:
    """Why they are no shards of one suite, and what to do; empty when they are."""
    if one.of != other.of:
        return (
            f"expected shards of one number: run all with --shard I/{one.of}, or merge each apart"
        )
    if one.suite != other.suite:
        return (
            f"of suites of {one.tests} and {other.tests} tests, which are not the same: run all "
            f"from one commit, with the same tests, servers and options, or merge each apart"
        )
    if one.plan != other.plan:
        return "they were divided by other durations: give all the same --durations-from"
    return ""


def lacking(shard: ShardIdentity | None, tests: Iterable[TestResult]) -> list[str]:
    """What is not known though the shards should say it, in words; empty when nothing is lacking.

    That is shards that are missing, and servers that were named and skipped all of their tests.
    """
    if shard is None:
        return []
    if missing := [str(n) for n in range(1, shard.of + 1) if n not in shard.numbers]:
        return [
            f"missing of {shard.of} shards: {', '.join(missing)}; nothing is known of their tests"
        ]
    skipped: dict[str, list[bool]] = {name: [] for name in shard.servers}
    for test in tests:
        if test.server in skipped:
            skipped[test.server].append(test.outcome is Outcome.SKIPPED)
    return [
        f"{name}: {len(all_skipped)} {'test' if len(all_skipped) == 1 else 'tests'} skipped, none "
        f"run: nothing is known of it"
        for name, all_skipped in skipped.items()
        if all_skipped and all(all_skipped)
    ]
