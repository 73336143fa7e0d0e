# SPDX-License-Identifier: MIT
"""The lines of a server that the suites run, and those that no client can reach."""
