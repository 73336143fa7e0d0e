# SPDX-License-Identifier: MIT
"""A recording sent again to another server, and what that server does differently."""
