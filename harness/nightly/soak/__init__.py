# SPDX-License-Identifier: MIT
"""The same tests again and again, each time with another seed: how often they end otherwise."""
