# SPDX-License-Identifier: MIT
"""Values of recorded messages that another server, or another run, numbers in its own way."""
