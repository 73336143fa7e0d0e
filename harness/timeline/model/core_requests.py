# SPDX-License-Identifier: MIT
"""The few requests outside Present that decide what a Present event may say.

Decoded from the recorded wire bytes, native byte order, header included.
"""

import struct
from dataclasses import dataclass

from harness.timeline.record import Reply, Request


@dataclass(frozen=True, slots=True)
class CreateWindow:
    """CreateWindow, or ReparentWindow, which gives ``window`` another ``parent``."""

    window: int
    parent: int
    reparented: bool = False


@dataclass(frozen=True, slots=True)
class DestroyWindow:
    """DestroyWindow, or DestroySubwindows, which spares ``window`` itself."""

    window: int
    only_children: bool = False


@dataclass(frozen=True, slots=True)
class KillClient:
    """KillClient: the owner of ``resource`` (0: every retained client's resources) goes."""

    resource: int


@dataclass(frozen=True, slots=True)
class CreateFence:
    """A fence comes into being, by SYNC or from a file descriptor (state then unknown)."""

    fence: int
    triggered: bool


@dataclass(frozen=True, slots=True)
class TriggerFence:
    """SYNC TriggerFence."""

    fence: int


@dataclass(frozen=True, slots=True)
class ResetFence:
    """SYNC ResetFence."""

    fence: int


@dataclass(frozen=True, slots=True)
class DestroyFence:
    """SYNC DestroyFence."""

    fence: int


@dataclass(frozen=True, slots=True)
class QueryFence:
    """SYNC QueryFence."""

    fence: int


Content = (
    CreateWindow
    | DestroyWindow
    | KillClient
    | CreateFence
    | TriggerFence
    | ResetFence
    | DestroyFence
    | QueryFence
)

_FENCES: dict[str, type[TriggerFence | ResetFence | DestroyFence | QueryFence]] = {
    "SYNC:TriggerFence": TriggerFence,
    "SYNC:ResetFence": ResetFence,
    "SYNC:DestroyFence": DestroyFence,
    "SYNC:QueryFence": QueryFence,
}


def decode(request: Request) -> Content | None:
    """What ``request`` says about windows, clients and fences; None for another or a cut one."""
    try:
        return _decode(request.name, request.data)
    except struct.error:
        return None


def _decode(name: str, data: bytes) -> Content | None:
    match name:
        case "CreateWindow" | "ReparentWindow":
            return CreateWindow(_word(data, 4), _word(data, 8), name == "ReparentWindow")
        case "DestroyWindow" | "DestroySubwindows":
            return DestroyWindow(_word(data, 4), name == "DestroySubwindows")
        case "KillClient":
            return KillClient(_word(data, 4))
        case "SYNC:CreateFence":
            return CreateFence(_word(data, 8), bool(struct.unpack_from("=B", data, 12)[0]))
        case "DRI3:FenceFromFD":
            return CreateFence(_word(data, 8), triggered=True)
    if name in _FENCES:
        return _FENCES[name](_word(data, 4))
    return None


def fence_triggered(reply: Reply) -> bool:
    """What a QueryFence reply answers."""
    return bool(reply.data[8])


def _word(data: bytes, offset: int) -> int:
    (number,) = struct.unpack_from("=I", data, offset)
    assert isinstance(number, int)
    return number
