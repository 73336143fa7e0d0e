# SPDX-License-Identifier: MIT
"""Servers that misbehave on purpose: faults on the stream between a server and its clients."""
