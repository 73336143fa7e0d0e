# SPDX-License-Identifier: MIT
"""The kinds of X server that the harness can start, a module each."""
