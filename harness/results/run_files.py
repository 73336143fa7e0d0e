# SPDX-License-Identifier: MIT
"""The files that a run names, which may come from anywhere: none outside of its folder is read."""

import os
from pathlib import Path


class RunFiles:
    """Finds the files of the run in ``folder`` by the names that its results give them."""

    def __init__(self, folder: Path) -> None:
        self._whole = os.path.realpath(folder)
        self._folders: dict[str, Path | None] = {}

    def find(self, name: str) -> Path | None:
        """The file or folder below the run's folder; None for what is not there.

        Links, what lies outside, and devices and pipes, which have no end, count as not there.
        """
        folder, _, last = name.rpartition("/")
        if last in ("", ".", ".."):
            return None
        try:
            if folder not in self._folders:
                # The files of a test share one, and to resolve it costs more than to read a file.
                self._folders[folder] = self._inside(folder)
            parent = self._folders[folder]
            if parent is None:
                return None
            place = parent / last
            there = not place.is_symlink() and (place.is_file() or place.is_dir())
        except (OSError, ValueError):
            # A name that no file can have: it is too long, or has a zero byte.
            return None
        return place if there else None

    def _inside(self, folder: str) -> Path | None:
        found = os.path.realpath(Path(self._whole, folder))
        return Path(found) if Path(found).is_relative_to(self._whole) else None
