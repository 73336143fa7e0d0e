# SPDX-License-Identifier: MIT
"""A server's process, from its start to its end."""
