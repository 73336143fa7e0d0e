# SPDX-License-Identifier: MIT
"""Scripted clients that present as real ones were seen to do."""
