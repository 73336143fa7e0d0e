# SPDX-License-Identifier: MIT
"""What the commands share that serve a display: their server, the display, and its client."""
