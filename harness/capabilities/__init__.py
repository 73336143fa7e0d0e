# SPDX-License-Identifier: MIT
"""What a server can show: probed, never concluded from its name."""
