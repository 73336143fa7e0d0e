# SPDX-License-Identifier: MIT
"""The one base of every error that the harness raises on purpose."""


class HarnessError(Exception):
    """Something the harness can explain: expected, got, where to look, what to do."""
