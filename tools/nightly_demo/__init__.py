# SPDX-License-Identifier: MIT
"""Two nights of a small history with two faults, in a pipeline on this machine."""
