# SPDX-License-Identifier: MIT
"""The server's own RANDR, asked and set in the name of somebody's connection."""

from collections.abc import Iterable
from dataclasses import dataclass

from harness.proxy.channel import Channel
from harness.x11 import encoding
from harness.x11.extensions import Extension

SELECT_INPUT = 4
GET_SCREEN_INFO = 5
GET_SCREEN_SIZE_RANGE = 6
SET_SCREEN_SIZE = 7
GET_SCREEN_RESOURCES = 8
GET_OUTPUT_INFO = 9
GET_CRTC_INFO = 20
SET_CRTC_CONFIG = 21
GET_SCREEN_RESOURCES_CURRENT = 25
SET_SCREEN_CONFIG = 2

SUCCESS = 0


class Refused(Exception):
    """A request got ``error`` (its 32 bytes) in place of an answer."""

    def __init__(self, error: bytes) -> None:
        super().__init__(error)
        self.error = error


@dataclass(frozen=True, slots=True)
class ServerResources:
    """GetScreenResourcesCurrent: timestamps in ms, ids in the server's order, modes' sizes."""

    timestamp: int
    config_timestamp: int
    crtcs: tuple[int, ...]
    outputs: tuple[int, ...]
    modes: dict[int, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class CrtcInfo:
    """GetCrtcInfo: what the server's CRTC is set to, and what it can do."""

    id: int
    x: int
    y: int
    mode: int
    rotation: int
    rotations: int
    outputs: tuple[int, ...]
    possible: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OutputInfo:
    """GetOutputInfo, without its name."""

    id: int
    crtc: int
    connection: int
    subpixel: int
    crtcs: tuple[int, ...]
    modes: tuple[int, ...]
    clones: tuple[int, ...]


class ServerRandr:
    """Requests of RANDR on any connection.  All raise Refused for an error."""

    def __init__(self, extension: Extension) -> None:
        self.extension = extension

    async def resources(self, channel: Channel) -> ServerResources:
        """What the server knows; it is made to look when it knows nothing yet."""
        found = await self._resources(channel, GET_SCREEN_RESOURCES_CURRENT)
        return found if found.crtcs else await self._resources(channel, GET_SCREEN_RESOURCES)

    async def _resources(self, channel: Channel, minor: int) -> ServerResources:
        reply = await self._ask(channel, minor, "I", channel.root)
        timestamp, config, *counts = channel.unpack("IIHHH", reply, 8)
        crtcs, outputs, modes = counts
        ids = channel.unpack(f"{crtcs + outputs}I", reply, 32)
        at = 32 + 4 * (crtcs + outputs)
        sizes = {}
        for place in range(at, at + 32 * modes, 32):
            mode, width, height = channel.unpack("IHH", reply, place)
            sizes[mode] = (width, height)
        return ServerResources(timestamp, config, ids[:crtcs], ids[crtcs:], sizes)

    async def crtc(self, channel: Channel, id: int) -> CrtcInfo:
        reply = await self._ask(channel, GET_CRTC_INFO, "II", id, 0)
        x, y, _, _, mode, rotation, rotations, outputs, possible = channel.unpack(
            "hhHHIHHHH", reply, 12
        )
        ids = channel.unpack(f"{outputs + possible}I", reply, 32)
        return CrtcInfo(id, x, y, mode, rotation, rotations, ids[:outputs], ids[outputs:])

    async def output(self, channel: Channel, id: int) -> OutputInfo:
        reply = await self._ask(channel, GET_OUTPUT_INFO, "II", id, 0)
        (crtc,) = channel.unpack("I", reply, 12)
        connection, subpixel, crtcs, modes, _, clones = channel.unpack("BBHHHH", reply, 24)
        ids = channel.unpack(f"{crtcs + modes + clones}I", reply, 36)
        return OutputInfo(
            id,
            crtc,
            connection,
            subpixel,
            ids[:crtcs],
            ids[crtcs : crtcs + modes],
            ids[crtcs + modes :],
        )

    async def size_range(self, channel: Channel) -> tuple[int, ...]:
        """The smallest width and height of the screen, the largest width and height."""
        reply = await self._ask(channel, GET_SCREEN_SIZE_RANGE, "I", channel.root)
        return channel.unpack("HHHH", reply, 8)

    async def size_id(self, channel: Channel) -> int:
        """The index of the screen's size among those that GetScreenInfo lists."""
        reply = await self._ask(channel, GET_SCREEN_INFO, "I", channel.root)
        return channel.unpack("H", reply, 22)[0]

    async def screen_size(self, channel: Channel) -> tuple[int, int]:
        """Width and height of the root window."""
        reply = await channel.ask(channel.new_request(encoding.GET_GEOMETRY, 0, "I", channel.root))
        _checked(reply)
        width, height = channel.unpack("HH", reply, 16)
        return width, height

    async def set_screen_size(
        self, channel: Channel, size: tuple[int, int], millimeters: tuple[int, int]
    ) -> None:
        request = channel.new_request(
            self.extension.major, SET_SCREEN_SIZE, "IHHII", channel.root, *size, *millimeters
        )
        error = await channel.attempt(request)
        if error is not None:
            raise Refused(error)

    async def set_crtc(
        self,
        channel: Channel,
        crtc: int,
        place: tuple[int, int] = (0, 0),
        mode: int = 0,
        rotation: int = 1,
        outputs: Iterable[int] = (),
    ) -> bool:
        """SetCrtcConfig at the server's present time; whether it says Success."""
        config = (await self.resources(channel)).config_timestamp
        ids = tuple(outputs)
        reply = await self._ask(
            channel,
            SET_CRTC_CONFIG,
            f"IIIhhIHxx{len(ids)}I",
            *(crtc, 0, config, *place, mode, rotation, *ids),
        )
        return reply[1] == SUCCESS

    async def _ask(self, channel: Channel, minor: int, layout: str, *values: int) -> bytes:
        request = channel.new_request(self.extension.major, minor, layout, *values)
        return _checked(await channel.ask(request))


def _checked(reply: bytes) -> bytes:
    if reply[0] == encoding.ERROR:
        raise Refused(reply)
    return reply
