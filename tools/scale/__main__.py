# SPDX-License-Identifier: MIT
"""The tables of docs/scale.md, simulated with the durations of the suites.

``python -m tools.scale --write`` writes them, ``--check`` finds out whether they are stale.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.results.shards.durations import read_durations
from tools.reference import with_tables
from tools.scale.simulation import Costs, Flavour, Night, NightCost, sessions_of, simulate

BEGIN = "<!-- Made by `python -m tools.scale --write`; do not edit. -->\n"
ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "scale.md"
DURATIONS = ROOT / "suites" / "durations.json"

COSTS = Costs(start=1.5, collect=0.0014, build=170.0, workers=2)
"""Measured on two processors; a build is one of Xvfb, Xephyr and Xorg with the dummy driver."""

FLAVOURS = (
    Flavour("plain", slower=1.0, longer=1.0, of="plain"),
    Flavour("sanitized", slower=1.4, longer=2.0, of="sanitized"),
    Flavour("valgrind", slower=3.5, longer=0.0, of="plain"),
)
"""Measured on 244 tests, on Xvfb."""

NIGHT = Night(
    builds=12,
    kinds=("xvfb", "xephyr", "xorg", "xvnc", "xwayland", "x2gokdrive"),
    flavours=FLAVOURS,
)
MACHINES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
SHARDS = (1, 2, 4, 8, 16)


def nights() -> list[NightCost]:
    """All nights: each number of machines with each number of shards."""
    durations = read_durations(DURATIONS)
    found = []
    for shards in SHARDS:
        sessions = sessions_of(NIGHT, shards, durations, COSTS)
        found += [simulate(NIGHT, machines, shards, sessions, COSTS) for machines in MACHINES]
    return found


def machines_table(all_nights: Sequence[NightCost]) -> str:
    """A row for each number of machines, with the shards that end its night first."""
    lines = ["| machines | shards | night | machine hours | in use |", "|--:|--:|--:|--:|--:|"]
    for machines in MACHINES:
        fitting = [night for night in all_nights if night.machines == machines]
        # A number of shards that saves less than a hundredth is not worth its sessions.
        least = min(night.seconds for night in fitting)
        best = min(
            (night for night in fitting if night.seconds <= 1.01 * least),
            key=lambda night: night.shards,
        )
        lines.append(
            f"| {machines} | {best.shards} | {_clock(best.seconds)} | {best.work / 3600:.1f} "
            f"| {best.used:.0%} |"
        )
    return "\n".join(lines) + "\n"


def shards_table(all_nights: Sequence[NightCost]) -> str:
    """A row for each number of shards: what they cost, and the shortest night that they allow."""
    lines = ["| shards | sessions | machine hours | shortest night |", "|--:|--:|--:|--:|"]
    sessions = NIGHT.builds * len(NIGHT.kinds) * len(NIGHT.flavours)
    for shards in SHARDS:
        fitting = [night for night in all_nights if night.shards == shards]
        shortest = min(fitting, key=lambda night: (round(night.seconds), night.machines))
        lines.append(
            f"| {shards} | {sessions * shards} | {shortest.work / 3600:.1f} "
            f"| {_clock(shortest.seconds)} on {shortest.machines} |"
        )
    return "\n".join(lines) + "\n"


def _clock(seconds: float) -> str:
    minutes = round(seconds / 60)
    return (
        f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{seconds / 60:.1f} min"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when done or up to date, 1 when ``--check`` found that the page is stale."""
    parser = argparse.ArgumentParser(prog="python -m tools.scale", description=__doc__)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help="write the tables")
    action.add_argument("--check", action="store_true", help="say whether they are stale")
    chosen = parser.parse_args(arguments)
    text, all_nights = PAGE.read_text(encoding="utf-8"), nights()
    made = with_tables(text, machines_table(all_nights), shards_table(all_nights), begin=BEGIN)
    if chosen.write:
        PAGE.write_text(made, encoding="utf-8")
    elif made != text:
        print("docs/scale.md is stale: run python -m tools.scale --write")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
