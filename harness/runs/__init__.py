# SPDX-License-Identifier: MIT
"""The outcome of a session: where its evidence lies, and what was known before."""
