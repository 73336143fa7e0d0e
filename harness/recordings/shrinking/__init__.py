# SPDX-License-Identifier: MIT
"""A recording made shorter and simpler, as long as it shows the same bug."""
