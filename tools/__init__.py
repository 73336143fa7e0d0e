# SPDX-License-Identifier: MIT
"""What sets up the project, makes pages of its documentation, and runs its suites for long."""
