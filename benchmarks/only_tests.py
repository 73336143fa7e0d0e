# SPDX-License-Identifier: MIT
"""A plugin of pytest that runs some tests only, and may list those that there are.

It is copied beside the checkout whose session loads it, and so imports nothing of ours.
"""

import os
from collections import Counter
from pathlib import Path
from typing import Any

LISTED = "XHARNESS_LISTED_TESTS"
"""The file into which the names of all tests are written."""

ONLY = "XHARNESS_ONLY_TESTS"
"""The file with the names of the tests to run."""


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Keep the tests of the list, named by file, function and parameters: folders change.

    A name that two tests have is none.
    """
    names = [
        item.nodeid.rpartition("::")[0].rpartition("/")[2] + "::" + item.name for item in items
    ]
    counts = Counter(names)
    if place := os.environ.get(LISTED):
        alone = (name for name in names if counts[name] == 1)
        Path(place).write_text("\n".join(alone), encoding="utf-8")
    if place := os.environ.get(ONLY):
        wanted = set(Path(place).read_text(encoding="utf-8").splitlines())
        items[:] = [item for item, name in zip(items, names, strict=True) if name in wanted]
