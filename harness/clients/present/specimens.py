# SPDX-License-Identifier: MIT
"""One resource of each type, to be named where a server expects another type."""

from collections.abc import Callable
from typing import Any

import xcffib.randr
import xcffib.sync

from harness.clients.connection.errors import Unsupported
from harness.clients.present.presenter import Presenter
from harness.clients.resources.drawable import create_gc
from harness.clients.resources.fence import Fence
from harness.clients.resources.pixmap import Pixmap
from harness.clients.resources.region import Region
from harness.clients.resources.window import Window, WindowClass


def _destroyed(resource: Window | Region | Fence) -> int:
    resource.destroy()
    return resource.id


def _freed(pixmap: Pixmap) -> int:
    pixmap.free()
    return pixmap.id


def _window(client: Presenter, **attributes: Any) -> Window:
    return client.window(8, 8, events=0, mapped=False, **attributes)


def _counter(client: Presenter) -> int:
    counter = client.new_id()
    value = xcffib.sync.INT64.synthetic(0, 0)
    client.extension(xcffib.sync).CreateCounter(counter, value)
    return counter


def _gc(client: Presenter) -> int:
    return create_gc(client.root_window(events=0))


def _colormap(client: Presenter) -> int:
    colormap = client.new_id()
    client.core.CreateColormap(0, colormap, client.root, client.screen.root_visual)
    return colormap


def _first(client: Presenter, kind: str) -> int:
    """The first ``crtcs`` or ``outputs`` of the first screen.  Raises Unsupported without any."""
    resources = client.extension(xcffib.randr).GetScreenResources(client.root).reply()
    for id in getattr(resources, kind):
        return int(id)
    raise Unsupported(client.server.display, f"{kind} to name", "crtcs", 1)


def crtc(client: Presenter) -> int:
    """The first CRTC of the first screen.  Raises Unsupported when it has none."""
    return _first(client, "crtcs")


SPECIMENS: dict[str, Callable[[Presenter], int]] = {
    "nothing": lambda client: 0,
    "unused id": Presenter.new_id,
    "window": lambda client: _window(client).id,
    "InputOnly window": lambda client: _window(client, window_class=WindowClass.INPUT_ONLY).id,
    "root window": lambda client: client.root,
    "destroyed window": lambda client: _destroyed(_window(client)),
    "pixmap": lambda client: client.pixmap(8, 8).id,
    "freed pixmap": lambda client: _freed(client.pixmap(8, 8)),
    "region": lambda client: client.region((0, 0, 8, 8)).id,
    "destroyed region": lambda client: _destroyed(client.region((0, 0, 8, 8))),
    "fence": lambda client: client.fence().id,
    "destroyed fence": lambda client: _destroyed(client.fence()),
    "counter": _counter,
    "graphics context": _gc,
    "colormap": _colormap,
    "event context": lambda client: client.window(8, 8, events=0, mapped=False).select().id,
    "CRTC": crtc,
    "output": lambda client: _first(client, "outputs"),
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
