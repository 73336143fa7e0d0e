# SPDX-License-Identifier: MIT
"""The command line ``xharness``: what is there besides pytest."""
