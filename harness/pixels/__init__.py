# SPDX-License-Identifier: MIT
"""Pixels as values: frames, colours, regions, comparison.  No X server, no connection."""
