# SPDX-License-Identifier: MIT
"""Run the suites again and again, each time in another random order, while others use the machine.

Status 0: no test failed and all runs were alike.  1: not so.  2: interrupted, or pytest refused
its arguments.
"""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tools.steady import differences
from tools.steady.load import Load
from tools.steady.runner import Run, run

_REFUSED = (2, 3, 4, 5)
"""How pytest ends when it could not run its tests: the next run would end so too."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status, once all runs are over, or Ctrl-C or SIGTERM came."""
    parser = argparse.ArgumentParser(prog="python -m tools.steady", description=__doc__)
    parser.add_argument("runs", type=_count, metavar="RUNS", help="how often, such as 10")
    parser.add_argument(
        "--load", type=int, default=os.cpu_count() or 1, metavar="N", help="processors to keep busy"
    )
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="where failed runs are kept (default: results)"
    )
    parser.add_argument("pytest", nargs=argparse.REMAINDER, metavar="ARG", help="for pytest")
    chosen = parser.parse_args(arguments)
    folder = chosen.keep or Path("results") / time.strftime("steady-%Y%m%dT%H%M%SZ", time.gmtime())
    folder.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.default_int_handler)
    runs: list[Run] = []
    try:
        with Load(chosen.load):
            _repeat(runs, chosen.runs, chosen.pytest, folder.absolute())
    except KeyboardInterrupt:
        # Between two runs; the one that it breaks off says so itself.
        pass
    text = "\n".join(differences.table(runs))
    print(text)
    (folder / "summary.txt").write_text(text + "\n", encoding="utf-8")
    whole = len(runs) == chosen.runs and not runs[-1].broken_off
    if all(one.good for one in runs):
        print(f"kept in {folder / 'summary.txt'}")
    if not whole:
        return 2
    return 0 if differences.steady(runs) else 1


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"expected a number of runs such as 10, got {text!r}")
    return int(text)


def _repeat(runs: list[Run], count: int, arguments: Sequence[str], folder: Path) -> None:
    for number in range(1, count + 1):
        done = run(number, secrets.randbelow(2**32), arguments, folder)
        runs.append(done)
        print(differences.progress(done, count), flush=True)
        if done.status in _REFUSED and not done.broken_off:
            text = done.kept.with_suffix(".log").read_text(encoding="utf-8", errors="replace")
            print(text, file=sys.stderr)
        if done.broken_off or done.status in _REFUSED:
            return


if __name__ == "__main__":
    sys.exit(main())
