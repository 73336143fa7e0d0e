# SPDX-License-Identifier: MIT
"""X servers under test: where they come from, how they start, live and end."""
