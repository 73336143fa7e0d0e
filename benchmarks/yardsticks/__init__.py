# SPDX-License-Identifier: MIT
"""What ours is measured against: other tools, plain programs and the limits of the machine."""
