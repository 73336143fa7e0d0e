# SPDX-License-Identifier: MIT
"""Sessions of pytest as processes: which tests run on which server, and what they find."""
