# SPDX-License-Identifier: MIT
"""What every client of a test sent and received, and the rules it must obey."""
