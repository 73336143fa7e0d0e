# SPDX-License-Identifier: MIT
"""Run the suites again and again on a loaded machine, and collect what differs between runs."""
