# SPDX-License-Identifier: MIT
"""The requests of RANDR that put a screen back, made from what its replies said before and now.

Replies and requests lay out monitors, panning, gamma ramps and transforms alike.
Source: RANDR protocol 1.6, appendix A (encoding).
"""

import struct
from collections.abc import Iterator, Mapping

from harness.reuse.wire import request
from harness.x11 import encoding

State = Mapping[str, bytearray]
"""Replies by what they show, as a snapshot has them."""

RESOURCES = "the screen's CRTCs, outputs and modes"
SIZE = "the size of the root"
MONITORS = "the monitors"
PRIMARY = "the primary output"
_OUTPUT = "the output "

_SET_SCREEN_SIZE, _CONFIGURE_PROPERTY, _CHANGE_PROPERTY, _DELETE_PROPERTY = 7, 12, 13, 14
_DESTROY_MODE, _ADD_MODE, _DELETE_MODE, _SET_CRTC, _SET_GAMMA = 17, 18, 19, 21, 24
_RESOURCES, _SET_TRANSFORM, _SET_PANNING, _SET_PRIMARY = 25, 26, 29, 30
_SET_MONITOR, _DELETE_MONITOR = 43, 44
_MODE_INFO = struct.Struct("=I28x")
_MONITOR_HEAD = struct.Struct("=IBBH16x")


def crtc_of(crtc: int) -> str:
    """The name of the GetCrtcInfo reply of a CRTC."""
    return f"the CRTC {crtc:#x}"


def panning_of(crtc: int) -> str:
    """The name of its GetPanning reply."""
    return f"the panning of CRTC {crtc:#x}"


def gamma_of(crtc: int) -> str:
    """The name of its GetCrtcGamma reply."""
    return f"the gamma of CRTC {crtc:#x}"


def transform_of(crtc: int) -> str:
    """The name of its GetCrtcTransform reply."""
    return f"the transform of CRTC {crtc:#x}"


def output_of(output: int) -> str:
    """The name of the GetOutputInfo reply of an output."""
    return f"{_OUTPUT}{output:#x}"


def properties_of(output: int) -> str:
    """The name of its ListOutputProperties reply."""
    return f"the names of the properties of output {output:#x}"


def property_of(atom: int, output: int) -> str:
    """The name of a GetOutputProperty reply."""
    return f"property {atom} of output {output:#x}"


def property_values_of(atom: int, output: int) -> str:
    """The name of a QueryOutputProperty reply."""
    return f"values of property {atom} of output {output:#x}"


def has_new_modes(what: str, before: bytearray, now: bytearray) -> bool:
    """Whether the reply of this name differs by further modes alone: no other went, or changed."""
    if what == RESOURCES:
        return _has_more(_mode_infos(before), _mode_infos(now))
    if what.startswith(_OUTPUT) and before[0] == now[0] == encoding.REPLY:
        return _has_more(_mode_list(before), _mode_list(now))
    return False


def _has_more(before: tuple[set[bytes], bytes], now: tuple[set[bytes], bytes]) -> bool:
    return before[0] < now[0] and before[1] == now[1]


def _mode_infos(reply: bytearray) -> tuple[set[bytes], bytes]:
    """The modes of a GetScreenResourcesCurrent reply, and its CRTCs and outputs."""
    crtcs, outputs, modes = struct.unpack_from("=HHH", reply, 16)
    at = 32 + 4 * (crtcs + outputs)
    return _parts(reply, at, modes, _MODE_INFO.size), bytes(reply[16:20] + reply[32:at])


def _mode_list(reply: bytearray) -> tuple[set[bytes], bytes]:
    """The modes of a GetOutputInfo reply, and what else it has."""
    crtcs, modes = struct.unpack_from("=HH", reply, 26)
    at = 36 + 4 * crtcs
    rest = reply[8:28] + reply[30:at] + reply[at + 4 * modes :]
    return _parts(reply, at, modes, 4), bytes(rest)


def _parts(reply: bytearray, at: int, count: int, size: int) -> set[bytes]:
    return {bytes(reply[start : start + size]) for start in range(at, at + count * size, size)}


class ScreenChange:
    """What has changed between two states of the screen whose root window is ``root``.

    ``millimeters`` are its width and height before; ``resized`` says that they differ now.
    ``major`` is RANDR's.
    """

    def __init__(
        self,
        major: int,
        root: int,
        states: tuple[State, State],
        millimeters: tuple[int, int],
        *,
        resized: bool,
    ) -> None:
        self._major, self._root = major, root
        self._before, self._now = states
        self._millimeters = millimeters
        self._crtcs, self._outputs, self._modes = _resources(self._before)
        self._resized = resized or self._differs(SIZE)

    @property
    def current_resources(self) -> bytes:
        """GetScreenResourcesCurrent."""
        return self._of(_RESOURCES, self._root)

    def first(self) -> Iterator[bytes]:
        """Monitors, modes that outputs lack, the size of the screen; CRTCs are switched off."""
        yield from self._put_back_monitors()
        for output in self._outputs:
            there = _output_modes(self._now, output)
            for mode in _output_modes(self._before, output):
                if mode not in there:
                    yield self._of(_ADD_MODE, output, mode)
        for crtc in self._crtcs:
            if self._differs(what := transform_of(crtc)):
                yield self._request(_SET_TRANSFORM, _pending_transform(crtc, self._before[what]))
        for crtc in self._moved():
            yield self._request(_SET_CRTC, struct.pack("=IIIhhIHxx", crtc, 0, 0, 0, 0, 0, 1))
        if self._resized:
            size = bytes(self._before[SIZE][16:20])
            root, millimeters = (
                struct.pack("=I", self._root),
                struct.pack("=II", *self._millimeters),
            )
            yield self._request(_SET_SCREEN_SIZE, root + size + millimeters)

    def then(self, resources: bytearray) -> Iterator[bytes]:
        """All else; ``resources`` is the reply to ``current_resources`` after ``first``."""
        config_timestamp = bytes(resources[12:16])
        for crtc in self._moved():
            known = self._before[crtc_of(crtc)]
            if any(known[20:24]):
                (outputs,) = struct.unpack_from("=H", known, 28)
                yield self._request(
                    _SET_CRTC,
                    struct.pack("=II", crtc, 0)
                    + config_timestamp
                    + bytes(known[12:16] + known[20:26] + bytes(2) + known[32 : 32 + 4 * outputs]),
                )
        for crtc in self._crtcs:
            ident = struct.pack("=I", crtc)
            if self._differs(what := panning_of(crtc)):
                yield self._request(_SET_PANNING, ident + bytes(4) + self._before[what][12:36])
            if (what := gamma_of(crtc)) in self._before and self._differs(what):
                ramps = self._before[what]
                (size,) = struct.unpack_from("=H", ramps, 8)
                head = ident + ramps[8:10] + bytes(2)
                yield self._request(_SET_GAMMA, head + ramps[32 : 32 + 6 * size])
        for output in self._outputs:
            expected = _output_modes(self._before, output)
            for mode in _output_modes(self._now, output):
                if mode not in expected:
                    yield self._of(_DELETE_MODE, output, mode)
        for mode in _resources(self._now)[2]:
            if mode not in self._modes:
                yield self._of(_DESTROY_MODE, mode)
        for output in self._outputs:
            yield from self._put_back_properties(output)
        if self._differs(PRIMARY):
            (output,) = struct.unpack_from("=I", self._before[PRIMARY], 8)
            yield self._of(_SET_PRIMARY, self._root, output)

    def _differs(self, what: str) -> bool:
        known = self._before[what]
        return known[0] == encoding.REPLY and known != self._now[what]

    def _moved(self) -> list[int]:
        """The CRTCs that must be configured again: all of them if the screen has another size."""
        return [
            crtc
            for crtc in self._crtcs
            if self._resized or self._differs(crtc_of(crtc)) or self._differs(transform_of(crtc))
        ]

    def _put_back_monitors(self) -> Iterator[bytes]:
        known, now = _monitors(self._before), _monitors(self._now)
        for name, monitor in now.items():
            if known.get(name) != monitor:
                yield self._of(_DELETE_MONITOR, self._root, name)
        for name, monitor in known.items():
            if now.get(name) != monitor:
                yield self._request(_SET_MONITOR, struct.pack("=I", self._root) + monitor)

    def _put_back_properties(self, output: int) -> Iterator[bytes]:
        """Properties are listed newest first: oldest first, those are made again that must be.

        No others: servers let nobody set some of those that they make.
        """
        names, now = _atoms(self._before, output), _atoms(self._now, output)
        kept = _still_last(names, now)
        for name in now:
            if name not in kept:
                yield self._of(_DELETE_PROPERTY, output, name)
        for name in reversed(names):
            ids, again = struct.pack("=II", output, name), name not in kept
            if again or self._differs(property_values_of(name, output)):
                known = self._before[property_values_of(name, output)]
                values = ids + known[8:10] + bytes(2) + known[32:]
                yield self._request(_CONFIGURE_PROPERTY, values)
            value = self._before[property_of(name, output)]
            if any(value[8:12]) and (again or self._differs(property_of(name, output))):
                (items,) = struct.unpack_from("=I", value, 16)
                head = ids + value[8:12] + value[1:2] + bytes(3) + value[16:20]
                data = value[32 : 32 + items * value[1] // 8]
                yield self._request(_CHANGE_PROPERTY, head + data)

    def _request(self, minor: int, body: bytes | bytearray) -> bytes:
        return request(self._major, minor, bytes(body))

    def _of(self, minor: int, *values: int) -> bytes:
        """A request of four-byte values."""
        return self._request(minor, struct.pack(f"={len(values)}I", *values))


def _resources(state: State) -> tuple[tuple[int, ...], tuple[int, ...], list[int]]:
    """The ids of CRTCs, outputs and modes."""
    reply = state[RESOURCES]
    crtcs, outputs, modes = struct.unpack_from("=HHH", reply, 16)
    ids = struct.unpack_from(f"={crtcs + outputs}I", reply, 32)
    at = 32 + 4 * (crtcs + outputs)
    infos = reply[at : at + modes * _MODE_INFO.size]
    return ids[:crtcs], ids[crtcs:], [mode for (mode,) in _MODE_INFO.iter_unpack(infos)]


def _output_modes(state: State, output: int) -> tuple[int, ...]:
    reply = state[output_of(output)]
    if reply[0] != encoding.REPLY:
        return ()
    crtcs, modes = struct.unpack_from("=HH", reply, 26)
    return struct.unpack_from(f"={modes}I", reply, 36 + 4 * crtcs)


def _monitors(state: State) -> dict[int, bytes]:
    """The monitors that clients made, by name, as SetMonitor has them."""
    reply, found = state[MONITORS], {}
    if reply[0] != encoding.REPLY:
        return {}
    at = 32
    for _ in range(*struct.unpack_from("=I", reply, 12)):
        name, _, automatic, outputs = _MONITOR_HEAD.unpack_from(reply, at)
        end = at + _MONITOR_HEAD.size + 4 * outputs
        if not automatic:
            found[name] = bytes(reply[at:end])
        at = end
    return found


def _atoms(state: State, output: int) -> tuple[int, ...]:
    reply = state[properties_of(output)]
    if reply[0] != encoding.REPLY:
        return ()
    (count,) = struct.unpack_from("=H", reply, 8)
    return struct.unpack_from(f"={count}I", reply, 32)


def _still_last(names: tuple[int, ...], now: tuple[int, ...]) -> tuple[int, ...]:
    """The longest end of ``names`` that ``now`` has in this order, whatever is between."""
    end = len(now)
    for count, name in enumerate(reversed(names)):
        if name not in now[:end]:
            return names[len(names) - count :]
        end = now.index(name)
    return names


def _pending_transform(crtc: int, reply: bytearray) -> bytes:
    """The body of SetCrtcTransform for the pending one of a GetCrtcTransform reply."""
    name, parameters = struct.unpack_from("=HH", reply, 88)
    tail = reply[96 : 96 + name + -name % 4 + 4 * parameters]
    return struct.pack("=I", crtc) + bytes(reply[8:44]) + struct.pack("=HH", name, 0) + bytes(tail)
