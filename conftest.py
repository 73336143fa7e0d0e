# SPDX-License-Identifier: MIT
"""Settings of this repository's own test runs."""
