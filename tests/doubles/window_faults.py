# SPDX-License-Identifier: MIT
"""Faults of a server that tells wrongly what happens to windows, or does not keep to a grab."""

from harness.faults.scripted import Alter, At, Drop, Ignore

BOTTOM = 0

SCRIPTS = {
    "loses-configure": (Drop("ConfigureNotify"),),
    "loses-unmap": (Drop("UnmapNotify"),),
    "loses-shape": (Drop("SHAPE:Notify"),),
    # A window that was moved, resized or restacked is told to be the lowest.
    "mistells-sibling": (Alter("ConfigureNotify", At(12, "I", BOTTOM)),),
    # A client that grabs the server is not alone with it.
    "ignores-grab": (Ignore("GrabServer"),),
}
