# SPDX-License-Identifier: MIT
"""Measure what of an X server's code the suites run, and which single faults in it they notice."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from harness.errors import HarnessError
from harness.termination import terminated_as_interrupted
from tools.reach.coverage import command as coverage
from tools.reach.mutants import command as mutants


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status of the command."""
    parser = argparse.ArgumentParser(prog="python -m tools.reach", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    coverage.add_to(commands)
    mutants.add_to(commands)
    chosen = parser.parse_args(arguments)
    try:
        with terminated_as_interrupted():
            status: int = chosen.run(chosen)
            return status
    except (HarnessError, OSError) as error:
        print(f"reach: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("reach: interrupted; the same command goes on from here", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
