# SPDX-License-Identifier: MIT
"""The protocol trace: messages in words and bytes, a file per client, and its reader."""
