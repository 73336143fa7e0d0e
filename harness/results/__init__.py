# SPDX-License-Identifier: MIT
"""What a session found, and which failures are known."""
