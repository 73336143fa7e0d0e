# SPDX-License-Identifier: MIT
"""Resources of a scripted client."""
