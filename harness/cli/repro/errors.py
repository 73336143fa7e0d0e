# SPDX-License-Identifier: MIT
"""Why no script is made."""

from harness.errors import HarnessError


class ReproError(HarnessError):
    """No script can be made of a recording as it was wanted."""
