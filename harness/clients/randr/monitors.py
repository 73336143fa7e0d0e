# SPDX-License-Identifier: MIT
"""A scripted client of RANDR: CRTCs, outputs, modes and monitors of the first screen."""

import operator
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self, SupportsIndex, overload

import xcffib.randr
from xcffib import ffi
from xcffib.randr import ModeInfo, MonitorInfo

from harness.clients.connection.client import Client
from harness.clients.connection.errors import Unsupported
from harness.clients.connection.requests import from_reply
from harness.clients.randr.transform import SET_CRTC_TRANSFORM, Panning, Transform, Transforms
from harness.timeline import record
from harness.wording import counted
from harness.x11 import randr
from harness.x11.randr import NotifyMask, OutputConnection, Rotation


@dataclass(frozen=True, slots=True)
class Mode:
    """A mode as the server lists it: an id, a size in pixels, a name."""

    id: int
    width: int
    height: int
    name: str


class Ids(tuple[int, ...]):
    """The ids of a server's CRTCs or outputs.

    An index beyond them raises Unsupported: the script counts on more than the server has.
    """

    def __new__(cls, ids: Iterable[int], display: str, kind: str) -> Self:
        return super().__new__(cls, ids)

    def __init__(self, ids: Iterable[int], display: str, kind: str) -> None:
        self._display, self._kind = display, kind

    @overload
    def __getitem__(self, index: SupportsIndex) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[int, ...]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> int | tuple[int, ...]:
        try:
            return super().__getitem__(index)
        except IndexError:
            assert not isinstance(index, slice)
            at = operator.index(index)
            raise self.too_few(at + 1 if at >= 0 else -at) from None

    def too_few(self, count: int) -> Unsupported:
        """The error to raise where ``count`` of them are needed."""
        words = f"{counted(count, self._kind)}, it has {len(self)}"
        return Unsupported(self._display, words, "crtcs", count)


@dataclass(frozen=True, slots=True)
class Resources:
    """A GetScreenResources reply; ``modes`` by id.  Timestamps in ms of the server's time."""

    timestamp: int
    config_timestamp: int
    crtcs: Ids
    outputs: Ids
    modes: dict[int, Mode]


@dataclass(frozen=True, slots=True)
class Crtc:
    """A GetCrtcInfo reply: the rectangle of the screen that it shows, and how."""

    id: int
    timestamp: int
    x: int
    y: int
    width: int
    height: int
    mode: int
    rotation: Rotation
    rotations: Rotation
    outputs: tuple[int, ...]
    possible: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Output:
    """A GetOutputInfo reply; the first ``preferred`` of ``modes`` are those it likes best."""

    id: int
    timestamp: int
    crtc: int
    mm_width: int
    mm_height: int
    connection: OutputConnection
    subpixel_order: int
    crtcs: tuple[int, ...]
    modes: tuple[int, ...]
    preferred: int
    clones: tuple[int, ...]
    name: str


@dataclass(frozen=True, slots=True)
class Monitor:
    """One entry of GetMonitors; ``name`` is an atom."""

    name: int
    primary: bool
    automatic: bool
    x: int
    y: int
    width: int
    height: int
    mm_width: int
    mm_height: int
    outputs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ScreenInfo:
    """A GetScreenInfo reply: ``sizes`` in pixels, with the ``rates`` (Hz) of each.

    ``size`` is the index of the current one.
    """

    root: int
    timestamp: int
    config_timestamp: int
    rotations: Rotation
    rotation: Rotation
    size: int
    rate: int
    sizes: tuple[tuple[int, int], ...]
    rates: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class CrtcReply:
    """A SetCrtcConfig or SetPanning reply: 0 is success; ``timestamp`` is server time in ms."""

    status: int
    timestamp: int


class Monitors:
    """RANDR as ``client`` uses it; every call is one request unless it says otherwise."""

    def __init__(self, client: Client) -> None:
        self.client = client

    @property
    def requests(self) -> Any:
        """The RANDR requests, as xcffib builds them."""
        return self.client.extension(xcffib.randr)

    def resources(self, *, current: bool = False) -> Resources:
        """GetScreenResources, or GetScreenResourcesCurrent, which does not poll the hardware."""
        get = self.requests.GetScreenResources
        if current:
            get = self.requests.GetScreenResourcesCurrent
        reply = get(self.client.root).reply()
        names, at, modes = bytes(reply.names), 0, {}
        for info in reply.modes:
            name = names[at : at + info.name_len].decode("latin-1")
            at += info.name_len
            modes[info.id] = Mode(info.id, info.width, info.height, name)
        display = self.client.server.display
        crtcs, outputs = Ids(reply.crtcs, display, "CRTC"), Ids(reply.outputs, display, "output")
        return from_reply(Resources, reply, modes=modes, crtcs=crtcs, outputs=outputs)

    def known(self) -> Resources:
        """GetScreenResourcesCurrent, or GetScreenResources while the server has polled nothing.

        Polling the hardware may change the configuration of CRTCs.
        """
        resources = self.resources(current=True)
        return resources if resources.crtcs else self.resources()

    def screen_info(self, window: int | None = None) -> ScreenInfo:
        """GetScreenInfo, decoded here: xcffib expects one rate for each size."""
        cookie = self.requests.GetScreenInfo(self.client.root if window is None else window)
        cookie.reply_type = lambda unpacker: bytes(ffi.buffer(unpacker.cdata, unpacker.known_max))
        data: bytes = cookie.reply()
        root, timestamp, config_timestamp, count, *current, words = struct.unpack_from(
            "=3I5H", data, 8
        )
        size, rotation, rate = current
        sizes = [struct.unpack_from("=HH", data, 32 + 8 * n) for n in range(count)]
        entries = iter(struct.unpack_from(f"={words}H", data, 32 + 8 * count))
        rates = [tuple(next(entries) for _ in range(next(entries))) for _ in sizes]
        return ScreenInfo(
            *(root, timestamp, config_timestamp),
            *(Rotation(data[1]), Rotation(rotation), size, rate),
            *(tuple(sizes), tuple(rates)),
        )

    def crtc(self, id: int, config_timestamp: int = 0) -> Crtc:
        """GetCrtcInfo; timestamps in ms of the server's clock."""
        reply = self.requests.GetCrtcInfo(id, config_timestamp).reply()
        rotation, rotations = Rotation(reply.rotation), Rotation(reply.rotations)
        return from_reply(Crtc, reply, id=id, rotation=rotation, rotations=rotations)

    def output(self, id: int, config_timestamp: int = 0) -> Output:
        """GetOutputInfo; timestamps in ms of the server's clock."""
        reply = self.requests.GetOutputInfo(id, config_timestamp).reply()
        return from_reply(
            Output,
            reply,
            id=id,
            connection=OutputConnection(reply.connection),
            preferred=reply.num_preferred,
            name=bytes(reply.name).decode("latin-1"),
        )

    def set_crtc(
        self,
        crtc: int,
        mode: int,
        outputs: Sequence[int],
        *,
        x: int = 0,
        y: int = 0,
        rotation: int = Rotation.ROTATE_0,
        timestamp: int = 0,
        config_timestamp: int | None = None,
    ) -> CrtcReply:
        """SetCrtcConfig, with the current config-timestamp (another request) by default.

        ``x`` and ``y`` in pixels of the screen, ``rotation`` bits of Rotation, times in ms.
        """
        if config_timestamp is None:
            config_timestamp = self.resources(current=True).config_timestamp
        reply = self.requests.SetCrtcConfig(
            crtc, timestamp, config_timestamp, x, y, mode, rotation, len(outputs), list(outputs)
        ).reply()
        return CrtcReply(reply.status, reply.timestamp)

    def switch_off(self, crtc: int) -> CrtcReply:
        """SetCrtcConfig without mode and outputs."""
        return self.set_crtc(crtc, 0, [])

    def panning(self, crtc: int) -> Panning:
        reply = self.requests.GetPanning(crtc).reply()
        return Panning(
            (reply.left, reply.top, reply.width, reply.height),
            (reply.track_left, reply.track_top, reply.track_width, reply.track_height),
            (reply.border_left, reply.border_top, reply.border_right, reply.border_bottom),
        )

    def set_panning(self, crtc: int, panning: Panning, timestamp: int = 0) -> CrtcReply:
        reply = self.requests.SetPanning(
            crtc, timestamp, *panning.area, *panning.tracking, *panning.border
        ).reply()
        return CrtcReply(reply.status, reply.timestamp)

    def transforms(self, crtc: int) -> Transforms:
        reply = self.requests.GetCrtcTransform(crtc).reply()
        return Transforms.decode(reply)

    def set_transform(self, crtc: int, transform: Transform) -> None:
        # xcffib pads this request in the wrong place.
        data = struct.pack("=4xI", crtc) + transform.encode()
        self.client.send_raw(randr.EXTENSION, SET_CRTC_TRANSFORM, data)

    def set_screen_size(
        self, width: int, height: int, mm_width: int = 170, mm_height: int = 130
    ) -> None:
        """SetScreenSize: ``width`` and ``height`` in pixels, the other two in mm."""
        self.requests.SetScreenSize(self.client.root, width, height, mm_width, mm_height)

    def create_mode(self, width: int, height: int, name: str | None = None) -> Mode:
        """A new mode of 60 Hz, called ``WIDTHxHEIGHT`` unless it has a name."""
        name = f"{width}x{height}" if name is None else name
        total_width, total_height = width + 80, height + 20
        info = ModeInfo.synthetic(
            *(0, width, height, total_width * total_height * 60),
            *(width + 8, width + 40, total_width, 0),
            *(height + 3, height + 9, total_height, len(name), 0),
        )
        encoded = name.encode("latin-1")
        reply = self.requests.CreateMode(self.client.root, info, len(encoded), encoded).reply()
        return Mode(reply.mode, width, height, name)

    def fitting_mode(self, output: int) -> int:
        """A mode of ``output`` that fits into the screen, of the screen's size if one must be made.

        Several requests.
        """
        root, known = self.client.geometry(self.client.root), self.resources(current=True).modes
        for id in self.output(output).modes:
            if known[id].width <= root.width and known[id].height <= root.height:
                return id
        mode = self.create_mode(root.width, root.height, f"screen-{root.width}x{root.height}")
        self.add_mode(output, mode.id)
        return mode.id

    def destroy_mode(self, mode: int) -> None:
        self.requests.DestroyMode(mode)

    def add_mode(self, output: int, mode: int) -> None:
        self.requests.AddOutputMode(output, mode)

    def delete_mode(self, output: int, mode: int) -> None:
        self.requests.DeleteOutputMode(output, mode)

    def primary(self) -> int:
        """The primary output, 0 for none."""
        return int(self.requests.GetOutputPrimary(self.client.root).reply().output)

    def set_primary(self, output: int) -> None:
        self.requests.SetOutputPrimary(self.client.root, output)

    def monitors(self, *, active: bool = False) -> list[Monitor]:
        """GetMonitors; ``active`` leaves out those without an area."""
        reply = self.requests.GetMonitors(self.client.root, active).reply()
        return [
            from_reply(
                Monitor,
                info,
                primary=bool(info.primary),
                automatic=bool(info.automatic),
                mm_width=info.width_in_millimeters,
                mm_height=info.height_in_millimeters,
            )
            for info in reply.monitors
        ]

    def set_monitor(self, monitor: Monitor) -> None:
        """SetMonitor: its place in pixels, its size in pixels and in mm."""
        one = monitor
        info = MonitorInfo.synthetic(
            *(one.name, one.primary, one.automatic, len(one.outputs)),
            *(one.x, one.y, one.width, one.height, one.mm_width, one.mm_height),
            list(one.outputs),
        )
        self.requests.SetMonitor(self.client.root, info)

    def delete_monitor(self, name: int) -> None:
        self.requests.DeleteMonitor(self.client.root, name)

    def select(self, mask: int = randr.ALL_EVENTS, window: int | None = None) -> None:
        """Select exactly these events on a window, the root by default.

        A selection that exists never changes, so it is dropped first.
        """
        window = self.client.root if window is None else window
        self.requests.SelectInput(window, 0)
        if mask:
            self.requests.SelectInput(window, NotifyMask(mask))

    def events(self, since: int = 0) -> list[randr.Event]:
        """The RANDR events from number ``since`` of the client's events on, after a round trip."""
        self.client.sync()
        decoded = map(self.decode, self.client.events[since:])
        return [event for event in decoded if event is not None]

    def decode(self, entry: record.Event) -> randr.Event | None:
        """The RANDR event in an entry of the client's timeline; None for any other event."""
        if not entry.name.startswith(f"{randr.EXTENSION}:"):
            return None
        first = self.client.numbers(randr.EXTENSION).first_event
        return randr.decode_event((entry.data[0] & 0x7F) - first, entry.data)
