# SPDX-License-Identifier: MIT
"""What is measured: variants of one task each, side by side."""
