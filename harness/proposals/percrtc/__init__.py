# SPDX-License-Identifier: MIT
"""The parts of the implementation of per-CRTC pixmaps."""
