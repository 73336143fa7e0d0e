# SPDX-License-Identifier: MIT
"""The RANDR of the server behind the proxy, queried and set over any connection.

randrproto 1.6, sections 7 and 9.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from harness.proposals import requests
from harness.proposals.requests import RequestError, Size
from harness.proxy.channel import Channel
from harness.x11 import encoding
from harness.x11.extensions import Extension
from harness.x11.randr import Rotation


class RandrOpcode(IntEnum):
    """Minor opcodes of RANDR."""

    SET_SCREEN_CONFIG = 2
    SELECT_INPUT = 4
    GET_SCREEN_INFO = 5
    GET_SCREEN_SIZE_RANGE = 6
    SET_SCREEN_SIZE = 7
    GET_SCREEN_RESOURCES = 8
    GET_OUTPUT_INFO = 9
    GET_CRTC_INFO = 20
    SET_CRTC_CONFIG = 21
    GET_SCREEN_RESOURCES_CURRENT = 25


SUCCESS = 0

BAD_OUTPUT, BAD_CRTC, BAD_MODE = 0, 1, 2
"""RANDR's errors, from its first one."""


class RandrRefused(Exception):
    """The server answered a request with ``error`` (its 32 bytes)."""

    def __init__(self, error: bytes) -> None:
        super().__init__(error)
        self.error = error


class ScreenSize(NamedTuple):
    """The size of the screen, and so of the root window: in pixels, and in mm."""

    pixels: Size
    millimeters: Size


class CrtcSetting(NamedTuple):
    """What SetCrtcConfig sets: place on the screen, mode, rotation and outputs."""

    x: int = 0
    y: int = 0
    mode: int = 0
    rotation: int = Rotation.ROTATE_0
    outputs: tuple[int, ...] = ()


OFF = CrtcSetting()


@dataclass(frozen=True, slots=True)
class CrtcInfo:
    """GetCrtcInfo: what one of the server's CRTCs is set to, and which rotations it can do."""

    id: int
    setting: CrtcSetting
    rotations: int


@dataclass(frozen=True, slots=True)
class OutputInfo:
    """GetOutputInfo, without crtc and name."""

    id: int
    connection: int
    subpixel: int
    crtcs: tuple[int, ...]
    modes: tuple[int, ...]
    clones: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ServerResources:
    """GetScreenResourcesCurrent: timestamps in ms, ids in the server's order, modes' sizes."""

    timestamp: int
    config_timestamp: int
    crtcs: tuple[int, ...]
    outputs: tuple[int, ...]
    modes: dict[int, Size]


class ServerRandr:
    """Requests of RANDR over ``channel``.  All raise RandrRefused for an error."""

    def __init__(self, channel: Channel, extension: Extension) -> None:
        self.channel, self._extension = channel, extension

    def error(self, number: int, value: int) -> RequestError:
        """An error of RANDR's own; ``number`` counts from its first one."""
        return RequestError(self._extension.first_error + number, value)

    async def resources(self) -> ServerResources:
        """The resources that the server knows; if it knows none yet, it probes for them."""
        found = await self._resources(RandrOpcode.GET_SCREEN_RESOURCES_CURRENT)
        return found if found.crtcs else await self._resources(RandrOpcode.GET_SCREEN_RESOURCES)

    async def _resources(self, minor: int) -> ServerResources:
        unpack = self.channel.unpack
        reply = await self._ask(minor, "I", self.channel.root)
        timestamp, config, crtcs, outputs, modes = unpack("IIHHH", reply, 8)
        ids = unpack(f"{crtcs + outputs}I", reply, 32)
        first = 32 + 4 * len(ids)
        infos = [unpack("IHH", reply, at) for at in range(first, first + 32 * modes, 32)]
        sizes = {mode: (width, height) for mode, width, height in infos}
        return ServerResources(timestamp, config, ids[:crtcs], ids[crtcs:], sizes)

    async def crtc(self, id: int) -> CrtcInfo:
        """GetCrtcInfo."""
        reply = await self._ask(RandrOpcode.GET_CRTC_INFO, "II", id, 0)
        x, y, mode, rotation, rotations, outputs = self.channel.unpack("hh4xIHHH", reply, 12)
        ids = self.channel.unpack(f"{outputs}I", reply, 32)
        return CrtcInfo(id, CrtcSetting(x, y, mode, rotation, ids), rotations)

    async def output(self, id: int) -> OutputInfo:
        """GetOutputInfo."""
        reply = await self._ask(RandrOpcode.GET_OUTPUT_INFO, "II", id, 0)
        connection, subpixel, crtcs, modes, clones = self.channel.unpack("BBHH2xH", reply, 24)
        ids = self.channel.unpack(f"{crtcs + modes + clones}I", reply, 36)
        lists = ids[:crtcs], ids[crtcs : crtcs + modes], ids[crtcs + modes :]
        return OutputInfo(id, connection, subpixel, *lists)

    async def size_range(self) -> tuple[int, ...]:
        """The smallest width and height of the screen, the largest width and height."""
        reply = await self._ask(RandrOpcode.GET_SCREEN_SIZE_RANGE, "I", self.channel.root)
        return self.channel.unpack("HHHH", reply, 8)

    async def size_id(self) -> int:
        """The index of the screen's size among those that GetScreenInfo lists."""
        reply = await self._ask(RandrOpcode.GET_SCREEN_INFO, "I", self.channel.root)
        return self.channel.unpack("H", reply, 22)[0]

    async def root_size(self) -> Size:
        """Width and height of the root window."""
        geometry = requests.get_geometry(self.channel, self.channel.root)
        return requests.size_in(self.channel, _checked(await self.channel.ask(geometry)))

    async def set_screen_size(self, size: ScreenSize) -> None:
        """SetScreenSize.  Raises RandrRefused for an error."""
        fields = (self.channel.root, *size.pixels, *size.millimeters)
        error = await self.channel.attempt(
            self._request(RandrOpcode.SET_SCREEN_SIZE, "IHHII", *fields)
        )
        if error is not None:
            raise RandrRefused(error)

    async def set_crtc(self, id: int, setting: CrtcSetting) -> bool:
        """SetCrtcConfig at the server's present time; whether it says Success."""
        config = (await self.resources()).config_timestamp
        *numbers, outputs = setting
        layout = f"IIIhhIHxx{len(outputs)}I"
        reply = await self._ask(
            RandrOpcode.SET_CRTC_CONFIG, layout, id, 0, config, *numbers, *outputs
        )
        return reply[1] == SUCCESS

    def _request(self, minor: int, layout: str, *values: int) -> bytes:
        return self.channel.new_request(self._extension.major, minor, layout, *values)

    async def _ask(self, minor: int, layout: str, *values: int) -> bytes:
        return _checked(await self.channel.ask(self._request(minor, layout, *values)))


def _checked(reply: bytes) -> bytes:
    if reply[0] == encoding.ERROR:
        raise RandrRefused(reply)
    return reply
