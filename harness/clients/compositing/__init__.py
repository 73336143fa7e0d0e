# SPDX-License-Identifier: MIT
"""Compositing managers in miniature."""
