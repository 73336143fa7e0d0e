# SPDX-License-Identifier: MIT
"""Captures of what a window, a pixmap, the screen, or a monitor shows."""
