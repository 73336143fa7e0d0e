# SPDX-License-Identifier: MIT
"""What all files of results have in common: a format, a version, and errors that name the place."""

from pathlib import Path

from harness.errors import HarnessError


class RunFileError(HarnessError):
    """A file holds nothing that can be read here: it is foreign, newer, cut off or damaged."""


def read_text(path: Path) -> str:
    """The text of the file.  Raises RunFileError when it cannot be read."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise RunFileError(f"{path} is no text in UTF-8: {error.reason}") from None
    except OSError as error:
        raise RunFileError(f"{path} cannot be read: {error.strerror or error}") from None


def check_header(
    value: object,
    path: Path,
    known: str,
    version: int,
    writer: str = "pytest with the plugin xharness",
) -> None:
    """Raise RunFileError unless ``value``, a parsed file, is of format ``known`` and readable.

    ``version`` is the newest that is, ``writer`` what writes such files.
    """
    members = value if isinstance(value, dict) else {}
    found = members.get("format")
    if found != known:
        got = f"the format {found!r}" if "format" in members else "no format"
        raise RunFileError(
            f"{path} line 1: expected the format {known!r}, got {got}; "
            f"name a file that {writer} has written"
        )
    number = members.get("version")
    if type(number) is not int or number < 1:
        raise RunFileError(f"{path}: version: expected a whole number from 1 on, got {number!r}")
    if number > version:
        raise RunFileError(
            f"{path}: version: expected at most {version}, got {number}; a later release of "
            f"xharness wrote it: read it with that one"
        )
