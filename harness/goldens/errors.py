# SPDX-License-Identifier: MIT
"""Errors of goldens."""

from harness.errors import HarnessError


class GoldenError(HarnessError):
    """A golden cannot be checked or saved."""


class GoldenDamagedError(GoldenError):
    """The golden folder is not as the harness left it; nothing was changed."""


class GoldenRefusedError(GoldenError):
    """Goldens are not written here."""
