# SPDX-License-Identifier: MIT
"""Scripted clients: connections that record what they do and wait with deadlines."""
