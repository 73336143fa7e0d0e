# SPDX-License-Identifier: MIT
"""Monitors that a server shows: what they are told to do, and what they scan out."""
