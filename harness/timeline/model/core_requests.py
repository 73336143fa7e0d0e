# SPDX-License-Identifier: MIT
"""The few requests outside Present that decide what a Present event may say.

Decoded from the recorded wire bytes, native byte order, header included.
"""

import struct
from dataclasses import dataclass
from enum import Enum

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
    """KillClient: destroys all that the owner of ``resource`` made (0: every retained client)."""

    resource: int


@dataclass(frozen=True, slots=True)
class SetCloseDownMode:
    """SetCloseDownMode: what is to become of the client's resources when it ends."""

    retains: bool


@dataclass(frozen=True, slots=True)
class ChangeSaveSet:
    """ChangeSaveSet, of the core or of XFIXES."""

    window: int
    inserts: bool


@dataclass(frozen=True, slots=True)
class GetOverlayWindow:
    """GetOverlayWindow; its reply says which one."""


@dataclass(frozen=True, slots=True)
class ReleaseOverlayWindow:
    """ReleaseOverlayWindow: undoes one GetOverlayWindow of the same client."""


class FenceAction(Enum):
    """What a request does with a fence; the value is its name."""

    CREATE = "SYNC:CreateFence"
    TRIGGER = "SYNC:TriggerFence"
    RESET = "SYNC:ResetFence"
    DESTROY = "SYNC:DestroyFence"
    QUERY = "SYNC:QueryFence"


@dataclass(frozen=True, slots=True)
class FenceRequest:
    """A request about a fence; ``triggered`` if that may be so from its creation on."""

    action: FenceAction
    fence: int
    triggered: bool = False


Content = (
    CreateWindow
    | DestroyWindow
    | KillClient
    | SetCloseDownMode
    | ChangeSaveSet
    | GetOverlayWindow
    | ReleaseOverlayWindow
    | FenceRequest
)


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
        case "SetCloseDownMode":
            return SetCloseDownMode(data[1] != _DESTROY_ALL)
        case "ChangeSaveSet":
            return ChangeSaveSet(_word(data, 4), data[1] == _INSERT)
        case "XFIXES:ChangeSaveSet":
            return ChangeSaveSet(_word(data, 8), data[4] == _INSERT)
        case "Composite:GetOverlayWindow":
            return GetOverlayWindow()
        case "Composite:ReleaseOverlayWindow":
            return ReleaseOverlayWindow()
        case "SYNC:CreateFence":
            return FenceRequest(FenceAction.CREATE, *struct.unpack_from("=I?", data, 8))
        case "DRI3:FenceFromFD":
            return FenceRequest(FenceAction.CREATE, _word(data, 8), triggered=True)
    action = _FENCE_ACTIONS.get(name)
    return None if action is None else FenceRequest(action, _word(data, 4))


_DESTROY_ALL, _INSERT = 0, 0
_FENCE_ACTIONS = {action.value: action for action in FenceAction}


def _word(data: bytes, offset: int) -> int:
    return int(struct.unpack_from("=I", data, offset)[0])


def overlay_window(reply: Reply) -> int:
    """The window that a GetOverlayWindow reply names."""
    return _word(reply.data, 8)


def fence_triggered(reply: Reply) -> bool:
    """What a QueryFence reply answers."""
    return bool(reply.data[8])
