# SPDX-License-Identifier: MIT
"""Commands whose jobs run on a farm."""
