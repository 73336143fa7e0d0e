# SPDX-License-Identifier: MIT
"""The folder of goldens that a command is about."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.inputs import given

if TYPE_CHECKING:
    from harness.goldens.store import GoldenMode, GoldenStore

DEFAULT = "golden"
UNUSABLE = 2
"""The status where nothing could be looked at, and 1 says that something was found."""


def add_folder(parser: argparse.ArgumentParser) -> None:
    """Let the folder be named as the last word."""
    parser.add_argument(
        "folder",
        type=given,
        nargs="?",
        default=DEFAULT,
        metavar="FOLDER",
        help=f"the folder of the goldens (default: {DEFAULT})",
    )


def opened(folder: str, mode: "GoldenMode | None" = None) -> "GoldenStore":
    """The goldens in ``folder``.  Raises HarnessError when there is no such folder."""
    # Pillow and numpy come with it.
    from harness.goldens.store import GoldenMode, GoldenStore

    path = Path(folder)
    if not path.is_dir():
        raise HarnessError(f"{path} is no folder of goldens; name one")
    return GoldenStore(path, mode or GoldenMode.CHECK)
