# SPDX-License-Identifier: MIT
"""Xorg's driver without hardware, and what the harness commands it to do."""
