# SPDX-License-Identifier: MIT
"""Each room is found in the sources of X.Org and of XLibre, which has moved its folders."""

from pathlib import Path

import pytest

from harness.servers.kinds.table import ServerKind
from tools.reach.coverage.unreached import Unreached, Why
from tools.reach.rooms import rooms_of, usual_path

SOURCES = {
    "X.Org": ["present/a.c", "composite/b.c", "damageext/c.c", "randr/d.c", "xfixes/region.c"],
    "XLibre": [
        *("Xext/present/a.c", "Xext/composite/b.c", "Xext/damage/c.c", "Xext/randr/d.c"),
        "Xext/xfixes/region.c",
    ],
}
OF_BOTH = ["hw/vfb/InitOutput.c", "miext/damage/e.c"]


@pytest.mark.parametrize("vendor", SOURCES)
def test_every_room_has_its_files(vendor: str, tmp_path: Path) -> None:
    """None is empty, and each knows its own."""
    for file in (*SOURCES[vendor], *OF_BOTH):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    rooms = rooms_of([ServerKind.XVFB])
    found = [file for room in rooms for file in room.files(tmp_path)]
    assert sorted(found) == sorted([*SOURCES[vendor], *OF_BOTH])
    assert all(room.files(tmp_path) for room in rooms)
    assert [usual_path(file) for file in SOURCES[vendor]] == SOURCES["X.Org"]


def test_what_is_said_of_a_line_holds_for_either() -> None:
    """The file of lines out of reach names X.Org's folders alone."""
    unreached = Unreached({("randr/d.c", "f", "return 0;", 0): Why.DEAD})
    source = b"int\nf(void)\n{\n    return 0;\n}\n"
    here, moved = (unreached.lines_of(file, source) for file in ("randr/d.c", "Xext/randr/d.c"))
    assert here == moved
    assert list(here.values()) == [frozenset({4})]
