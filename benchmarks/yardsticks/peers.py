# SPDX-License-Identifier: MIT
"""Other tools for the same task, as far as they are installed."""

import importlib
import shutil
from typing import Any

HINT = "pip install 'xharness[bench]'"


class Peers:
    """Finds peers; ``missing`` says in words which were not found."""

    def __init__(self) -> None:
        self.missing: list[str] = []

    def module(self, name: str, package: str | None = None) -> Any:
        """The module, None when it is not installed."""
        try:
            return importlib.import_module(name)
        except ImportError:
            self.missing.append(f"{package or name} is not installed ({HINT})")
            return None

    def program(self, name: str, how: str) -> str | None:
        """The path of a program, None when it is not on PATH."""
        found = shutil.which(name)
        if found is None:
            self.missing.append(f"{name} is not installed ({how})")
        return found
