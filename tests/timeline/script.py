# SPDX-License-Identifier: MIT
"""Timelines written by hand: one call per entry, a millisecond apart."""

import struct
from dataclasses import dataclass, field
from typing import Self

from harness.timeline.record import Close, Error, Event, Reply, Request, Timeline
from harness.x11 import present as wire
from harness.x11.codec import ExtensionRequest
from harness.x11.encoding import FIRST_EXTENSION
from harness.x11.present import ALL_EVENTS, CompleteKind, CompleteMode

WINDOW, OTHER_WINDOW, ROOT = 0x200001, 0x200002, 0x100
PIXMAP, FENCE = 0x200010, 0x200020
FRAME_US = 16667
MAJOR = 148


@dataclass
class Script:
    """A timeline in the making.

    >>> t = Script()
    >>> t.client("a").create().select().present(serial=1).idle(1).complete(1, msc=11)
    """

    timeline: Timeline = field(default_factory=Timeline)
    now: float = 100.0
    actors: dict[str, "Actor"] = field(default_factory=dict)

    def client(self, name: str) -> "Actor":
        if name not in self.actors:
            self.actors[name] = Actor(self, name, 0x200000 + 0x100000 * len(self.actors) + 0x50)
        return self.actors[name]

    def tick(self) -> float:
        self.now += 0.001
        return self.now


@dataclass
class Actor:
    """One client of a Script; every method returns it, so that calls chain."""

    script: Script
    name: str
    context: int
    sequence: int = 0

    def client(self, name: str) -> "Actor":
        return self.script.client(name)

    @property
    def timeline(self) -> Timeline:
        return self.script.timeline

    def request(
        self, name: str, body: bytes = b"", content: ExtensionRequest | None = None, minor: int = 0
    ) -> Self:
        self.sequence += 1
        data = content.encode(MAJOR) if content else struct.pack("=BBH", 1, minor, 1) + body
        self.timeline.append(
            Request(
                time=self.script.tick(),
                client=self.name,
                sequence=self.sequence,
                name=name,
                data=data,
                content=content,
            )
        )
        return self

    def sync(self, name: str = "GetInputFocus", data: bytes = bytes(32)) -> Self:
        return self.request(name).reply(name, data)

    def reply(self, name: str, data: bytes = bytes(32)) -> Self:
        self.timeline.append(
            Reply(
                time=self.script.tick(),
                client=self.name,
                sequence=self.sequence,
                name=name,
                data=data,
            )
        )
        return self

    def error(self, name: str = "Match", sequence: int | None = None, value: int = 0) -> Self:
        sequence = self.sequence if sequence is None else sequence
        (major, minor) = next(
            (one.data[0], one.data[1] if one.data[0] >= FIRST_EXTENSION else 0)
            for one in reversed(self.timeline.entries)
            if isinstance(one, Request) and (one.client, one.sequence) == (self.name, sequence)
        )
        self.timeline.append(
            Error(
                time=self.script.tick(),
                client=self.name,
                sequence=sequence,
                name=name,
                code=8,
                value=value,
                major=major,
                minor=minor,
            )
        )
        return self

    def close(self) -> Self:
        self.timeline.append(
            Close(time=self.script.tick(), client=self.name, sequence=self.sequence)
        )
        return self

    def create(self, window: int = WINDOW, parent: int = ROOT) -> Self:
        return self.request("CreateWindow", struct.pack("=II24x", window, parent))

    def destroy(self, window: int = WINDOW) -> Self:
        return self.request("DestroyWindow", struct.pack("=I", window))

    def destroy_children(self, window: int) -> Self:
        return self.request("DestroySubwindows", struct.pack("=I", window))

    def create_fence(self, fence: int = FENCE, *, triggered: bool = False) -> Self:
        return self.request("SYNC:CreateFence", struct.pack("=IIB3x", WINDOW, fence, triggered))

    def fence(self, verb: str, fence: int = FENCE) -> Self:
        return self.request(f"SYNC:{verb}Fence", struct.pack("=I", fence))

    def query_fence(self, fence: int = FENCE, *, triggered: bool) -> Self:
        answer = struct.pack("=8xB23x", triggered)
        return self.fence("Query", fence).reply("SYNC:QueryFence", answer)

    def select(
        self, mask: int = ALL_EVENTS, window: int = WINDOW, context: int | None = None
    ) -> Self:
        event = self.context if context is None else context
        content = wire.SelectInput(event=event, window=window, mask=mask)
        return self.request(content.NAME, content=content)

    def present(
        self,
        serial: int,
        *,
        target: int = 0,
        window: int = WINDOW,
        pixmap: int = PIXMAP,
        **more: object,
    ) -> Self:
        content = wire.PresentPixmap(
            window=window, pixmap=pixmap, serial=serial, target_msc=target, **more
        )
        return self.request(content.NAME, content=content)

    def notify_msc(
        self, serial: int, *, target: int = 0, window: int = WINDOW, **more: int
    ) -> Self:
        content = wire.NotifyMsc(window=window, serial=serial, target_msc=target, **more)
        return self.request(content.NAME, content=content)

    def event(
        self, content: wire.PresentEvent, sequence: int | None = None, data: bytes | None = None
    ) -> Self:
        sequence = self.sequence if sequence is None else sequence
        self.timeline.append(
            Event(
                time=self.script.tick(),
                client=self.name,
                sequence=sequence,
                name=content.NAME,
                data=content.encode(MAJOR, sequence) if data is None else data,
                content=content,
            )
        )
        return self

    def idle(
        self,
        serial: int,
        *,
        pixmap: int = PIXMAP,
        fence: int = 0,
        window: int = WINDOW,
        context: int | None = None,
        sequence: int | None = None,
    ) -> Self:
        return self.event(
            wire.IdleNotify(
                event=self.context if context is None else context,
                window=window,
                serial=serial,
                pixmap=pixmap,
                idle_fence=fence,
            ),
            sequence,
        )

    def complete(
        self,
        serial: int,
        msc: int,
        *,
        ust: int | None = None,
        mode: int = CompleteMode.COPY,
        kind: int = CompleteKind.PIXMAP,
        window: int = WINDOW,
        context: int | None = None,
        sequence: int | None = None,
    ) -> Self:
        return self.event(
            wire.CompleteNotify(
                kind=kind,
                mode=mode,
                event=self.context if context is None else context,
                window=window,
                serial=serial,
                ust=msc * FRAME_US if ust is None else ust,
                msc=msc,
            ),
            sequence,
        )

    def msc(self, serial: int, msc: int, **more: int) -> Self:
        return self.complete(serial, msc, kind=CompleteKind.NOTIFY_MSC, **more)

    def configure(
        self, width: int = 10, height: int = 10, *, window: int = WINDOW, **more: int
    ) -> Self:
        values = {
            "x": 0,
            "y": 0,
            "off_x": 0,
            "off_y": 0,
            "pixmap_width": width,
            "pixmap_height": height,
            "pixmap_flags": 0,
        }
        content = wire.PresentConfigureNotify(
            event=self.context, window=window, width=width, height=height, **(values | more)
        )
        return self.event(content)


def started() -> Actor:
    """Client "a" with its window, all events selected, its clock read: MSC 10."""
    return Script().client("a").create().select().notify_msc(900).msc(900, 10)
