# SPDX-License-Identifier: MIT
"""RANDR in timelines written by hand."""

import struct
from typing import Any

from harness.timeline.record import Event
from harness.x11 import randr
from harness.x11.randr import Rotation
from tests.timeline.script import ROOT, Actor, Script

FIRST_EVENT = 89
CRTC, OTHER_CRTC, OUTPUT, OTHER_OUTPUT, MODE = 0x40, 0x41, 0x44, 0x45, 0x48
ALL = 0x7F


def screen(width: int = 640, height: int = 480, **more: Any) -> randr.ScreenChangeNotify:
    values = {
        "rotation": Rotation.ROTATE_0,
        "timestamp": 5,
        "config_timestamp": 3,
        "root": ROOT,
        "window": ROOT,
        "size_id": 0,
        "subpixel_order": 0,
        "mm_width": 170,
        "mm_height": 130,
    }
    return randr.ScreenChangeNotify(width=width, height=height, **(values | more))


def crtc(id: int = CRTC, mode: int = MODE, **more: Any) -> randr.CrtcChangeNotify:
    values = {
        "timestamp": 5,
        "window": ROOT,
        "rotation": Rotation.ROTATE_0,
        "x": 0,
        "y": 0,
        "width": 640 if mode else 0,
        "height": 480 if mode else 0,
    }
    return randr.CrtcChangeNotify(crtc=id, mode=mode, **(values | more))


def output(id: int = OUTPUT, crtc: int = CRTC, **more: Any) -> randr.OutputChangeNotify:
    values = {
        "timestamp": 5,
        "config_timestamp": 3,
        "window": ROOT,
        "mode": MODE if crtc else 0,
        "rotation": Rotation.ROTATE_0,
        "connection": randr.OutputConnection.CONNECTED,
        "subpixel_order": 0,
    }
    return randr.OutputChangeNotify(output=id, crtc=crtc, **(values | more))


def resources(**more: Any) -> randr.ResourceChangeNotify:
    return randr.ResourceChangeNotify(**({"timestamp": 5, "window": ROOT} | more))


def property_of(output: int = OUTPUT, window: int = ROOT) -> randr.OutputPropertyNotify:
    return randr.OutputPropertyNotify(
        window=window, output=output, atom=70, timestamp=9, state=randr.PropertyState.NEW_VALUE
    )


def encode(event: randr.Event) -> bytes:
    """The event's 32 bytes, its sequence number left out."""
    match event:
        case randr.ScreenChangeNotify():
            head = struct.pack("=BB2x", FIRST_EVENT, event.rotation)
            ids = (event.timestamp, event.config_timestamp, event.root, event.window)
            sizes = (event.width, event.height, event.mm_width, event.mm_height)
            return head + struct.pack("=4I6H", *ids, event.size_id, event.subpixel_order, *sizes)
        case randr.CrtcChangeNotify():
            kind = 0
            ids = (event.timestamp, event.window, event.crtc, event.mode)
            place = (event.x, event.y, event.width, event.height)
            body = struct.pack("=4IH2x2h2H", *ids, event.rotation, *place)
        case randr.OutputChangeNotify():
            kind = 1
            times = (event.timestamp, event.config_timestamp)
            ids = (event.window, event.output, event.crtc, event.mode)
            rest = (event.rotation, event.connection, event.subpixel_order)
            body = struct.pack("=6IH2B", *times, *ids, *rest)
        case randr.OutputPropertyNotify():
            kind = 2
            body = struct.pack(
                "=4IB", event.window, event.output, event.atom, event.timestamp, event.state
            )
        case randr.ResourceChangeNotify():
            kind = 5
            body = struct.pack("=2I", event.timestamp, event.window)
    return (struct.pack("=BB2x", FIRST_EVENT + 1, kind) + body).ljust(32, b"\0")


def raw(actor: Actor, name: str, data: bytes, sequence: int | None = None) -> Actor:
    actor.timeline.append(
        Event(
            time=actor.script.tick(),
            client=actor.name,
            sequence=actor.sequence if sequence is None else sequence,
            name=name,
            data=data,
        )
    )
    return actor


def receive(actor: Actor, *events: randr.Event, sequence: int | None = None) -> Actor:
    """The actor receives these events."""
    for event in events:
        data = encode(event)
        kind = "ScreenChangeNotify" if data[0] == FIRST_EVENT else "Notify"
        raw(actor, f"RANDR:{kind}", data, sequence)
    return actor


def select(actor: Actor, mask: int = ALL, window: int = ROOT) -> Actor:
    return actor.request("RANDR:SelectInput", struct.pack("=IH2x", window, mask))


def resized(actor: Actor, width: int, height: int, window: int = ROOT) -> Actor:
    """ConfigureNotify."""
    body = struct.pack("=3I2h3HB5x", window, window, 0, 0, 0, width, height, 0, 0)
    return raw(actor, "ConfigureNotify", struct.pack("=B3x", 22) + body)


def geometry(actor: Actor, window: int, root: int = ROOT) -> Actor:
    answer = struct.pack("=8xI20x", root)
    return actor.request("GetGeometry", struct.pack("=I", window)).reply("GetGeometry", answer)


def watching(mask: int = ALL, window: int = ROOT) -> Actor:
    """Client "a" with a window and a selection that was answered by nothing."""
    return select(Script().client("a").create(), mask, window).sync()


def moved(x: int = 0, id: int = CRTC) -> tuple[randr.Event, ...]:
    """A change that moves a CRTC."""
    return screen(), crtc(id, x=x)


def two() -> Actor:
    """As ``watching``, with client "b" watching, too."""
    return select(watching().client("b")).sync().client("a").sync()
