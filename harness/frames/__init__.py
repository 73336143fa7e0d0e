# SPDX-License-Identifier: MIT
"""What a window, pixmap or screen shows: captured, compared, kept as goldens."""
