# SPDX-License-Identifier: MIT
"""Wire bindings that xcffib lacks."""
