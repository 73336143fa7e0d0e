# SPDX-License-Identifier: MIT
"""Clients that write their own bytes, and clients that misbehave."""
