# SPDX-License-Identifier: MIT
"""The JSON files in the folder of a night: each a value with a format and a version."""

import json
from pathlib import Path
from typing import Any

from harness.goldens.files import replace_file
from harness.results.codec import ShapeError, decode, encode
from harness.results.file_format import RunFileError, check_header, read_text

VERSION = 1
"""Of all of them."""


def write_value(path: Path, known: str, value: object) -> None:
    """Put the dataclass ``value`` into the file ``path`` of format ``known``, in one step.

    Raises OSError.
    """
    whole = {"format": known, "version": VERSION, **encode(value)}
    replace_file(path, json.dumps(whole, indent=1).encode() + b"\n")


def read_value(path: Path, known: str, kind: type) -> Any:
    """The value of the dataclass ``kind`` in the file ``path`` of format ``known``.

    Raises RunFileError for a file that is foreign, newer, cut off or damaged.
    """
    try:
        value = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise RunFileError(
            f"{path}: expected JSON: {error}; the file is cut off or damaged"
        ) from None
    check_header(value, path, known, VERSION)
    try:
        return decode(kind, value)
    except ShapeError as error:
        raise RunFileError(f"{path}: {error}; the file is damaged: take it again") from None
