# SPDX-License-Identifier: MIT
"""How far the suites reach: the server code that they run, and the faults in it they notice."""
