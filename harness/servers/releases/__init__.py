# SPDX-License-Identifier: MIT
"""Servers of Debian releases, fetched into a cache."""
