# SPDX-License-Identifier: MIT
"""Finds the commit of a server's source that brought a failure: ``git bisect run`` and builds."""
