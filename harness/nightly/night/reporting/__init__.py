# SPDX-License-Identifier: MIT
"""What is written about a night: its summary, its pages, its JUnit report."""
