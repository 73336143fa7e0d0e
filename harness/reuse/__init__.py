# SPDX-License-Identifier: MIT
"""Whether a server that has served a test is as good as new, and the servers that are."""
