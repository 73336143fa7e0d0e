# SPDX-License-Identifier: MIT
"""The jobs of a night: sessions of pytest, and what they leave."""
