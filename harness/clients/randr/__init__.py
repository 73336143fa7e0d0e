# SPDX-License-Identifier: MIT
"""Scripted clients of RANDR."""
