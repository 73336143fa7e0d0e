# SPDX-License-Identifier: MIT
"""Xorg's modesetting driver on the virtual display of a kernel that runs as a user's program."""
