# SPDX-License-Identifier: MIT
"""One resource of each type, to be named where a server expects another type."""

from collections.abc import Callable

import xcffib.randr
import xcffib.sync

from harness.clients.present.presenter import Presenter
from harness.clients.resources.window import WindowClass


def _destroyed_window(client: Presenter) -> int:
    window = client.window(8, 8, events=0, mapped=False)
    window.destroy()
    return window.id


def _freed_pixmap(client: Presenter) -> int:
    pixmap = client.pixmap(8, 8)
    pixmap.free()
    return pixmap.id


def _destroyed_region(client: Presenter) -> int:
    region = client.region((0, 0, 8, 8))
    region.destroy()
    return region.id


def _destroyed_fence(client: Presenter) -> int:
    fence = client.fence()
    fence.destroy()
    return fence.id


def _counter(client: Presenter) -> int:
    counter = client.new_id()
    value = xcffib.sync.INT64.synthetic(0, 0)
    client.extension(xcffib.sync).CreateCounter(counter, value)
    return counter


def _gc(client: Presenter) -> int:
    gc = client.new_id()
    client.core.CreateGC(gc, client.root, 0, [])
    return gc


def _colormap(client: Presenter) -> int:
    colormap = client.new_id()
    client.core.CreateColormap(0, colormap, client.root, client.screen.root_visual)
    return colormap


def crtc(client: Presenter) -> int:
    """The first CRTC of the first screen.  Raises IndexError when it has none."""
    resources = client.extension(xcffib.randr).GetScreenResources(client.root).reply()
    return int(resources.crtcs[0])


def _output(client: Presenter) -> int:
    resources = client.extension(xcffib.randr).GetScreenResources(client.root).reply()
    return int(resources.outputs[0])


SPECIMENS: dict[str, Callable[[Presenter], int]] = {
    "nothing": lambda client: 0,
    "unused id": Presenter.new_id,
    "window": lambda client: client.window(8, 8, events=0, mapped=False).id,
    "InputOnly window": lambda client: (
        client.window(8, 8, events=0, mapped=False, window_class=WindowClass.INPUT_ONLY).id
    ),
    "root window": lambda client: client.root,
    "destroyed window": _destroyed_window,
    "pixmap": lambda client: client.pixmap(8, 8).id,
    "freed pixmap": _freed_pixmap,
    "region": lambda client: client.region((0, 0, 8, 8)).id,
    "destroyed region": _destroyed_region,
    "fence": lambda client: client.fence().id,
    "destroyed fence": _destroyed_fence,
    "counter": _counter,
    "graphics context": _gc,
    "colormap": _colormap,
    "event context": lambda client: client.window(8, 8, events=0, mapped=False).select().id,
    "CRTC": crtc,
    "output": _output,
}
"""Ids by what they name; each call makes a new one where it can."""

WINDOWS = frozenset({"window", "InputOnly window", "root window"})
PIXMAPS = frozenset({"pixmap"})
REGIONS = frozenset({"region"})
FENCES = frozenset({"fence"})
CRTCS = frozenset({"CRTC"})


def specimens(
    client: Presenter, *, but: frozenset[str] = frozenset(), nothing: bool = True
) -> dict[str, int]:
    """An id of each type without those of ``but``; ``nothing`` includes the id 0."""
    return {
        name: make(client)
        for name, make in SPECIMENS.items()
        if name not in but and (nothing or name != "nothing")
    }
