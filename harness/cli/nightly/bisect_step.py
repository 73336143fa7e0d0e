# SPDX-License-Identifier: MIT
"""``python -m harness.cli.nightly.bisect_step``: one step of ``git bisect run``.

The script in the folder of a bisection starts it.  It prints ``good``, ``bad`` or ``skip``, and
has the status 0 only then.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.errors import HarnessError
from harness.inputs import printable
from harness.nightly.bisecting.step import Workplace, judged

FAILED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the verdict on the commit that ``arguments`` name; the exit status."""
    parser = argparse.ArgumentParser(prog="bisect_step", description=__doc__)
    parser.add_argument("folder", help="the folder of the bisection")
    parser.add_argument("commit", help="its full name")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--scheduler", default="")
    chosen = parser.parse_args(arguments)
    place = Workplace(Path(chosen.folder), chosen.workers, chosen.scheduler)
    try:
        print(judged(place, chosen.commit, _say).verdict)
    except (HarnessError, OSError, KeyboardInterrupt) as error:
        _say(f"xharness: {str(error) or 'interrupted'}")
        return FAILED
    return 0


def _say(line: str) -> None:
    print(printable(line), file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
