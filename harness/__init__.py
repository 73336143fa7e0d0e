# SPDX-License-Identifier: MIT
"""Integration tests that judge X servers by their pixels and by the order of their events."""
