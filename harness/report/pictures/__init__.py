# SPDX-License-Identifier: MIT
"""Timelines and screen layouts as self-contained SVG."""
