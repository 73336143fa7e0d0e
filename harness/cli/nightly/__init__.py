# SPDX-License-Identifier: MIT
"""The commands of a night: builds, and what is judged with them."""
