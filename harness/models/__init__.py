# SPDX-License-Identifier: MIT
"""Models of what a server must show and report, and random searches that compare both."""
