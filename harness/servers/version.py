# SPDX-License-Identifier: MIT
"""Versions of X servers, as tuples that compare: from release numbers and from text."""

from harness.errors import HarnessError

Version = tuple[int, ...]


def server_version(release: int) -> Version:
    """The version behind a release number: 12101007 is 21.1.7, 12011000 is 1.20.11.

    Since 21.1 the number is 1 21 01 007; before it was 1 20 11 000.
    """
    major, minor, patch = release // 100_000 % 100, release // 1000 % 100, release % 1000
    if major >= 21:
        return (major, minor, patch)
    return (1, major, minor, patch)


def parse_version(text: str) -> Version:
    """``21.1.7`` as numbers.  Raises HarnessError."""
    try:
        return tuple(int(part) for part in text.split("."))
    except ValueError:
        raise HarnessError(f"{text!r} is no server version; write it like 21.1.7") from None
