# SPDX-License-Identifier: MIT
"""What a night of many builds costs on many machines, simulated with durations of real tests."""
