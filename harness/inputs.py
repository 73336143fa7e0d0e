# SPDX-License-Identifier: MIT
"""Values that a user gives by an option or an environment variable, and may leave empty.

An empty option is an error, as it comes from a script's variable that is unset by mistake. An
empty environment variable counts as unset, as is the custom.
"""

import argparse
import math
import os
import re
import shlex
from collections.abc import Callable

SCALE_VARIABLE = "XHARNESS_TIMEOUT_SCALE"
"""The environment variable that stretches all deadlines."""

LONGEST = 365 * 24 * 3600.0
"""Seconds; timers of some kinds end not far beyond."""


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""All control characters but ends of lines and tabs."""


def given(text: str) -> str:
    """``text``, the value of an option: the ``type`` of all that take one.

    Raises argparse.ArgumentTypeError for an empty or blank one.
    """
    if not text.strip():
        raise argparse.ArgumentTypeError(
            f"expected a value, got {text!r}: give one, or leave the option out "
            f"(a variable in your command may be unset)"
        )
    return text


def seconds(text: str) -> float:
    """The value of an option that is a time in seconds, not negative and at most a year.

    Raises argparse.ArgumentTypeError for another one.
    """
    try:
        value = float(given(text))
    except ValueError:
        value = math.nan
    if not 0 <= value <= LONGEST:
        raise argparse.ArgumentTypeError(
            f"expected seconds such as 60, got {text!r} (at most a year)"
        )
    return value


def whole_number(example: int, least: int = 0, most: int = 1_000_000) -> Callable[[str], int]:
    """The ``type`` of an option that is a number from ``least`` to ``most``, such as ``example``.

    It raises argparse.ArgumentTypeError for another value.
    """

    def read(text: str) -> int:
        value = int(text) if re.fullmatch(r"[0-9]{1,9}", given(text)) else -1
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(
                f"expected a number such as {example}, got {text!r} (from {least} to {most})"
            )
        return value

    return read


def pattern(text: str) -> re.Pattern[str]:
    """The value of an option that is a regular expression.

    Raises argparse.ArgumentTypeError for another one.
    """
    try:
        return re.compile(given(text))
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {error}") from None


def words(text: str) -> list[str]:
    """The value of an option that is words of a command line, quoted as in a shell.

    Raises argparse.ArgumentTypeError for quotes without an end.
    """
    try:
        return shlex.split(given(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"expected words quoted as in a shell, got {text!r}: {error}"
        ) from None


def setting(text: str) -> tuple[str, str]:
    """The value of an option that is ``KEY=VALUE``: both.

    Raises argparse.ArgumentTypeError for one without a key.
    """
    key, equals, value = given(text).partition("=")
    if not equals or not key.strip():
        raise argparse.ArgumentTypeError(f"expected KEY=VALUE such as glamor=true, got {text!r}")
    return key.strip(), value


def printable(text: str) -> str:
    """``text`` with escapes for what a terminal acts on: names in files may be anything."""
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)


def variable(name: str) -> str | None:
    """The value of the environment variable ``name``; None when unset, empty or blank."""
    value = os.environ.get(name, "")
    return value if value.strip() else None
