# SPDX-License-Identifier: MIT
"""What tests of damage are asked of: levels of reports, kinds of drawables, redirections."""

import pytest
from xcffib.composite import Redirect

from harness.clients.resources.damage import DamageLevel

RAW, DELTA, BOX, ONCE = DamageLevel

UPDATES = (Redirect.Automatic, Redirect.Manual)

LEVELS = pytest.mark.parametrize("level", DamageLevel, ids=lambda level: level.name.lower())

COMPOSITE = pytest.mark.needs("Composite")

KINDS = pytest.mark.parametrize(
    "kind", ["window", "pixmap", pytest.param("manual", marks=COMPOSITE)]
)

FILLS = [
    (10, 8, 12, 10),
    (14, 10, 20, 20),
    (14, 10, 5, 5),
    (40, 2, 6, 40),
    (-30, -20, 36, 25),
    (0, 0, 64, 48),
    (5, 5, 3, 3),
]
