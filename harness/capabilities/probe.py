# SPDX-License-Identifier: MIT
"""Probes of what a server can show: by trying, never concluded from its name."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from harness.clients.connection.client import Client
from harness.clients.connection.endpoint import Endpoint
from harness.clients.connection.errors import ProtocolError
from harness.clients.present.presenter import Presenter
from harness.clients.randr.monitors import Crtc, Monitors
from harness.timeline.record import Timeline
from harness.timeline.rules import Family
from harness.x11 import present, randr
from harness.x11.present import CompleteMode
from harness.x11.randr import Rotation

PATIENCE = 5.0
"""How long (s) a server that starts over, as its last client has left, may refuse the next."""
AHEAD_FRAMES = 5
FAR_FRAMES = 2**20
GROWTH = 32


@dataclass(frozen=True, slots=True)
class Offer:
    """What a server offers: extensions, versions, depths of pixmaps and of windows.

    ``sync`` is up to 3.1, which is the version that the harness speaks.
    """

    extensions: frozenset[str]
    present: tuple[int, int]
    sync: tuple[int, int]
    depths: frozenset[int]
    visuals: frozenset[int]


@dataclass(frozen=True, slots=True)
class Abilities:
    """What RANDR can do with a screen.

    ``crtcs`` is the number of CRTCs; some of them rotate or reflect, or take a transform;
    the screen turns with its only CRTC (``screen_turns``), or keeps its size until a client sets
    it, as with most drivers of Xorg; it can ``grow`` beyond its size at the start, or at least be
    set to another one (``resize``) while no CRTC shows it.
    """

    crtcs: int = 0
    rotation: bool = False
    screen_turns: bool = False
    transform: bool = False
    grow: bool = False
    resize: bool = False


@dataclass(frozen=True, slots=True)
class Timing:
    """How a server orders presentations.

    ``screen_clock``: all windows share the clock of their screen, which never stops; copies
    complete as they are made, and a fence holds back only its own presentation.  Otherwise
    each window counts its own frames and keeps its presentations in order.
    ``supersede``: a later presentation for the same frame replaces the earlier one at once.
    """

    screen_clock: bool
    supersede: bool


def offer(server: Endpoint) -> Offer:
    """What ``server`` offers; the requests change nothing."""
    with Client(server, Timeline(), "probe", PATIENCE) as client:
        known = client.has_extension(present.EXTENSION)
        version = client.present_version() if known else (0, 0)
        sync = client.sync_version if client.has_extension("SYNC") else (0, 0)
        visuals = (one.depth for one in client.screen.allowed_depths if one.visuals_len)
        return Offer(
            client.extensions, version, sync, frozenset(client.formats), frozenset(visuals)
        )


def root_pixels(server: Endpoint) -> bool:
    """Whether the pixels of the root can be read: not where each window is shown for itself."""
    with Client(server, Timeline(), "probe", PATIENCE) as client, client.catch_errors() as errors:
        try:
            client.get_image(client.root, 0, 0, 1, 1)
        except ProtocolError:
            return False
    return not errors


def present_capabilities(server: Endpoint) -> present.Capability:
    """The capabilities that ``server`` claims for its root window (presentproto 7)."""
    with Client(server, Timeline(), "probe", PATIENCE) as client:
        reply = client.ask(present.QueryCapabilities(client.root))
    return present.Capability(struct.unpack_from("=8xI", reply)[0])


def abilities(server: Endpoint) -> Abilities:
    """What RANDR can do with the screen of ``server``: tried out, and put back.

    Some servers claim and accept a rotation or a larger screen without an error, and do
    nothing; what counts is what they report afterwards.
    """
    with Client(server, Timeline(), "probe", PATIENCE) as client:
        if not client.has_extension(randr.EXTENSION):
            return Abilities()
        monitors = Monitors(client)
        crtcs = [monitors.crtc(id) for id in monitors.resources().crtcs]
        return Abilities(
            crtcs=len(crtcs),
            rotation=any(_rotates(monitors, crtc) for crtc in crtcs if crtc.mode),
            screen_turns=any(_turns_screen(monitors, crtc) for crtc in crtcs if crtc.mode),
            transform=any(
                monitors.requests.GetCrtcTransform(crtc.id).reply().has_transforms for crtc in crtcs
            ),
            grow=_grows(monitors),
            resize=_resizes(monitors, crtcs),
        )


def _rotates(monitors: Monitors, crtc: Crtc) -> bool:
    return any(_turned(monitors, crtc, rotation) for rotation in _beside(crtc))


def _turns_screen(monitors: Monitors, crtc: Crtc) -> bool:
    """Whether the root has its sides exchanged while ``crtc`` is on its side."""
    root = monitors.client.geometry(monitors.client.root)
    if not crtc.rotations & Rotation.ROTATE_90 or root.width == root.height:
        return False
    return _turned(monitors, crtc, Rotation.ROTATE_90) == (root.height, root.width)


def _beside(crtc: Crtc) -> Iterable[Rotation]:
    """The rotations and reflections that ``crtc`` claims beside the upright one."""
    for one in crtc.rotations & ~Rotation.ROTATE_0:
        reflects = one in Rotation.REFLECT_X | Rotation.REFLECT_Y
        yield one | Rotation.ROTATE_0 if reflects else one


def _turned(monitors: Monitors, crtc: Crtc, rotation: Rotation) -> tuple[int, int] | None:
    """The root's size (pixels) while ``crtc`` has ``rotation``; None if it does not take that."""
    place = {"x": crtc.x, "y": crtc.y}
    try:
        monitors.set_crtc(crtc.id, crtc.mode, crtc.outputs, rotation=rotation, **place)
        taken = monitors.crtc(crtc.id).rotation == rotation
        root = monitors.client.geometry(monitors.client.root)
        monitors.set_crtc(crtc.id, crtc.mode, crtc.outputs, rotation=crtc.rotation, **place)
    except ProtocolError:
        # Rotated it may reach beyond the screen: another rotation will do.
        return None
    return (root.width, root.height) if taken else None


def _grows(monitors: Monitors) -> bool:
    before, limits = monitors.client.geometry(monitors.client.root), _limits(monitors)
    width = min(before.width + GROWTH, limits.max_width)
    height = min(before.height + GROWTH, limits.max_height)
    return (width, height) != (before.width, before.height) and _takes_size(monitors, width, height)


def _resizes(monitors: Monitors, crtcs: Iterable[Crtc]) -> bool:
    before, limits = monitors.client.geometry(monitors.client.root), _limits(monitors)
    shown = [crtc for crtc in crtcs if crtc.mode]
    for crtc in shown:
        monitors.switch_off(crtc.id)
    if any(monitors.crtc(crtc.id).mode for crtc in shown):
        # Some servers answer with Success, and go on to show what they showed.
        return False
    width = max(before.width // 2, limits.min_width)
    taken = _takes_size(monitors, width, max(before.height // 2, limits.min_height))
    with monitors.client.catch_errors():
        for crtc in shown:
            place = {"x": crtc.x, "y": crtc.y}
            monitors.set_crtc(crtc.id, crtc.mode, crtc.outputs, rotation=crtc.rotation, **place)
    return taken


def _limits(monitors: Monitors) -> Any:
    return monitors.requests.GetScreenSizeRange(monitors.client.root).reply()


def _takes_size(monitors: Monitors, width: int, height: int) -> bool:
    """Whether the screen has this size (pixels) after it was set; it is put back."""
    client = monitors.client
    before, screen = client.geometry(client.root), client.screen
    mm = screen.width_in_millimeters or 1, screen.height_in_millimeters or 1
    with client.catch_errors():
        monitors.set_screen_size(width, height, *mm)
        after = client.geometry(client.root)
        monitors.set_screen_size(before.width, before.height, *mm)
    return (after.width, after.height) == (width, height)


def presentation_timing(server: Endpoint) -> Timing:
    """How ``server`` orders presentations: tried with two small windows."""
    with Presenter(server, name="probe") as client:
        if not client.has_extension(present.EXTENSION):
            return Timing(screen_clock=False, supersede=False)
        first, second = client.window(8, 8), client.window(8, 8)
        reached = first.wait_msc(first.msc() + AHEAD_FRAMES)
        now = second.msc()
        frame = now + FAR_FRAMES
        earlier = second.present(second.pixmap("black"), target_msc=frame)
        second.present(second.pixmap("black"), target_msc=frame)
        return Timing(screen_clock=now >= reached, supersede=bool(earlier.idles()))


def small_windows_copy(server: Endpoint) -> bool:
    """Whether a presentation of the whole of a small window is copied, rather than flipped to."""
    with Presenter(server, name="probe") as client:
        if not client.has_extension(present.EXTENSION):
            return True
        window = client.window(32, 32)
        shown = window.present(window.pixmap("black"))
        return shown.wait_complete().mode is not CompleteMode.FLIP


def uncomposited(server: Endpoint) -> bool:
    """Whether no compositing manager redirects the root's children manually: only one can."""
    with Presenter(server, name="probe") as client:
        if not client.has_extension("Composite"):
            return True
        window = client.window(8, 8, events=0, mapped=False)
        with client.catch_errors() as errors:
            window.redirect()
            client.sync()
        return not errors


def presentation_family(server: Endpoint) -> Family:
    """Which rules hold on ``server``: does a presentation that fills the screen flip?

    Shows a window over the whole screen for a few frames.  Of two presentations for one
    frame Xorg skips the first, Xwayland flips to both.
    """
    with Presenter(server, name="probe") as client:
        if not client.has_extension(present.EXTENSION):
            return Family.COPY
        window = client.screen_window()
        front, back = window.pixmap("black"), window.pixmap("black")
        if window.present(front).wait_complete().mode is not CompleteMode.FLIP:
            return Family.COPY
        target = window.msc() + AHEAD_FRAMES
        first = window.present(back, target_msc=target)
        second = window.present(front, target_msc=target)
        second.wait_complete()
        skipped = first.wait_complete().mode is CompleteMode.SKIP
        return Family.XORG_FLIP if skipped else Family.XWAYLAND_FLIP
