# SPDX-License-Identifier: MIT
"""Timelines that pictures, traces and statistics are made of."""

import struct

from harness.timeline.record import Event, Timeline
from harness.x11.present import CompleteMode
from tests.timeline.script import FENCE, PIXMAP, ROOT, WINDOW, Actor, Script, started

COMPOSITOR_WINDOW = 0x3F


def copies() -> Timeline:
    """Two presentations that are copied, one after the other."""
    a = started().present(1, target=12).idle(1).complete(1, 12)
    a.present(2, pixmap=PIXMAP + 1).idle(2, pixmap=PIXMAP + 1).complete(2, 13)
    return a.timeline


def flips(count: int = 3) -> Timeline:
    """Presentations that are all queued, then flipped; each is idle when the next one is shown."""
    a = started().create_fence()
    for n in range(1, count + 1):
        a.present(n, target=10 + n, pixmap=PIXMAP + n, idle_fence=FENCE)
    for n in range(1, count + 1):
        a.complete(n, 10 + n, mode=CompleteMode.FLIP)
        if n > 1:
            a.idle(n - 1, pixmap=PIXMAP + n - 1, fence=FENCE)
    return a.timeline


def damage(actor: Actor, drawable: int, area: tuple[int, int, int, int] = (0, 0, 64, 64)) -> Actor:
    """A DamageNotify to ``actor``."""
    data = struct.pack("=BBH3I4h4h", 91, 0, actor.sequence, drawable, 7, 0, *area, *area)
    entry = Event(
        time=actor.script.tick(),
        client=actor.name,
        sequence=actor.sequence,
        name="DAMAGE:Notify",
        data=data,
    )
    actor.timeline.entries.append(entry)
    return actor


def composited() -> Timeline:
    """An application's window is redirected; the compositor presents what was damaged."""
    script = Script()
    script.client("compositor").select(window=COMPOSITOR_WINDOW)
    a = script.client("app").create(WINDOW, ROOT).select()
    a.present(1, target=12).idle(1).complete(1, 12)
    b = damage(script.client("compositor"), WINDOW)
    b.present(9, window=COMPOSITOR_WINDOW, pixmap=PIXMAP + 5)
    b.idle(9, window=COMPOSITOR_WINDOW, pixmap=PIXMAP + 5)
    b.complete(9, 13, window=COMPOSITOR_WINDOW)
    return script.timeline
