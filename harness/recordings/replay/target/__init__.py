# SPDX-License-Identifier: MIT
"""The server that a recording is replayed on: connections, memory that it shares, its pictures."""
