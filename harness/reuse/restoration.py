# SPDX-License-Identifier: MIT
"""The state in which a server was found, put back after its clients have changed it."""

import struct
from collections.abc import Mapping
from contextlib import closing

from harness.deadlines import Deadline
from harness.reuse.screen import ScreenChange, has_new_modes
from harness.reuse.snapshot import Snapshots, differences
from harness.reuse.wire import Wire, request
from harness.servers.server import Server
from harness.x11 import encoding, randr
from harness.x11.extensions import Extension

_MILLIMETERS = "the size of the screen in millimetres"
_BACKGROUND_AND_CURSOR = 1 | 1 << 14

_CHANGE_WINDOW_ATTRIBUTES = 2
_WARP_POINTER, _SET_INPUT_FOCUS, _CLEAR_AREA, _SET_SCREEN_SAVER = 41, 42, 61, 107


class Restoration:
    """The state that ``server`` has when this is made; ``wire`` is a connection to it.

    ``gamma``: that of CRTCs is put back and compared as well.
    Raises NotReusable, as all methods do, when the server does not answer in time.
    """

    def __init__(
        self,
        server: Server,
        wire: Wire,
        extensions: Mapping[str, Extension],
        deadline: Deadline,
        *,
        gamma: bool = False,
    ) -> None:
        self._server, self._wire = server, wire
        self._randr = extensions.get(randr.EXTENSION)
        self._snapshots = Snapshots(wire, extensions, deadline, gamma=gamma)
        self._state = self._snapshots.take(deadline)
        self._millimeters = wire.millimeters

    def differences(
        self, deadline: Deadline, *, millimeters: bool = True, connections: bool = True
    ) -> list[str]:
        """What is not as it was, in words.

        Without ``millimeters`` the screen's size in mm, which only a new connection says, is not
        compared; without ``connections`` no output that the driver has connected or disconnected
        since, as Xorg's dummy connects each at the first poll after its first use.
        """
        now = self._snapshots.take(deadline)
        found = differences(self._state, now)
        if not connections:
            found = [one for one in found if not _reconnected(one, self._state[one], now[one])]
        if millimeters:
            with closing(Wire(self._server, deadline)) as wire:
                if wire.millimeters != self._millimeters:
                    found.append(_MILLIMETERS)
        return found

    def accept(self, deadline: Deadline) -> None:
        """The present state is the one to put back from now on."""
        self._state = self._snapshots.take(deadline)
        with closing(Wire(self._server, deadline)) as wire:
            self._millimeters = wire.millimeters

    def accept_new_modes(self, deadline: Deadline) -> None:
        """Modes that the driver lists besides, and that no request deletes, are there from now on.

        Xephyr lists any size that its screen had while it was asked for the sizes.
        """
        now = self._snapshots.take(deadline)
        self._state |= {
            what: reply
            for what, reply in now.items()
            if has_new_modes(what, self._state[what], reply)
        }

    def put_back_screen(self, deadline: Deadline) -> None:
        """What RANDR lets clients change.  What the server refuses stays as it is."""
        if self._randr is None:
            return
        with closing(Wire(self._server, deadline)) as wire:
            change = ScreenChange(
                self._randr.major,
                wire.root,
                (self._state, self._snapshots.take(deadline)),
                self._millimeters,
                resized=wire.millimeters != self._millimeters,
            )
            resources = wire.settle([*change.first()], change.current_resources, deadline)
            then = [*change.then(resources)]
            wire.settle(then, request(encoding.GET_INPUT_FOCUS), deadline)

    def put_back_core(self, deadline: Deadline, *, background: bool = False) -> None:
        """Pointer, focus and screen saver as they were, the root painted with its background.

        With ``background`` the root gets the server's own background and cursor first: which it
        had cannot be read.
        """
        root = struct.pack("=I", self._wire.root)
        pointer, focus = self._state["the pointer"], self._state["the focus"]
        saver = self._state["the screen saver"]
        requests = [
            request(_WARP_POINTER, 0, bytes(4) + root + bytes(8) + bytes(pointer[16:20])),
            request(_SET_INPUT_FOCUS, focus[1], bytes(focus[8:12]) + bytes(4)),
            request(_SET_SCREEN_SAVER, 0, bytes(saver[8:14]) + bytes(2)),
        ]
        if background:
            defaults = root + struct.pack("=III", _BACKGROUND_AND_CURSOR, 0, 0)
            requests.append(request(_CHANGE_WINDOW_ATTRIBUTES, 0, defaults))
        requests.append(request(_CLEAR_AREA, 0, root + bytes(8)))
        with closing(Wire(self._server, deadline)) as wire:
            wire.settle(requests, request(encoding.GET_INPUT_FOCUS), deadline)


def _reconnected(what: str, before: bytearray, now: bytearray) -> bool:
    """Whether the connection of an output differs, which no request sets, but not its CRTC."""
    is_output = what.startswith("the output ")
    return is_output and before[24] != now[24] and before[12:16] == now[12:16]
