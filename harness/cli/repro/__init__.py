# SPDX-License-Identifier: MIT
"""``xharness repro``: a script that shows a bug."""
