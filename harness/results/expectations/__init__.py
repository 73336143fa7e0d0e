# SPDX-License-Identifier: MIT
"""Failures that are expected: known bugs, and the lines of expectation files."""
