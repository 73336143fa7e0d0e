# SPDX-License-Identifier: MIT
"""Reviewed frames: the folder that keeps them, and checks against it."""
