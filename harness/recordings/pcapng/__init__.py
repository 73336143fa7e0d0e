# SPDX-License-Identifier: MIT
"""The file of a recording: pcapng that packet analysers open, and blocks of our own in it."""
