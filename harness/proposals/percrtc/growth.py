# SPDX-License-Identifier: MIT
"""A pixmap that becomes larger under the same id, which only its owner's connection can do."""

from dataclasses import replace

from harness.proposals.percrtc.state import ScanoutPixmap
from harness.proxy.link import Link
from harness.x11 import encoding


async def grow(link: Link, pixmap: ScanoutPixmap, width: int, height: int) -> ScanoutPixmap:
    """``pixmap``, at least ``width`` x ``height`` large; what it had stays at its place."""
    geometry = await link.ask(link.new_request(encoding.GET_GEOMETRY, 0, "I", pixmap.id))
    larger = replace(pixmap, width=max(width, pixmap.width), height=max(height, pixmap.height))
    whole = (larger.width, larger.height)
    kept, context = link.hidden_id(), link.hidden_id()

    def create(id: int) -> None:
        link.send(
            link.new_request(encoding.CREATE_PIXMAP, geometry[1], "IIHH", id, link.root, *whole)
        )

    def copy(source: int, target: int) -> None:
        places = (source, target, context, 0, 0, 0, 0, pixmap.width, pixmap.height)
        link.send(link.new_request(encoding.COPY_AREA, 0, "IIIhhhhHH", *places))

    create(kept)
    link.send(encoding.quiet_gc(link.order, context, kept))
    copy(pixmap.id, kept)
    link.send(link.new_request(encoding.FREE_PIXMAP, 0, "I", pixmap.id))
    create(pixmap.id)
    copy(kept, pixmap.id)
    link.send(link.new_request(encoding.FREE_PIXMAP, 0, "I", kept))
    link.send(link.new_request(encoding.FREE_GC, 0, "I", context))
    return larger
