# SPDX-License-Identifier: MIT
"""What differs between runs, and where timelines of one test part."""
