# SPDX-License-Identifier: MIT
"""Drafts that no server ever shipped, on the wire."""
