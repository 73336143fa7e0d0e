# SPDX-License-Identifier: MIT
"""The extension by which CRTCs of the kind ``xorg-flip`` scan out pixmaps of their own.

The driver has the same layout in ``driver/own_pixmaps.c``.
"""

EXTENSION = "XHARNESS-OWN-PIXMAPS"

FREEZE = 0
"""Monitors go on showing what they show, until the next Show is reached.  No more bytes."""

SHOW = 1
"""At the next frame of the first CRTC of the list that is on, all of it changes."""

ENTRY = "IIhhHxx"
"""One CRTC of Show (``struct``): its id, a pixmap or 0 for the screen's, the place in the pixmap,
and RANDR's rotation."""
