# SPDX-License-Identifier: MIT
"""How long windows and clients live, and what proves it."""
