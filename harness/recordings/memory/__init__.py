# SPDX-License-Identifier: MIT
"""Memory that clients and server share: what it holds when messages speak of it."""
