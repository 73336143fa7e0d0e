# SPDX-License-Identifier: MIT
"""One batch of RANDR's events per change, in place of those that its single steps cause."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.proposals.percrtc.server import OutputInfo, ServerResources
from harness.proposals.percrtc.state import ScanoutCrtc
from harness.proxy.channel import Channel
from harness.proxy.link import Link
from harness.x11 import encoding
from harness.x11.extensions import Extension
from harness.x11.randr import NotifyMask

CONFIGURE_NOTIFY = 22
STRUCTURE_NOTIFY = 1 << 17
GET_WINDOW_ATTRIBUTES = 3
_CRTC, _OUTPUT = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one request has changed: the state after it, and which parts of it are new.

    ``resources`` are those before it, for events carry the time of the change before theirs.
    ``resized`` when the screen has another size in pixels or mm.
    """

    resources: ServerResources
    before: Mapping[int, ScanoutCrtc]
    after: Mapping[int, ScanoutCrtc]
    outputs: Sequence[OutputInfo]
    screen: tuple[int, int]
    millimeters: tuple[int, int]
    size_id: int
    larger: bool
    resized: bool

    @property
    def crtcs(self) -> list[ScanoutCrtc]:
        """The CRTCs that have changed, in the server's order."""
        return [
            crtc
            for id in self.resources.crtcs
            if (crtc := self.after[id]).shown != self.before[id].shown
        ]

    @property
    def changed_outputs(self) -> list[OutputInfo]:
        """The outputs that gained or lost a CRTC."""
        moved = {
            output
            for crtc in self.crtcs
            for output in set(crtc.outputs) ^ set(self.before[crtc.id].outputs)
        }
        return [output for output in self.outputs if output.id in moved]

    @property
    def empty(self) -> bool:
        return not (self.resized or self.crtcs)

    @property
    def of_layout(self) -> bool:
        """Whether other parts of the screen are shown, or it has other pixels."""
        moved = any(crtc.layout != self.before[crtc.id].layout for crtc in self.crtcs)
        return self.larger or moved


class Notices:
    """Who has selected RANDR's events, and how a change is told to them."""

    def __init__(self, extension: Extension) -> None:
        self._first = extension.first_event
        self._selected: dict[Link, dict[int, int]] = {}

    def select(self, link: Link, window: int, mask: int) -> None:
        """``link`` has selected ``mask`` on ``window``; a selection that exists never changes."""
        windows = self._selected.setdefault(link, {})
        if mask:
            windows.setdefault(window, mask)
        else:
            windows.pop(window, None)

    def forget(self, link: Link) -> None:
        self._selected.pop(link, None)

    async def batch(self, link: Link, change: Change) -> list[bytes]:
        """The events of ``change`` for ``link``, all the server's own told before them."""
        root = link.root
        attributes = await link.ask(link.new_request(GET_WINDOW_ATTRIBUTES, 0, "I", root))
        events = []
        for window, mask in self._selected.get(link, {}).items():
            events += self._for_window(link, window, mask, change)
        listens = attributes[0] == encoding.REPLY and link.unpack("I", attributes, 36)[0]
        if listens and listens & STRUCTURE_NOTIFY and change.of_layout:
            sizes = (0, 0, *change.screen, 0, 0)
            events.append(
                struct.pack(
                    f"{link.order}BxHIIIhhHHHBx4x", CONFIGURE_NOTIFY, 0, root, root, 0, *sizes
                )
            )
        return events

    def _for_window(self, channel: Channel, window: int, mask: int, change: Change) -> list[bytes]:
        events = []
        if mask & NotifyMask.SCREEN_CHANGE:
            events.append(self._screen(channel, window, change))
        if mask & NotifyMask.CRTC_CHANGE:
            events += [self._crtc(channel, window, crtc, change) for crtc in change.crtcs]
        if mask & NotifyMask.OUTPUT_CHANGE:
            changed = change.changed_outputs
            events += [self._output(channel, window, output, change) for output in changed]
        return events

    def _screen(self, channel: Channel, window: int, change: Change) -> bytes:
        times = (change.resources.timestamp, change.resources.config_timestamp)
        return struct.pack(
            f"{channel.order}BBHIIIIHHHHHH",
            *(self._first, 1, 0),
            *times,
            *(channel.root, window, change.size_id, 0),
            *change.screen,
            *change.millimeters,
        )

    def _crtc(self, channel: Channel, window: int, crtc: ScanoutCrtc, change: Change) -> bytes:
        size = change.resources.modes.get(crtc.mode, (0, 0))
        return struct.pack(
            f"{channel.order}BBHIIIIHxxhhHH",
            *(self._first + 1, _CRTC, 0, change.resources.timestamp),
            *(window, crtc.id, crtc.mode, crtc.rotation),
            *((crtc.x, crtc.y) if crtc.mode else (0, 0)),
            *size,
        )

    def _output(self, channel: Channel, window: int, output: OutputInfo, change: Change) -> bytes:
        crtc = next((one for one in change.after.values() if output.id in one.outputs), None)
        shown = (0, 0, 1) if crtc is None else (crtc.id, crtc.mode, crtc.rotation)
        return struct.pack(
            f"{channel.order}BBHIIIIIIHBB",
            *(self._first + 1, _OUTPUT, 0),
            *(change.resources.timestamp, change.resources.config_timestamp),
            *(window, output.id, *shown),
            *(output.connection, output.subpixel),
        )
