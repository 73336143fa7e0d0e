# SPDX-License-Identifier: MIT
"""The programs that build X servers, and what they say."""
