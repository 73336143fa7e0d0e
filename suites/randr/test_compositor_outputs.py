# SPDX-License-Identifier: MIT
"""Monitors of the Wayland compositor, which its user moves, turns, scales, plugs and unplugs."""

import pytest

from harness.clients.randr.observer import Observer
from harness.clients.raw.sway_commands import SwayCommands
from harness.x11.core_events import ConfigureNotify
from harness.x11.randr import (
    CrtcChangeNotify,
    OutputChangeNotify,
    OutputConnection,
    Rotation,
    ScreenChangeNotify,
)

pytestmark = [
    pytest.mark.xserver(size=(640, 480), throwaway=True),
    pytest.mark.needs("RANDR", servers=("sway",), reason="monitors of a compositor"),
]

SIZELESS_MODE = pytest.mark.known_bug(
    reference="Xwayland lists an output before it knows its size: with a mode of 0x0",
    servers=("sway",),
    evidence="rule violated: randr-contents",
    strict=False,
)


@pytest.fixture
def observer(monitors):
    return Observer(monitors)


@pytest.fixture
def compositor(server):
    return SwayCommands(server)


def output_called(monitors, name):
    outputs = {monitors.output(id).name: id for id in monitors.resources(current=True).outputs}
    return outputs.get(name)


def rectangle(crtc):
    return crtc.x, crtc.y, crtc.width, crtc.height


def wait_for_event(observer, predicate, what):
    """Wait for the first RANDR or ConfigureNotify event of which ``predicate`` is true."""
    monitors = observer.monitors

    def holds(entry):
        event = entry.core if isinstance(entry.core, ConfigureNotify) else monitors.decode(entry)
        return event is not None and predicate(event)

    monitors.client.wait_for(holds, what)


def wait_for_root(observer, width, height):
    def is_it(event):
        return isinstance(event, ConfigureNotify) and (event.width, event.height) == (width, height)

    wait_for_event(observer, is_it, f"ConfigureNotify of a root of {width}x{height}")


CHANGES = {
    "mode": ("mode 400x300", (320, 0, 400, 300), Rotation.ROTATE_0),
    "scale": ("scale 2", (320, 0, 160, 240), Rotation.ROTATE_0),
    "moved right": ("position 350 0", (350, 0, 320, 480), Rotation.ROTATE_0),
    "moved down": ("position 320 40", (320, 40, 320, 480), Rotation.ROTATE_0),
    "turned left": ("transform 90", (320, 0, 480, 320), Rotation.ROTATE_270),
    "turned right": ("transform 270", (320, 0, 480, 320), Rotation.ROTATE_90),
    "upside down": ("transform 180", (320, 0, 320, 480), Rotation.ROTATE_180),
    "mirrored": ("transform flipped", (320, 0, 320, 480), Rotation.REFLECT_X | Rotation.ROTATE_0),
    "mirrored and turned": (
        "transform flipped-180",
        (320, 0, 320, 480),
        Rotation.REFLECT_X | Rotation.ROTATE_180,
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_monitor_is_what_the_compositor_makes_of_it(observer, compositor, connect, change):
    """Its CRTC has the place, size and rotation, the root is as large as all monitors together,
    and both are told, to new clients too (RND-210)."""
    command, expected, rotation = CHANGES[change]
    monitors = observer.monitors
    output, beside = (output_called(monitors, name) for name in ("HEADLESS-2", "HEADLESS-1"))
    crtc, other = (monitors.output(id).crtc for id in (output, beside))
    compositor.run(f"output HEADLESS-2 {command}")
    x, y, width, height = expected
    turned = rotation & (Rotation.ROTATE_90 | Rotation.ROTATE_270)
    mode_size = (height, width) if turned else (width, height)

    def is_it(event):
        # Its size is that of the mode, however it is turned.
        return (
            isinstance(event, CrtcChangeNotify)
            and (event.crtc, event.rotation) == (crtc, rotation)
            and rectangle(event) == (x, y, *mode_size)
        )

    wait_for_event(observer, is_it, f"CrtcChange to {expected}, {rotation!r}")
    now = monitors.crtc(crtc)
    assert (rectangle(now), now.rotation, now.outputs) == (expected, rotation, (output,))
    assert monitors.output(output).modes[0] == now.mode
    assert rectangle(monitors.crtc(other)) == (0, 0, 320, 480)
    size = max(320, x + width), max(480, y + height)
    if size != (640, 480):
        wait_for_root(observer, *size)
    root = monitors.client.geometry(monitors.client.root)
    assert (root.width, root.height) == size
    screen = connect("new").screen
    assert (screen.width_in_pixels, screen.height_in_pixels) == size
    shown = {rectangle(one) for one in monitors.monitors()}
    assert shown == {(0, 0, 320, 480), expected}


@pytest.mark.parametrize("how", ["unplug", "disable"])
def test_a_monitor_that_is_unplugged_goes(observer, compositor, how):
    """Its output and CRTC are in no list any more, which is told, and the screen is as large as
    those that stay (RND-211)."""
    monitors = observer.monitors
    output = output_called(monitors, "HEADLESS-2")
    crtc = monitors.output(output).crtc
    stays = output_called(monitors, "HEADLESS-1")
    compositor.run(f"output HEADLESS-2 {how}")
    wait_for_root(observer, 320, 480)
    resources = monitors.resources(current=True)
    assert resources.outputs == (stays,)
    assert resources.crtcs == (monitors.output(stays).crtc,) != (crtc,)
    events = observer.take()
    gone = [one for one in events if isinstance(one, OutputChangeNotify) and one.output == output]
    assert [one.connection for one in gone] == [OutputConnection.DISCONNECTED]
    sizes = [(one.width, one.height) for one in events if isinstance(one, ScreenChangeNotify)]
    assert sizes[-1] == (320, 480)
    assert [rectangle(one) for one in monitors.monitors()] == [(0, 0, 320, 480)]


@SIZELESS_MODE
def test_a_monitor_that_is_plugged_comes(observer, compositor):
    """It has an output and a CRTC of its own, beside the others, which is on with the mode that
    the output prefers (RND-212)."""
    monitors = observer.monitors
    before = monitors.resources(current=True)
    compositor.run("create_output")
    wait_for_root(observer, 640 + 1920, 1080)
    after = monitors.resources(current=True)
    (output,) = set(after.outputs) - set(before.outputs)
    (crtc,) = set(after.crtcs) - set(before.crtcs)
    info = monitors.output(output)
    assert (info.name, info.connection, info.crtc) == (
        *("HEADLESS-3", OutputConnection.CONNECTED),
        crtc,
    )
    assert rectangle(monitors.crtc(crtc)) == (640, 0, 1920, 1080)
    assert monitors.crtc(crtc).mode == info.modes[0]
    told = [one for one in observer.take() if isinstance(one, OutputChangeNotify)]
    assert (told[-1].output, told[-1].crtc, told[-1].mode) == (output, crtc, info.modes[0])
