# SPDX-License-Identifier: MIT
"""What the commands of ``xharness runs`` have in common: arguments, and how they end."""

import argparse

from harness.inputs import given, pattern

OK, REGRESSIONS, UNUSABLE = 0, 1, 2
"""Exit statuses; what cannot be read or written is told from a regression or a flaky test."""


def add_run(parser: argparse.ArgumentParser, *, several: bool = False) -> None:
    """Add the argument ``path`` of a run, or ``paths`` of ``several``."""
    words = "a results.json, or the folder of a session such as results/latest"
    if several:
        parser.add_argument("paths", type=given, nargs="+", metavar="RUN", help=words)
    else:
        parser.add_argument("path", type=given, metavar="RUN", help=words)


def add_output(parser: argparse.ArgumentParser, words: str) -> None:
    """Add the option ``--output`` of what ``words`` say."""
    parser.add_argument("-o", "--output", type=given, required=True, metavar="DIR", help=words)


def add_only(parser: argparse.ArgumentParser) -> None:
    """Add the option ``--only``, a pattern of ids of tests, or None."""
    parser.add_argument(
        "--only", type=pattern, metavar="REGEX", help="only tests whose ids this fits"
    )


def add_form(parser: argparse.ArgumentParser) -> None:
    """Add the options ``--format`` and ``--all`` of what differs."""
    parser.add_argument("--format", choices=("text", "json", "html"), default="text")
    parser.add_argument("--all", action="store_true", help="print all rows of each kind")
