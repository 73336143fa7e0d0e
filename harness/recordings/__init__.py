# SPDX-License-Identifier: MIT
"""Recordings of any client: what passed between it and its server, judged, replayed, shrunk."""
