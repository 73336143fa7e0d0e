# SPDX-License-Identifier: MIT
"""What a timeline says, request by request, as the rules read it."""
