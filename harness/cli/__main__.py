# SPDX-License-Identifier: MIT
"""The program ``xharness``, also as ``python -m harness.cli``."""

import sys


def start() -> int:
    """Run ``main``; Ctrl-C ends it in words while its modules are loaded, too."""
    try:
        from harness.cli.main import main

        return main()
    except KeyboardInterrupt:
        print("xharness: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(start())
