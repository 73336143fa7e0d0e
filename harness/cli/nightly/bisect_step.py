# SPDX-License-Identifier: MIT
"""``python -m harness.cli.nightly.bisect_step``: one step of ``git bisect run``.

The script in the folder of a bisection starts it.  Exit status: 0 the commit is good, 1 it is bad,
125 it cannot be judged; 255 ends the bisection, since nothing can be judged.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.errors import HarnessError
from harness.inputs import printable
from harness.nightly.bisecting.step import Workplace, judged

_END, _INTERRUPTED = 255, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge the commit that ``arguments`` name; the exit status for git."""
    parser = argparse.ArgumentParser(prog="bisect_step", description=__doc__)
    parser.add_argument("folder", help="the folder of the bisection")
    parser.add_argument("commit", help="its full name")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--scheduler", default="")
    chosen = parser.parse_args(arguments)
    place = Workplace(Path(chosen.folder), chosen.workers, chosen.scheduler)
    try:
        return judged(place, chosen.commit, _say).verdict.status
    except KeyboardInterrupt:
        return _INTERRUPTED
    except (HarnessError, OSError) as error:
        _say(f"xharness: {error}")
        return _END


def _say(line: str) -> None:
    print(printable(line), file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
