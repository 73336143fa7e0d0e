# SPDX-License-Identifier: MIT
"""Single faults in lines that the suites run, and which of them tests notice."""
