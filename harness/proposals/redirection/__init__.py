# SPDX-License-Identifier: MIT
"""The parts of Present redirection."""
