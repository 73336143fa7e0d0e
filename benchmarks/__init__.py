# SPDX-License-Identifier: MIT
"""How fast the harness is, as ratios against yardsticks of the same run."""
