# SPDX-License-Identifier: MIT
"""The folder that keeps the evidence of failing tests."""

import re
import shutil
from pathlib import Path

from harness.errors import HarnessError

_MARK = ".xharness-results"


class ResultsError(HarnessError):
    """The results folder cannot be used."""


class Results:
    """The results folder of a session, with one folder in it per failing test.

    Nothing is created before there is something to keep.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def check_writable(self) -> None:
        """Raise ResultsError when the folder is not writable or holds files of others."""
        if self.folder.exists():
            if not self.folder.is_dir():
                raise ResultsError(f"the results folder {self.folder} is a file; name a folder")
            if any(self.folder.iterdir()) and not (self.folder / _MARK).exists():
                raise ResultsError(
                    f"the results folder {self.folder} holds files that are not results; "
                    f"name an empty or new folder"
                )
        try:
            self._create()
        except OSError as error:
            raise ResultsError(
                f"the results folder {self.folder} cannot be written: {error.strerror}; "
                f"name another one with --results DIR"
            ) from None

    def clear(self) -> None:
        """Delete the results of an earlier session, and no other files."""
        if (self.folder / _MARK).exists():
            shutil.rmtree(self.folder, ignore_errors=True)

    def path_of(self, name: str) -> Path:
        """Where the evidence of test ``name`` is kept; not created."""
        return self.folder / re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-")[-120:]

    def of_test(self, name: str) -> Path:
        """The folder for the evidence of test ``name``, created."""
        path = self.path_of(name)
        self._create()
        path.mkdir(parents=True, exist_ok=True)
        return path

    def _create(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / _MARK).touch()
