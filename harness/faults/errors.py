# SPDX-License-Identifier: MIT
"""What can be wrong with a script of faults."""

from harness.errors import HarnessError


class ScriptError(HarnessError):
    """A fault names something that does not exist, or that it cannot be done to."""


class NeverTriggered(HarnessError):
    """A fault of a script did not happen, so that whatever was tested was tested without it."""
