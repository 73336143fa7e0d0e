# SPDX-License-Identifier: MIT
"""``xharness golden``: reviewed frames, without a server."""
