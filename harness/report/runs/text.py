# SPDX-License-Identifier: MIT
"""A run, and what differs between runs, as text for a terminal."""

from collections import Counter
from collections.abc import Iterable, Sequence

from harness.inputs import printable
from harness.results.comparing.comparison import Row, RunComparison
from harness.results.run import Ended, Outcome, Run, ServerIdentity

SHOWN = 20
"""Of each kind of difference, unless all are wanted."""

SECTIONS = (
    ("regressions", "regressions"),
    ("fixes", "fixes"),
    ("excused", "expected now, failed before"),
    ("flakes", "flaky: failed, and passed on a fresh server"),
    ("changed", "other verdicts that changed"),
    ("new", "new tests"),
    ("gone", "tests that are gone"),
    ("partings", "where timelines part"),
    ("frames", "frames that changed"),
    ("observations", "observations that changed"),
    ("slower", "slower (s)"),
)
"""The parts of a comparison in the order of what matters, and their titles."""


def run_text(run: Run) -> str:
    """The run in a few lines: its servers, counts, and what went wrong."""
    counts = Counter(str(test.outcome) for test in run.tests)
    lines = [
        f"run       {run.id}, {run.started}, {run.seconds:.1f} s",
        f"ended     {run.ended}{'' if run.complete else ', not complete'}",
        *(f"server    {_server(server)}" for server in run.servers.values()),
        f"tests     {len(run.tests)}: " + _counts(counts.items()),
    ]
    if run.ended is Ended.BROKEN_OFF:
        lines.append("note      its process was killed: this is what its journal has")
    lines += [f"note      {note}" for note in run.notes]
    lines += [f"shard     {shard}" for shard in run.shards]
    bad = [test for test in run.tests if test.outcome.bad]
    flaky = [test for test in run.tests if test.outcome is Outcome.FLAKY]
    for test in (*bad, *flaky):
        first = test.message.partition("\n")[0]
        lines.append(f"{test.outcome}: {test.id}{f' - {first}' if first else ''}")
    return printable("\n".join(lines))


def _server(server: ServerIdentity) -> str:
    origin = server.package or server.commit
    parts = (server.vendor, server.version, f"({origin})" if origin else "", server.program)
    return " ".join((server.name, *filter(None, parts)))


def _counts(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts) or "none"


def comparison_text(comparison: RunComparison, shown: int = SHOWN) -> str:
    """The comparison with at most ``shown`` rows of each kind, 0 for all."""
    lines = [
        f"{letter}  {column.title}: {_counts(column.counts.items())}"
        f"{'' if column.complete else ' (not complete)'}"
        for letter, column in zip(letters(comparison), comparison.columns, strict=True)
    ]
    for name, title in SECTIONS:
        rows: Sequence[Row] = getattr(comparison, name)
        if not rows:
            continue
        lines += ["", f"{title}: {len(rows)}"]
        for row in rows[: shown or None]:
            lines += _row(row)
        if shown and len(rows) > shown:
            lines.append(f"  ... {len(rows) - shown} more (--all)")
    if not any(getattr(comparison, name) for name, _ in SECTIONS):
        lines += ["", "nothing differs"]
    return printable("\n".join(lines))


def _row(row: Row) -> list[str]:
    what = f", {row.what}" if row.what else ""
    values = " | ".join(value or "-" for value in row.values)
    first = row.message.partition("\n")[0]
    return [f"  {row.test}{what}", f"    {values}", *([f"    {first}"] if first else [])]


def letters(comparison: RunComparison) -> list[str]:
    """A short name for each column: A, B, ..."""
    return [chr(ord("A") + number % 26) for number in range(len(comparison.columns))]
