# SPDX-License-Identifier: MIT
"""Recorded messages written out as a stand-alone script for xcffib."""
