# SPDX-License-Identifier: MIT
"""X servers built from their sources into a cache."""
