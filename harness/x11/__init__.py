# SPDX-License-Identifier: MIT
"""The X protocol on the wire: what xcffib lacks or damages, and what needs no client."""
