# SPDX-License-Identifier: MIT
"""Protocol that no server ever shipped, carried out in front of one that has it not."""
