# SPDX-License-Identifier: MIT
"""One batch of RANDR's events per change, in place of those that its single steps cause."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.proposals import requests
from harness.proposals.percrtc.server import OutputInfo, ScreenSize
from harness.proposals.percrtc.state import Configuration, ScanoutCrtc
from harness.proxy.link import Link
from harness.x11 import encoding
from harness.x11.extensions import Extension
from harness.x11.randr import NOTIFY, SCREEN_CHANGE_NOTIFY, NotifyMask, Rotation

_CRTC, _OUTPUT = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationChange:
    """What one request has changed: all CRTCs ``after`` it, and the new size of the screen."""

    before: Configuration
    after: Mapping[int, ScanoutCrtc]
    screen: ScreenSize
    outputs: Sequence[OutputInfo]
    size_id: int

    @property
    def crtcs(self) -> list[ScanoutCrtc]:
        """The CRTCs whose setting has changed, in the server's order.

        That they show another pixmap is no change to RANDR.
        """
        return [
            self.after[id]
            for id in self.before.resources.crtcs
            if self.after[id].setting != self.before.crtcs[id].setting
        ]

    @property
    def changed_outputs(self) -> list[OutputInfo]:
        """The outputs that gained or lost a CRTC."""
        moved = {
            output
            for crtc in self.crtcs
            for output in {*crtc.setting.outputs} ^ {*self.before.crtcs[crtc.id].setting.outputs}
        }
        return [output for output in self.outputs if output.id in moved]

    @property
    def empty(self) -> bool:
        """Whether it is no change to RANDR."""
        return self.screen == self.before.screen and not self.crtcs

    @property
    def of_layout(self) -> bool:
        """Whether other parts of the screen are shown, or it has other pixels."""
        before = self.before.crtcs
        moved = any(crtc.setting[:4] != before[crtc.id].setting[:4] for crtc in self.crtcs)
        return moved or self.screen.pixels != self.before.screen.pixels


class EventBatches:
    """The events of changes for the clients that select RANDR's events."""

    def __init__(self, randr: Extension) -> None:
        self._first = randr.first_event
        self._selected: dict[Link, dict[int, int]] = {}

    def select(self, link: Link, window: int, mask: int) -> None:
        """``link`` has selected ``mask`` on ``window``; servers never change a selection."""
        windows = self._selected.setdefault(link, {})
        if mask:
            windows.setdefault(window, mask)
        else:
            windows.pop(window, None)

    def forget_link(self, link: Link) -> None:
        self._selected.pop(link, None)

    async def batch(self, link: Link, change: ConfigurationChange) -> list[bytes]:
        """The events of ``change`` for ``link``, after all that the server itself sent."""
        attributes = await link.ask(requests.get_window_attributes(link, link.root))
        events = []
        for window, mask in self._selected.get(link, {}).items():
            events += self._for_window(link, window, mask, change)
        own_mask = link.unpack("I", attributes, 36)[0] if attributes[0] == encoding.REPLY else 0
        if own_mask & requests.STRUCTURE_NOTIFY and change.of_layout:
            fields = (link.root, link.root, 0, 0, 0, *change.screen.pixels, 0, 0)
            events.append(link.pack("BxHIIIhhHHHBx4x", requests.CONFIGURE_NOTIFY, 0, *fields))
        return events

    def _for_window(
        self, link: Link, window: int, mask: int, change: ConfigurationChange
    ) -> list[bytes]:
        resources = change.before.resources
        # Events carry the time of the change before theirs, as servers send them.
        times = (resources.timestamp, resources.config_timestamp)
        events: list[bytes] = []

        def add(layout: str, code: int, detail: int, *fields: int) -> None:
            events.append(link.pack(f"BBH{layout}", self._first + code, detail, 0, *fields))

        if mask & NotifyMask.SCREEN_CHANGE:
            fields = (*times, link.root, window, change.size_id, 0)
            sizes = (*change.screen.pixels, *change.screen.millimeters)
            add("IIIIHHHHHH", SCREEN_CHANGE_NOTIFY, Rotation.ROTATE_0, *fields, *sizes)
        for crtc in change.crtcs if mask & NotifyMask.CRTC_CHANGE else ():
            x, y, mode, rotation, _ = crtc.setting
            place = (x, y) if mode else (0, 0)
            size = resources.modes.get(mode, (0, 0))
            driven = (times[0], window, crtc.id, mode, rotation)
            add("IIIIHxxhhHH", NOTIFY, _CRTC, *driven, *place, *size)
        for output in change.changed_outputs if mask & NotifyMask.OUTPUT_CHANGE else ():
            found = (one for one in change.after.values() if output.id in one.setting.outputs)
            crtc = next(found, ScanoutCrtc(0))
            shown = (window, output.id, crtc.id, crtc.setting.mode, crtc.setting.rotation)
            add("IIIIIIHBB", NOTIFY, _OUTPUT, *times, *shown, output.connection, output.subpixel)
        return events
