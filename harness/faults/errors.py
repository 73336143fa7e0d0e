# SPDX-License-Identifier: MIT
"""Errors of scripts of faults."""

from harness.errors import HarnessError


class ScriptError(HarnessError):
    """A fault names something that does not exist, or that it cannot be done to."""


class NeverTriggered(HarnessError):
    """A fault of a script did not happen, so that whatever was tested was tested without it."""
