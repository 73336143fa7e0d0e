# SPDX-License-Identifier: MIT
"""``xharness builds``: X servers built from their sources, by names of ``nightly.toml``."""
