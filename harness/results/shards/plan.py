# SPDX-License-Identifier: MIT
"""Which shard of a suite has which test."""

import hashlib
import heapq
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.errors import HarnessError
from harness.results.run import ShardIdentity
from harness.results.shards.durations import SuiteDurations


class NoShard(HarnessError):
    """A text does not name a shard."""


@dataclass(frozen=True, slots=True)
class Shard:
    """The part ``number`` (from 1) of a suite that is divided into ``of``."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def shard_named(text: str) -> Shard:
    """The shard of a text such as ``2/4``.  Raises NoShard."""
    found = re.fullmatch(r"(\d{1,4})/(\d{1,4})", text, re.ASCII)
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        most = " of at most 9999 shards" if found is None and re.match(r"\d+/\d{5}", text) else ""
        raise NoShard(f"expected a shard such as 2/4, from 1/4 to 4/4{most}, got {text!r}")
    return Shard(int(found[1]), int(found[2]))


@dataclass(frozen=True, slots=True)
class SuiteTest:
    """A test by its id, with the server that it is run on, empty for a test without."""

    id: str
    server: str

    @property
    def unit(self) -> tuple[str, str]:
        """What is not divided: the tests of one file on one server, which have one known mean."""
        return self.id.partition("::")[0], self.server


def divide(tests: Sequence[SuiteTest], of: int, durations: SuiteDurations) -> Mapping[str, int]:
    """The number (1 to ``of``) of the shard of each test, by its id.

    It follows from the tests, whatever their order.  The slowest units are given away first, each
    to the shard that has the least to do.
    """
    sizes = Counter(test.unit for test in tests)
    seconds = {unit: count * durations.of(*unit) for unit, count in sizes.items()}
    shards = [(0.0, number) for number in range(1, of + 1)]
    placed: dict[tuple[str, str], int] = {}
    for unit in sorted(sizes, key=lambda one: (-seconds[one], one)):
        load, number = shards[0]
        heapq.heapreplace(shards, (load + seconds[unit], number))
        placed[unit] = number
    return {test.id: placed[test.unit] for test in tests}


def identity_of_shard(
    shard: Shard, divided: Mapping[str, int], servers: Iterable[str]
) -> ShardIdentity:
    """What a run says of its part of the suite that was ``divided`` so."""
    ordered = sorted(divided)
    return ShardIdentity(
        numbers=(shard.number,),
        of=shard.of,
        tests=len(ordered),
        suite=_digest(ordered),
        plan=_digest(f"{divided[test]} {test}" for test in ordered),
        servers=tuple(servers),
    )


def _digest(lines: Iterable[str]) -> str:
    text = "\n".join(lines).encode(errors="surrogatepass")
    return hashlib.sha256(text).hexdigest()[:16]
