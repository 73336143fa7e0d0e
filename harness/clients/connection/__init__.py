# SPDX-License-Identifier: MIT
"""A connection to a server that records everything and never waits without a deadline."""
