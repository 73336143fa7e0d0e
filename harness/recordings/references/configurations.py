# SPDX-License-Identifier: MIT
"""References in GLX's lists of configurations, whose attributes are pairs of numbers."""

import struct
from collections.abc import Iterable, Iterator, Mapping

from harness.recordings.references.reference import Reference, ReferenceKind, Role
from harness.x11.definitions.fields import Item
from harness.x11.encoding import ByteOrder

CONFIGURATIONS: Mapping[str, Mapping[int, ReferenceKind]] = {
    "GLX:GetFBConfigs": {0x8013: ReferenceKind.XID, 0x800B: ReferenceKind.VISUAL},
    "GLX:GetVisualConfigs": {},
}
"""Replies with lists of attributes, and those attributes whose value is an id."""


def in_configurations(items: Iterable[Item], order: ByteOrder, name: str) -> Iterator[Reference]:
    """The ids among the attributes in the reply to the request ``name``.

    Source: GLX 1.4 protocol, 4.
    """
    named = {one.name: one for one in items}
    attributes, count = named.get("property_list"), named.get("num_properties")
    if attributes is None or count is None or not isinstance(attributes.value, bytes):
        return
    words = struct.unpack(f"{order}{len(attributes.value) // 4}I", attributes.value)
    if CONFIGURATIONS[name]:
        places = [
            (at + 1, CONFIGURATIONS[name][words[at]])
            for at in range(0, len(words) - 1, 2)
            if words[at] in CONFIGURATIONS[name]
        ]
    else:
        assert isinstance(count.value, int)
        places = [(at, ReferenceKind.VISUAL) for at in range(0, len(words), count.value or 1)]
    for at, kind in places:
        offset, path = attributes.offset + 4 * at, f"property_list[{at}]"
        yield Reference(offset, 4, kind, words[at], Role.TELLS, name=path)
