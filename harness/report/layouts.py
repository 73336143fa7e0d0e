# SPDX-License-Identifier: MIT
"""The layouts of a screen, one after the other, as a timeline tells them.

Nothing is read for this: what clients read, set and were notified of is put together.
Source: RANDR protocol 1.6, appendix A (encoding).
"""

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from harness.timeline.model.randr import decoded
from harness.timeline.record import Entry, Event, Reply, Request, Timeline
from harness.timeline.streams import ClientStream, split
from harness.x11 import randr
from harness.x11.randr import OutputConnection, Rotation

_SUCCESS = 0
_MODE = struct.Struct("=IHH18xH4x")
_MONITOR = struct.Struct("=IBBHhhHH8x")
_IDENTITY = struct.pack("=9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 16)


@dataclass(frozen=True, slots=True)
class CrtcArea:
    """What a CRTC shows: a rectangle of the screen in pixels; one that is off has no size."""

    id: int
    x: int = 0
    y: int = 0
    width: int = 0
    height: int = 0
    mode: int = 0
    rotation: Rotation = Rotation.ROTATE_0
    outputs: tuple[int, ...] = ()
    panning: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Left, top, width and height of the panning area; without a size for none."""
    transformed: bool = False

    @property
    def on(self) -> bool:
        """Whether it shows anything."""
        return bool(self.width and self.height)


@dataclass(frozen=True, slots=True)
class MonitorArea:
    """A monitor that a client made: its name, and its rectangle of the screen in pixels."""

    name: str
    x: int
    y: int
    width: int
    height: int
    primary: bool


@dataclass(frozen=True, slots=True)
class ScreenLayout:
    """What is known of a screen at one moment; ``width`` and ``height`` in pixels, 0 if unknown.

    ``outputs`` has what is plugged into each known output, ``primary`` is 0 for no output.
    """

    width: int = 0
    height: int = 0
    crtcs: Mapping[int, CrtcArea] = field(default_factory=dict)
    outputs: Mapping[int, OutputConnection | int] = field(default_factory=dict)
    primary: int = 0
    monitors: tuple[MonitorArea, ...] = ()


@dataclass(frozen=True, slots=True)
class LayoutStep:
    """A layout, what brought it about, and when (s since the timeline began).

    ``changed`` are the ids of CRTCs that differ from the layout before.
    """

    layout: ScreenLayout
    cause: str
    time: float
    changed: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class ScreenHistory:
    """The layouts in order, and the names that outputs and modes have in all of them."""

    steps: tuple[LayoutStep, ...]
    output_names: Mapping[int, str]
    mode_names: Mapping[int, str]


Key = tuple[str, int]
State = dict[Key, Any]


def screen_history(timeline: Timeline) -> ScreenHistory:
    """What happened to the screen's layout; without steps where no CRTC is known.

    A step is made where what was known changes.  What is read for the first time without a change
    before it is taken to have been so from the start.
    """
    reading = _Reading()
    for stream, _, entry in split(timeline):
        reading.read(stream, entry)
    layouts = [(_layout(state), cause, time) for state, cause, time in reading.steps]
    if not any(layout.crtcs for layout, _, _ in layouts):
        layouts = []
    steps = []
    before: Mapping[int, CrtcArea] = {}
    start = timeline.entries[0].time if timeline.entries else 0.0
    for number, (layout, cause, time) in enumerate(layouts):
        changed = {id for id, area in layout.crtcs.items() if number and before.get(id) != area}
        since = time - start if number else 0.0
        steps.append(LayoutStep(layout, cause, since, frozenset(changed)))
        before = layout.crtcs
    return ScreenHistory(tuple(steps), reading.output_names, reading.mode_names)


def _layout(state: State) -> ScreenLayout:
    width, height = state.get(("size", 0), (0, 0))
    crtcs = {}
    for (kind, id), value in sorted(state.items(), key=lambda item: item[0]):
        if kind == "crtc":
            panning = state.get(("panning", id), (0, 0, 0, 0))
            transformed = state.get(("transform", id), False)
            crtcs[id] = replace(value, panning=panning, transformed=transformed)
    outputs = {id: value for (kind, id), value in state.items() if kind == "output"}
    primary, monitors = state.get(("primary", 0), 0), state.get(("monitors", 0), ())
    return ScreenLayout(width, height, crtcs, outputs, primary, monitors)


class _Reading:
    """Goes through a timeline; ``steps`` are the states, their causes and times."""

    def __init__(self) -> None:
        self.steps: list[tuple[State, str, float]] = [({}, "before", 0.0)]
        self.output_names: dict[int, str] = {}
        self.mode_names: dict[int, str] = {}
        self._mode_sizes: dict[int, tuple[int, int]] = {}
        self._atoms: dict[int, str] = {}
        self._requests: dict[tuple[ClientStream, int], Request] = {}
        self._by_event = False

    def read(self, stream: ClientStream, entry: Entry) -> None:
        """Take what ``entry``, the next one, tells."""
        try:
            match entry:
                case Request():
                    self._requests[stream, entry.sequence] = entry
                    if entry.sequence not in stream.errors:
                        self._take(entry, self._requested(entry), changes=True)
                case Reply():
                    request = self._requests.get((stream, entry.sequence))
                    read = _REPLIES.get(entry.name)
                    if read is not None and request is not None:
                        changes = entry.name.startswith("RANDR:Set")
                        self._take(entry, read(self, request.data, entry.data), changes=changes)
                case Event():
                    self._take(entry, self._notified(entry), changes=True)
        except (struct.error, ValueError):
            # A message that is cut or has unknown values tells nothing.
            return

    @property
    def _state(self) -> State:
        return self.steps[-1][0]

    def _take(self, entry: Entry, facts: Iterator[tuple[Key, Any]], *, changes: bool) -> None:
        """Add facts; a new step is made where one is not as it was."""
        new = {}
        for key, value in facts:
            if key in self._state:
                if self._state[key] != value:
                    new[key] = value
            elif changes:
                new[key] = value
            else:
                for state, _, _ in self.steps:
                    state.setdefault(key, value)
        if not new:
            return
        # The events of one change come one after the other.
        event = isinstance(entry, Event)
        if not (event and self._by_event):
            self.steps.append((dict(self._state), _cause(entry), entry.time))
        self._by_event = event
        self._state.update(new)

    def _requested(self, request: Request) -> Iterator[tuple[Key, Any]]:
        """What requests without a reply change."""
        if request.name == "RANDR:SetScreenSize":
            yield ("size", 0), struct.unpack_from("=8xHH", request.data)
        elif request.name == "RANDR:SetOutputPrimary":
            yield ("primary", 0), struct.unpack_from("=8xI", request.data)[0]

    def _notified(self, event: Event) -> Iterator[tuple[Key, Any]]:
        match content := decoded(event):
            case randr.ScreenChangeNotify():
                yield ("size", 0), (content.width, content.height)
            case randr.CrtcChangeNotify():
                known = self._state.get(("crtc", content.crtc), CrtcArea(content.crtc))
                place = content.x, content.y, content.width, content.height
                how = content.mode, content.rotation, known.outputs
                area = CrtcArea(content.crtc, *place, *how)
                yield ("crtc", content.crtc), area if content.mode else CrtcArea(content.crtc)
            case randr.OutputChangeNotify():
                yield ("output", content.output), content.connection
                for (kind, id), area in list(self._state.items()):
                    if kind == "crtc" and (id == content.crtc) != (content.output in area.outputs):
                        outputs = tuple(one for one in area.outputs if one != content.output)
                        outputs += (content.output,) * (id == content.crtc)
                        yield ("crtc", id), replace(area, outputs=outputs)

    def _resources(self, _request: bytes, reply: bytes) -> Iterator[tuple[Key, Any]]:
        crtcs, outputs, modes = struct.unpack_from("=16xHHH", reply)
        at = 32 + 4 * (crtcs + outputs)
        names = at + _MODE.size * modes
        for number in range(modes):
            id, width, height, length = _MODE.unpack_from(reply, at + _MODE.size * number)
            self._mode_sizes[id] = width, height
            self.mode_names[id] = reply[names : names + length].decode("latin-1")
            names += length
        yield from ()

    def _created_mode(self, request: bytes, reply: bytes) -> Iterator[tuple[Key, Any]]:
        (id,) = struct.unpack_from("=8xI", reply)
        _, width, height, length = _MODE.unpack_from(request, 8)
        self._mode_sizes[id] = width, height
        self.mode_names[id] = request[8 + _MODE.size :][:length].decode("latin-1")
        yield from ()

    def _crtc(self, request: bytes, reply: bytes) -> Iterator[tuple[Key, Any]]:
        (id,) = struct.unpack_from("=4xI", request)
        x, y, width, height, mode, rotation, _, count = struct.unpack_from("=12xhhHHIHHH", reply)
        if reply[1] == _SUCCESS:
            if not mode:
                yield ("crtc", id), CrtcArea(id)
                return
            outputs = struct.unpack_from(f"={count}I", reply, 32)
            place = x, y, width, height, mode, Rotation(rotation)
            yield ("crtc", id), CrtcArea(id, *place, outputs)

    def _set_crtc(self, request: bytes, reply: bytes) -> Iterator[tuple[Key, Any]]:
        if reply[1] != _SUCCESS:
            return
        id, x, y, mode, rotation = struct.unpack_from("=4xI8xhhIH", request)
        if not mode:
            yield ("crtc", id), CrtcArea(id)
            return
        width, height = self._mode_sizes.get(mode, (0, 0))
        if rotation & (Rotation.ROTATE_90 | Rotation.ROTATE_270):
            width, height = height, width
        outputs = struct.unpack_from(f"={(len(request) - 28) // 4}I", request, 28)
        area = CrtcArea(id, x, y, width, height, mode, Rotation(rotation), outputs)
        if width:
            yield ("crtc", id), area

    def _output(self, request: bytes, reply: bytes) -> Iterator[tuple[Key, Any]]:
        if reply[1] != _SUCCESS:
            return
        (id,) = struct.unpack_from("=4xI", request)
        connection, crtcs, modes, clones, length = struct.unpack_from("=24xBxHH2xHH", reply)
        at = 36 + 4 * (crtcs + modes + clones)
        if len(reply) >= at + length:
            self.output_names[id] = reply[at : at + length].decode("latin-1")
        yield ("output", id), OutputConnection(connection)

    def _primary(self, _request: bytes, reply: bytes) -> Iterator[tuple[Key, Any]]:
        yield ("primary", 0), struct.unpack_from("=8xI", reply)[0]

    def _panning(self, request: bytes, reply: bytes) -> Iterator[tuple[Key, Any]]:
        (id,) = struct.unpack_from("=4xI", request)
        if reply[1] == _SUCCESS:
            yield ("panning", id), struct.unpack_from("=12xHHHH", reply)

    def _set_panning(self, request: bytes, reply: bytes) -> Iterator[tuple[Key, Any]]:
        if reply[1] == _SUCCESS:
            id, *area = struct.unpack_from("=4xI4xHHHH", request)
            yield ("panning", id), tuple(area)

    def _transform(self, request: bytes, reply: bytes) -> Iterator[tuple[Key, Any]]:
        (id,) = struct.unpack_from("=4xI", request)
        if len(reply) >= 84:
            yield ("transform", id), reply[48:84] != _IDENTITY

    def _monitors(self, _request: bytes, reply: bytes) -> Iterator[tuple[Key, Any]]:
        (count,), at, found = struct.unpack_from("=12xI", reply), 32, []
        for _ in range(count):
            atom, primary, automatic, outputs, *numbers = _MONITOR.unpack_from(reply, at)
            x, y, width, height = numbers
            name = self._atoms.get(atom, f"atom {atom}")
            # An automatic one says no more than its CRTC does.
            if not automatic:
                found.append(MonitorArea(name, x, y, width, height, bool(primary)))
            at += _MONITOR.size + 4 * outputs
        yield ("monitors", 0), tuple(found)

    def _interned(self, request: bytes, reply: bytes) -> Iterator[tuple[Key, Any]]:
        (length,), (atom,) = struct.unpack_from("=4xH", request), struct.unpack_from("=8xI", reply)
        self._atoms[atom] = request[8 : 8 + length].decode("latin-1")
        yield from ()

    def _geometry(self, request: bytes, reply: bytes) -> Iterator[tuple[Key, Any]]:
        (drawable,), (root,) = (
            struct.unpack_from("=4xI", request),
            struct.unpack_from("=8xI", reply),
        )
        if drawable == root:
            yield ("size", 0), struct.unpack_from("=16xHH", reply)


_REPLIES: dict[str, Callable[[_Reading, bytes, bytes], Iterator[tuple[Key, Any]]]] = {
    "RANDR:GetScreenResources": _Reading._resources,
    "RANDR:GetScreenResourcesCurrent": _Reading._resources,
    "RANDR:GetCrtcInfo": _Reading._crtc,
    "RANDR:SetCrtcConfig": _Reading._set_crtc,
    "RANDR:GetOutputInfo": _Reading._output,
    "RANDR:GetOutputPrimary": _Reading._primary,
    "RANDR:GetPanning": _Reading._panning,
    "RANDR:SetPanning": _Reading._set_panning,
    "RANDR:GetCrtcTransform": _Reading._transform,
    "RANDR:GetMonitors": _Reading._monitors,
    "RANDR:CreateMode": _Reading._created_mode,
    "InternAtom": _Reading._interned,
    "GetGeometry": _Reading._geometry,
}


def _cause(entry: Entry) -> str:
    """What made a step, in words."""
    name = getattr(entry, "name", "")
    if isinstance(entry, Event):
        content = decoded(entry)
        return f"after {type(content).__name__ if content else name} to {entry.client}"
    verb = "read by" if ":Get" in name or name == "GetGeometry" else "after"
    return f"{verb} {name.removeprefix('RANDR:')} of {entry.client}"
