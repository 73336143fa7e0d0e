# SPDX-License-Identifier: MIT
"""One night: its plan, its jobs, the verdict on it, and what is written about it."""
