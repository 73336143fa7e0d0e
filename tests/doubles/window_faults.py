# SPDX-License-Identifier: MIT
"""Faults of a server that reports changes of windows wrongly, or ignores a grab."""

from harness.faults.at import At
from harness.faults.scripted import Alter, Drop, Ignore

BOTTOM = 0

SCRIPTS = {
    "loses-configure": (Drop("ConfigureNotify"),),
    "loses-unmap": (Drop("UnmapNotify"),),
    "loses-shape": (Drop("SHAPE:Notify"),),
    # A window that was moved, resized or restacked is reported as the lowest.
    "mistells-sibling": (Alter("ConfigureNotify", At(12, "I", BOTTOM)),),
    # A client that grabs the server is not alone with it.
    "ignores-grab": (Ignore("GrabServer"),),
}
